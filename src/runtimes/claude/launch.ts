import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { join, sep } from 'node:path'
import type { Environment } from '../../core/command-line.ts'
import { insideBox } from '../../core/egress.ts'
import { Problem } from '../../core/failure.ts'
import type { AccountId } from '../../core/ids.ts'
import type { Turn } from '../../core/runtime.ts'
import type { Session } from '../../core/session.ts'
import { objectAt, stringAt } from '../engine/json.ts'
import type { Means } from '../engine/kind.ts'
import type { Launch } from '../engine/protocol.ts'
import { programFiles } from '../program.ts'
import { mayWrite } from '../rights.ts'
import {
  argvOf,
  entryOf,
  ownEnvironment,
  withoutRepositorysPrograms,
  type Shell,
  type TrustedRepository,
} from './argv.ts'
import { findClaude } from './check.ts'
import { deniedBut, isShown } from './files.ts'
import { claudeRights } from './rights.ts'
import { claudeLogin } from './login.ts'
import { findTranscript, keepTranscript, transcriptPath } from './transcript.ts'

/** How a process for a turn is started. @throws {Problem} */
export async function launch(turn: Turn, options: Means, shell: Shell): Promise<Launch> {
  const { session, attempt } = turn
  const { boxing } = options
  const env = environmentOf(options, session.account)
  const file = findClaude(options.binary, env['PATH'] ?? '')
  if (file === null) throw new Problem('wire', 'Claude Code was not found. Install it or set OMC_CLAUDE_BIN.')
  const rights = claudeRights(turn.prompt.tier, boxing !== null)
  // Files that the model is not sent are read from where they lie.
  const readable = turn.files.filter((given) => !isShown(given)).map(({ path }) => path)
  // In a box there is nothing to deny, and the files of every prompt lie in one folder.
  const files = boxing === null ? readable : [`${boxing.folders(session.id).files}/**`]
  const denied = boxing === null ? deniedBut(closedTo(session, options), readable) : []
  const args = argvOf({
    folder: session.workdir,
    rights,
    model: modelFor(session, options),
    denied,
    readable: files,
    shell,
    trusted: trustedBy(turn),
  })
  // A link to it lies in the operator's home, which is not in the box.
  const held = trustedBy(turn) === null ? withoutRepositorysPrograms : {}
  const own = { ...env, ...options.signing.variables(session.id, held) }
  const bare = { file: boxing === null ? file : realpathSync(file), args, cwd: session.workdir, env: own }
  const needs = {
    reads: programFiles(file, env['PATH'] ?? ''),
    environment: insideEnvironment(options, session),
    sockets: ['ANTHROPIC_UNIX_SOCKET'],
  }
  const command = (await boxing?.wrap(bare, turn, needs)) ?? bare
  const { conversation } = session
  const told = turn.watched === true ? { told: 'to stand still' } : {}
  const plain = { owner: { session: session.id }, command: () => command, boxed: boxing?.isInPlace === false, ...told }
  if (conversation === null) {
    const begin = options.ids.next()
    return { ...plain, entry: entryOf({ begin }), conversation: begin }
  }
  const { id } = conversation
  const transcript = transcriptThere(options, session, id)
  // The CLI writes its transcript a moment later than it works: of a first attempt that died early nothing is there.
  const entry = transcript === null && attempt > 1 ? entryOf({ begin: id }) : entryOf({ resume: transcript ?? id })
  return { ...plain, entry, conversation: id }
}

/**
 * The session's model; null: the CLI's own default. In a box it cannot see by its login what the account's default is
 * (measured: `opus` for a Max subscription, `sonnet` otherwise), so that is said.
 */
function modelFor({ model, account }: Session, options: Means): string | null {
  if (model !== null || options.boxing === null) return model
  const login = claudeLogin(options.environmentOf(account))
  return login.kind === 'claude-file' && subscriptionIn(login.path) === 'max' ? 'opus' : null
}

function subscriptionIn(path: string): string | null {
  try {
    const login: unknown = JSON.parse(readFileSync(path, 'utf8'))
    return stringAt(objectAt(objectAt(login)['claudeAiOauth'])['subscriptionType']) || null
  } catch {
    return null
  }
}

/** A working directory below a denied folder could not be worked in; what is denied below that folder still holds. */
function closedTo({ workdir }: Session, { denied }: Means): readonly string[] {
  return denied.filter((path) => !isWithin(workdir, path))
}

/** The CLI's environment where it is not boxed. */
export function environmentOf(options: Means, account: AccountId): Environment {
  return { ...options.environmentOf(account), ...ownEnvironment }
}

/** What it gets in a box: a login that is none, and a socket to where the real one is put in. */
function insideEnvironment(options: Means, { id, account }: Session): Environment {
  if (options.boxing === null) return {}
  const hasKey = options.environmentOf(account)['ANTHROPIC_API_KEY'] !== undefined
  return {
    ...ownEnvironment,
    ...options.signing.variables(id),
    CLAUDE_CONFIG_DIR: options.boxing.folders(id).state,
    ANTHROPIC_BASE_URL: `http://${insideBox.model}`,
    ...(hasKey ? { ANTHROPIC_API_KEY: 'sk-ant-box' } : { CLAUDE_CODE_OAUTH_TOKEN: 'box' }),
  }
}

/** Where the CLI keeps its login and its transcripts. */
export function configOf(env: Environment): string {
  return env['CLAUDE_CONFIG_DIR'] ?? join(env['HOME'] ?? '/', '.claude')
}

function configFor(options: Means, { id, account }: Session): string {
  return options.boxing?.folders(id).state ?? configOf(environmentOf(options, account))
}

/** Where the transcript of a session's conversation will be. */
export function transcriptOf(options: Means, session: Session, conversation: string): string | null {
  const config = configFor(options, session)
  const kept = session.conversation?.id === conversation ? session.conversation.transcript : null
  // A resumed conversation goes on in the file it was begun in, whatever the folder is now.
  if (kept !== null && (options.boxing === null || isWithin(kept, config))) return kept
  return transcriptPath(config, session.workdir, conversation)
}

/** The transcript that is there; one from before there was a box is taken into it. */
function transcriptThere(options: Means, session: Session, conversation: string): string | null {
  const expected = transcriptOf(options, session, conversation)
  const config = configFor(options, session)
  const found = findTranscript(config, expected, conversation)
  if (found !== null || options.boxing === null) return found
  const kept = session.conversation?.transcript ?? null
  const before = findTranscript(configOf(environmentOf(options, session.account)), kept, conversation)
  return before === null ? null : keepTranscript(before, config, session.workdir, conversation)
}

/**
 * What an owner's trust lets the CLI load for this turn. Not for somebody who may only look: hooks and servers change
 * and reach what they like.
 */
export function trustedBy({ session: { trusted, workdir }, prompt }: Turn): TrustedRepository | null {
  if (!trusted || !mayWrite(prompt.tier)) return null
  const servers = join(workdir, '.mcp.json')
  return { folder: workdir, servers: existsSync(servers) ? servers : null }
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder + sep)
}
