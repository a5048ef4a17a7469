import { basename } from 'node:path'
import type { WorkerId } from '../../core/ids.ts'
import type { Doors } from '../../core/doors.ts'
import { harmless } from '../../core/harmless.ts'
import { refuses, textIn, type ToolAnswer, type ToolUse } from '../../core/tool.ts'
import type { SessionFileNo } from '../../core/workspace.ts'
import { en, ko } from './words.ts'

/** Discord takes 10 MiB of a bot. */
const bytesUpTo = 8 * 1024 * 1024

/** Shows a file of the session's folder where people follow the work. Its bytes are kept before the agent hears a yes. */
export async function attachFile(
  use: ToolUse,
  {
    workspaces,
    attachments,
    scan,
    gate,
    health,
    vault,
  }: Pick<Doors, 'workspaces' | 'attachments' | 'scan' | 'gate' | 'health' | 'vault'>,
): Promise<ToolAnswer> {
  const { call, run, session } = use
  const { tier } = await gate.speakerOf(run.prompt, session)
  // As with its CLI's own tools: nothing says at what a guest's agent looks.
  if (tier === 'guest' && !(await isBoxed(session.worker, health, vault)))
    return refuses(
      'the person you work for is a guest, and this machine has no boxes: for guests no file is looked at.',
    )
  const path = textIn(use, 'path').trim()
  const bytes = await workspaces(session.worker).readFile(session, path, bytesUpTo)
  if (typeof bytes === 'string') return refuses(noes[bytes])
  const name = basename(harmless(path)).slice(-100)
  // As it is, and as bytes: what is told apart by its look is so in a picture's remarks, too.
  const seen = [name, Buffer.from(bytes).toString('latin1')].flatMap((text) => scan.mask(text).hits)
  const [secret] = seen
  if (secret !== undefined) return refuses(`it holds what looks like a secret (${secret.rule}), which must not leave.`)
  const kept = await attachments.keep(name, piece(bytes))
  if (kept === 'too-large') return refuses(noes['too-large'])
  if (kept === 'unsuitable' || kept.type === 'application/zip')
    return refuses('only text, pictures (PNG, JPEG, GIF, WebP) and PDF are shown.')
  const say = { en, ko }[run.prompt.speaker.locale]
  const words = harmless(textIn(use, 'text'))
  const lines = words === '' ? [] : words.split('\n').map((line) => `> ${line}`)
  const text = [say.attached(session.name, name), ...lines].join('\n')
  const place = run.prompt.place
  const note = { key: `file:${run.run}:${call.id}`, place, text, replyTo: null, mention: null, file: kept }
  const answer = `Posted ${name} (${kept.type}, ${kept.bytes} bytes).`
  return { text: answer, failed: false, effects: [{ kind: 'note', note }] }
}

async function isBoxed(worker: WorkerId | null, health: Doors['health'], vault: Doors['vault']): Promise<boolean> {
  if (worker === null) return (await health()).box.boxed
  return (await vault.machines.all()).some(({ id, boxed }) => id === worker && boxed)
}

const noes: Readonly<Record<SessionFileNo, string>> = {
  outside: 'only files of your own working folder can be shown. Copy it there first.',
  missing: 'there is no such file in your working folder that can be read.',
  'no-file': 'that is no plain file, or a link is on the way to it. Name the file itself.',
  linked: 'that file has a second name elsewhere (a hard link). Make a copy and show that.',
  'too-large': `files of up to ${bytesUpTo / 1024 / 1024} MiB can be shown.`,
}

async function* piece(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
