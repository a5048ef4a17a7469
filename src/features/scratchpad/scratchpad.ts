import type { Doors } from '../../core/doors.ts'
import { feature, type Feature, type NamedButton } from '../../core/feature.ts'
import { harmless } from '../../core/harmless.ts'
import type { Reply } from '../../core/chat.ts'
import type { ChainId, SessionId } from '../../core/ids.ts'
import { textOf } from '../../core/option.ts'
import type { Person } from '../../core/person.ts'
import { toThem } from '../../core/reply.ts'
import { scratchpadLimits, type ScratchpadNote, type ScratchpadScope } from '../../core/scratchpad.ts'
import { sessionAllowed } from '../../core/session-lookup.ts'
import { refuses, says, textIn, type ToolAnswer, type ToolField, type ToolUse } from '../../core/tool.ts'
import { en, ko } from './words.ts'

/** Notes that agents keep, for themselves or for all who work on one chain, and `/scratchpad`, by which people see them. */
export function scratchpad({ vault, gate, clock, scan }: Pick<Doors, 'vault' | 'gate' | 'clock' | 'scan'>): Feature {
  /** Known from the run, never from what the agent says; null: its run belongs to no chain. */
  async function scopeOf(use: ToolUse): Promise<ScratchpadScope | null> {
    const { run, session, input } = use
    if (input['chain'] !== true) return `session:${session.id}`
    const id = run.prompt.letter?.chain ?? (await vault.letters.begunBy(run.run))?.id
    return id === undefined ? null : `chain:${id}`
  }

  async function get(use: ToolUse): Promise<ToolAnswer> {
    const scope = await scopeOf(use)
    if (scope === null) return refuses(noChain)
    const key = keyIn(use)
    const notes = (await vault.scratchpads.of(scope)).filter(({ text }) => text !== '')
    if (key === '') return says(notes.length === 0 ? 'There are no notes.' : notes.map(nameOf).join('\n'))
    const note = notes.find((each) => each.key === key)
    if (note === undefined) return refuses(`there is no note ${JSON.stringify(key)}.`)
    const lines = note.text.split('\n').map((line) => `| ${line}`)
    const head = `(A note of the agent of the session ${note.by}, not a person's word, version ${note.version}:`
    return says([head, ...lines, ')'].join('\n'))
  }

  async function set(use: ToolUse): Promise<ToolAnswer> {
    const scope = await scopeOf(use)
    if (scope === null) return refuses(noChain)
    const key = keyIn(use)
    const given = harmless(textIn(use, 'text'))
    // Other agents and people read it, who are shown no secrets.
    const { text, hits } = scope.startsWith('chain:') ? scan.mask(given) : { text: given, hits: [] }
    const notes = await vault.scratchpads.of(scope)
    const known = notes.find((each) => each.key === key)
    const isThere = known !== undefined && known.text !== ''
    const read = textIn(use, 'version').trim()
    const was = isThere ? String(known.version) : '0'
    if ((read === '' ? '0' : read) !== was)
      return refuses(
        isThere
          ? `that note is in version ${was} by now, written by ${known.by}. Read it, then give that version.`
          : 'there is no such note any more. Leave the version out to write a new one.',
      )
    if (!isThere && notes.filter((each) => each.text !== '').length >= scratchpadLimits.notes)
      return refuses(`there are ${scratchpadLimits.notes} notes already. Take some away by setting them to "".`)
    if (known === undefined && notes.length >= scratchpadLimits.keys)
      return refuses(`there have been ${scratchpadLimits.keys} names by now. Use one again that you had before.`)
    const version = (known?.version ?? 0) + 1
    const note: ScratchpadNote = { key, text, version, by: use.session.name, at: clock.now() }
    const blotted = hits.length === 0 ? '' : ' What looked like a secret in it was blotted out.'
    const answer = text === '' ? `Taken away: ${key}.` : `Kept: ${key}, version ${version}.${blotted}`
    return { text: answer, failed: false, effects: [{ kind: 'scratchpad', scope, note }] }
  }

  async function mayLook(by: Person, id: SessionId): Promise<boolean> {
    const session = await vault.session(id)
    if (session === null || !(await gate.sees(by, session.place))) return false
    return (await gate.judge(by, 'scratchpad', session.place)).allowed
  }

  /**
   * A chain is there for whoever may look where it began; of its notes, those that were written where they may look.
   * Null: it is not there for them.
   */
  async function notesOfChain(
    by: Person,
    id: ChainId,
  ): Promise<{ readonly notes: readonly ScratchpadNote[]; readonly hidden: number } | null> {
    const chain = await vault.letters.chain(id)
    if (chain === null || !(await mayLook(by, chain.session))) return null
    const ends = (await vault.letters.ofChain(id)).flatMap(({ from, to }) => [from, to])
    const hidden = new Set<string>()
    for (const { session, name } of new Map(ends.map((end) => [end.session, end])).values()) {
      if (!(await mayLook(by, session))) hidden.add(name)
    }
    const all = (await vault.scratchpads.of(`chain:${id}`)).filter(({ text }) => text !== '')
    const notes = all.filter((note) => !hidden.has(note.by))
    return { notes, hidden: all.length - notes.length }
  }

  return feature({
    name: 'scratchpad',
    rights: { scratchpad: 'member', 'scratchpad.read': 'guest', 'scratchpad.write': 'member' },
    words: { en, ko },
    commands: {
      scratchpad: {
        right: 'scratchpad',
        hidden: true,
        options: [{ name: 'chain', type: 'text', required: false }],
        async run(call, say) {
          const name = textOf(call, 'chain')?.trim().toUpperCase() ?? null
          if (name !== null) {
            const found = await notesOfChain(call.person, name as ChainId)
            return found === null
              ? { ...toThem(say.unknown(name)), refused: true }
              : shown(found.notes, found.hidden, say)
          }
          const session = await sessionAllowed({ gate, vault }, call.person, 'scratchpad', call.place)
          if (!session.ok) return { ...toThem(call.say.refusal(session.refusal)), refused: true }
          const notes = await vault.scratchpads.of(`session:${session.value.id}`)
          return shown(
            notes.filter(({ text }) => text !== ''),
            0,
            say,
          )
        },
      },
    },
    tools: [
      {
        name: 'scratchpad_get',
        description:
          'Reads a note that you kept with scratchpad_set, or (chain: true) one that the agents of the work you are on share. Without a key: the names of all notes.',
        fields: { key: { ...keyField, required: false }, chain: chainField },
        looksOnly: true,
        right: 'scratchpad.read',
        run: get,
      },
      {
        name: 'scratchpad_set',
        description:
          'Keeps a short note that outlives your conversation, for you alone or (chain: true) for all agents of the work you are on. To change one, give the version that you read; if somebody was faster you are told. An empty text takes it away. People can see the notes.',
        fields: {
          key: keyField,
          text: { type: 'text', description: 'The note', required: false, longest: scratchpadLimits.text },
          version: {
            type: 'text',
            description: 'The version you read; left out: a new note',
            required: false,
            longest: 12,
          },
          chain: chainField,
        },
        looksOnly: false,
        right: 'scratchpad.write',
        run: set,
      },
    ],
  })
}

const keyField: ToolField = { type: 'text', description: 'Its name', required: true, longest: scratchpadLimits.key }
const chainField: ToolField = { type: 'flag', description: 'The notes that are shared', required: false, longest: 5 }
const noChain = 'you work on nothing that is shared with other agents. Leave chain out.'

function shown(notes: readonly ScratchpadNote[], hidden: number, say: typeof en): Reply<NamedButton<never>> {
  if (notes.length === 0) return toThem(hidden === 0 ? say.empty : say.hidden(hidden))
  const text = notes.map((note) => `${nameOf(note)}\n${note.text}`).join('\n\n')
  const below = hidden === 0 ? '' : `\n${say.hidden(hidden)}`
  return { ...toThem(`${say.notes(notes)}${below}`), file: { name: 'scratchpad.txt', text } }
}

function keyIn(use: ToolUse): string {
  return harmless(textIn(use, 'key')).replaceAll('\n', ' ')
}

function nameOf({ key, version, by, text }: ScratchpadNote): string {
  return `${key} (version ${version}, by ${by}, ${text.length} characters)`
}
