import { existsSync } from 'node:fs'
import { join, sep } from 'node:path'
import type { Decision } from '../../core/approval.ts'
import { Problem } from '../../core/failure.ts'
import type { AccountId, ApprovalId, Ids, RuntimeName } from '../../core/ids.ts'
import type { Turn } from '../../core/runtime.ts'
import type { Dialect, Launch } from '../dialect.ts'
import type { Environment } from '../environment.ts'
import { rightsOf } from '../rights.ts'
import { contentFor, responseTo } from './approval.ts'
import { argvOf, entryOf, ownEnvironment, type TrustedRepository } from './argv.ts'
import { checkClaude, findClaude } from './check.ts'
import { beginning, meaningOf, type ClaudeState } from './meaning.ts'
import { deniedBut, isShown } from './files.ts'
import { notesOf } from './notes.ts'
import { promptLine, promptUuid, steerLine, steerUuid } from './prompt.ts'
import { answerLine, requestLine, withdrawalOf } from './request.ts'
import { opensSandbox, sandboxFinding, sandboxProbe } from './sandbox.ts'
import { findTranscript, transcriptPath } from './transcript.ts'

export interface ClaudeOptions {
  readonly ids: Ids
  /** OMC_CLAUDE_BIN; null: `claude` from the PATH. */
  readonly binary: string | null
  /** The whole environment of an account's CLI, our own variables for it apart. */
  environmentOf(account: AccountId): Environment
  /** Absolute paths that the agent's tools must not open, the account's login apart. */
  readonly denied: readonly string[]
}

const discord =
  'You are talking with people on Discord. Each message is followed by a line in brackets, put there by the bot, that says who wrote it. Your answers are shown as Discord markdown.'

/** The real Claude Code CLI, in the dialect it speaks with programs (facts/claude-cli.md). */
export function claude(options: ClaudeOptions): Dialect<ClaudeState> {
  const hasSandbox = sandboxProbe()
  const isConfined = (turn: Turn): boolean => {
    const { PATH = '' } = environmentOf(options, turn.session.account)
    const { session, prompt } = turn
    return rightsOf(prompt.tier).machine === 'write' && hasSandbox(PATH) && !opensSandbox(session.workdir)
  }
  return {
    name: 'claude' as RuntimeName,
    title: 'Claude Code',
    check: async () => {
      const env = environmentOf(options, 'default' as AccountId)
      const { PATH = '' } = env
      const found = await checkClaude(findClaude(options.binary, PATH), env)
      return [...found, sandboxFinding(hasSandbox(PATH))]
    },
    models: async () => ['default', 'opus', 'sonnet', 'haiku'],
    steer: (state, steer) => (state.taken ? [steerLine(steer)] : null),
    expecting: (state, words) => ({ ...state, unheard: new Set([...state.unheard, ...words.map(steerUuid)]) }),
    launch: async (turn) => launch(turn, options, isConfined(turn)),
    greeting: (turn) => {
      const notes = notesOf(turn.session.workdir, trustedBy(turn) !== null)
      const appendSystemPrompt = [discord, notes].filter((part) => part !== null).join('\n\n')
      return [requestLine('initialize', { subtype: 'initialize', appendSystemPrompt })]
    },
    prompt: (turn) => [promptLine(turn)],
    // Waiting, it is taken out of the queue; at work, it is interrupted. Each does nothing where the other one does.
    stop: (turn, state) => {
      const uuid = promptUuid(turn)
      return [
        // A word that is still queued would begin a turn of its own after the interrupt.
        ...[uuid, ...state.unheard].map((message_uuid) =>
          requestLine(withdrawalOf(message_uuid), { subtype: 'cancel_async_message', message_uuid }),
        ),
        requestLine(`interrupt:${uuid}`, { subtype: 'interrupt' }),
      ]
    },
    answer,
    farewell: [requestLine('end', { subtype: 'end_session' })],
    begin: (turn, birth) => {
      const { session } = turn
      const config = configOf(environmentOf(options, session.account))
      const rights = rightsOf(turn.prompt.tier)
      return beginning({
        birth,
        mode: rights.claude.mode,
        readOnly: rights.machine === 'read',
        confined: isConfined(turn),
        uuid: promptUuid(turn),
        workdir: session.workdir,
        transcriptOf: (id) =>
          // A resumed conversation goes on in the file it was begun in, whatever the folder is now.
          session.conversation?.id === id && session.conversation.transcript !== null
            ? session.conversation.transcript
            : transcriptPath(config, session.workdir, id),
      })
    },
    read: meaningOf,
  }
}

function launch(turn: Turn, options: ClaudeOptions, confined: boolean): Launch {
  const { session, attempt } = turn
  const env = environmentOf(options, session.account)
  const file = findClaude(options.binary, env['PATH'] ?? '')
  if (file === null) throw new Problem('wire', 'Claude Code was not found. Install it or set OMC_CLAUDE_BIN.')
  const config = configOf(env)
  // A working directory below a denied folder could not be worked in; what is denied below that folder still holds.
  const closed = [...options.denied, ...loginsOf(config, env)].filter((path) => !isWithin(session.workdir, path))
  // Files that the model is not sent are read from where they lie.
  const readable = turn.files.filter((given) => !isShown(given)).map(({ path }) => path)
  const denied = deniedBut(closed, readable)
  const rights = rightsOf(turn.prompt.tier).claude
  const command = {
    file,
    args: argvOf({ rights, model: session.model, denied, readable, confined, trusted: trustedBy(turn) }),
    cwd: session.workdir,
    env,
  }
  const { conversation } = session
  if (conversation === null) {
    const begin = options.ids.next()
    return { command, entry: entryOf({ begin }), conversation: begin }
  }
  const { id } = conversation
  const transcript = findTranscript(config, conversation.transcript, id)
  // The CLI writes its transcript a moment later than it works: of a first attempt that died early nothing is there.
  const entry = transcript === null && attempt > 1 ? entryOf({ begin: id }) : entryOf({ resume: transcript ?? id })
  return { command, entry, conversation: id }
}

/**
 * What an owner's trust lets the CLI load for this turn. Not for somebody who may only look: hooks and servers change
 * and reach what they like.
 */
function trustedBy({ session: { trusted, workdir }, prompt }: Turn): TrustedRepository | null {
  if (!trusted || rightsOf(prompt.tier).machine !== 'write') return null
  const servers = join(workdir, '.mcp.json')
  return { folder: workdir, servers: existsSync(servers) ? servers : null }
}

function environmentOf(options: ClaudeOptions, account: AccountId): Environment {
  return { ...options.environmentOf(account), ...ownEnvironment }
}

/** Where the CLI keeps its login and its transcripts. */
function configOf(env: Environment): string {
  return env['CLAUDE_CONFIG_DIR'] ?? join(env['HOME'] ?? '/', '.claude')
}

/** The files that hold logins, not their folders: the CLI reads big outputs of its own tools from beside them. */
function loginsOf(config: string, env: Environment): readonly string[] {
  const home = env['HOME'] ?? '/'
  const folders = [...new Set([config, join(home, '.claude')])]
  return [
    ...folders.flatMap((folder) => ['.credentials.json', '.claude.json'].map((name) => join(folder, name))),
    ...['.claude.json', '.codex/auth.json', '.ssh', '.netrc', '.config/gh'].map((name) => join(home, name)),
  ]
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder + sep)
}

function answer(state: ClaudeState, approval: ApprovalId, decision: Decision): string | null {
  const asked = state.open.has(approval) ? state.inputs.get(approval) : undefined
  if (asked === undefined) return null
  const { tool, input, fields } = asked
  const response = tool === 'MCP' ? contentFor(fields, decision) : responseTo(tool, input, decision, state.mode)
  return answerLine(approval, response)
}
