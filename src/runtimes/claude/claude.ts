import { existsSync } from 'node:fs'
import { join, sep } from 'node:path'
import type { Environment } from '../../core/command-line.ts'
import type { Decision } from '../../core/approval.ts'
import { Problem } from '../../core/failure.ts'
import type { AccountId, ApprovalId, RuntimeName } from '../../core/ids.ts'
import type { Turn } from '../../core/runtime.ts'
import { AgentEngine } from '../engine/engine.ts'
import type { Means, RuntimeKind } from '../engine/kind.ts'
import type { Launch, Protocol } from '../engine/protocol.ts'
import { rightsOf } from '../rights.ts'
import { contentFor, responseTo } from './approval.ts'
import { argvOf, entryOf, ownEnvironment, type TrustedRepository } from './argv.ts'
import { checkClaude, findClaude } from './check.ts'
import { beginning, meaningOf, type ClaudeState } from './meaning.ts'
import { deniedBut, isShown } from './files.ts'
import { notesOf } from './notes.ts'
import { promptLine, promptUuid, steerLine, steerUuid } from './prompt.ts'
import { answerLine, requestLine, withdrawalOf } from './request.ts'
import { claudeRights } from './rights.ts'
import { opensSandbox, sandboxFinding, sandboxProbe } from './sandbox.ts'
import { findTranscript, transcriptPath } from './transcript.ts'

export const claudeKind: RuntimeKind = {
  name: 'claude' as RuntimeName,
  // The files, not their folders: the CLI reads big outputs of its own tools from beside them.
  logins(env) {
    const home = env['HOME'] ?? '/'
    const folders = [...new Set([configOf(env), join(home, '.claude')])]
    const files = folders.flatMap((folder) => ['.credentials.json', '.claude.json'].map((name) => join(folder, name)))
    return [...files, join(home, '.claude.json')]
  },
  make: (means, options) => new AgentEngine(claude(means), options),
}

const discord =
  'You are talking with people on Discord. Each message is followed by a line in brackets, put there by the bot, that says who wrote it. Your answers are shown as Discord markdown.'

/** The real Claude Code CLI, in the words it has for programs (facts/claude-cli.md). */
export function claude(options: Means): Protocol<ClaudeState> {
  const hasSandbox = sandboxProbe()
  const isConfined = (turn: Turn): boolean => {
    const { PATH = '' } = environmentOf(options, turn.session.account)
    const { session, prompt } = turn
    return rightsOf(prompt.tier).machine === 'write' && hasSandbox(PATH) && !opensSandbox(session.workdir)
  }
  return {
    name: claudeKind.name,
    title: 'Claude Code',
    check: async () => {
      const env = environmentOf(options, 'default' as AccountId)
      const { PATH = '' } = env
      const found = await checkClaude(findClaude(options.binary, PATH), env)
      return [...found, sandboxFinding(hasSandbox(PATH))]
    },
    models: async () => ['default', 'opus', 'sonnet', 'haiku'],
    steer: (_turn, state, steer) => (state.taken ? { lines: [steerLine(steer)], reply: null } : null),
    expecting: (state, words) => ({ ...state, unheard: new Set([...state.unheard, ...words.map(steerUuid)]) }),
    launch: async (turn) => launch(turn, options, isConfined(turn)),
    *open(turn, { warm }) {
      const lines = warm ? [promptLine(turn)] : [greetingLine(turn), promptLine(turn)]
      yield { is: 'ask', request: { lines, reply: null } }
    },
    // Waiting, it is taken out of the queue; at work, it is interrupted. Each does nothing where the other one does.
    stop: (turn, state) => {
      const uuid = promptUuid(turn)
      const lines = [
        // A word that is still queued would begin a turn of its own after the interrupt.
        ...[uuid, ...state.unheard].map((message_uuid) =>
          requestLine(withdrawalOf(message_uuid), { subtype: 'cancel_async_message', message_uuid }),
        ),
        requestLine(`interrupt:${uuid}`, { subtype: 'interrupt' }),
      ]
      return { lines, reply: null }
    },
    answer,
    shared: null,
    farewell: [requestLine('end', { subtype: 'end_session' })],
    begin: (turn, birth) => {
      const { session } = turn
      const config = configOf(environmentOf(options, session.account))
      const rights = rightsOf(turn.prompt.tier)
      return beginning({
        birth,
        mode: claudeRights(turn.prompt.tier).mode,
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
    decode: meaningOf,
  }
}

function launch(turn: Turn, options: Means, confined: boolean): Launch {
  const { session, attempt } = turn
  const env = environmentOf(options, session.account)
  const file = findClaude(options.binary, env['PATH'] ?? '')
  if (file === null) throw new Problem('wire', 'Claude Code was not found. Install it or set OMC_CLAUDE_BIN.')
  const config = configOf(env)
  // A working directory below a denied folder could not be worked in; what is denied below that folder still holds.
  const closed = options.denied.filter((path) => !isWithin(session.workdir, path))
  // Files that the model is not sent are read from where they lie.
  const readable = turn.files.filter((given) => !isShown(given)).map(({ path }) => path)
  const denied = deniedBut(closed, readable)
  const rights = claudeRights(turn.prompt.tier)
  const command = {
    file,
    args: argvOf({ rights, model: session.model, denied, readable, confined, trusted: trustedBy(turn) }),
    cwd: session.workdir,
    env,
  }
  const { conversation } = session
  const plain = { owner: { session: session.id }, command: () => command }
  if (conversation === null) {
    const begin = options.ids.next()
    return { ...plain, entry: entryOf({ begin }), conversation: begin }
  }
  const { id } = conversation
  const transcript = findTranscript(config, conversation.transcript, id)
  // The CLI writes its transcript a moment later than it works: of a first attempt that died early nothing is there.
  const entry = transcript === null && attempt > 1 ? entryOf({ begin: id }) : entryOf({ resume: transcript ?? id })
  return { ...plain, entry, conversation: id }
}

/** What a new process is told first. Its answer comes before the prompt's; nobody waits for it. */
function greetingLine(turn: Turn): string {
  const notes = notesOf(turn.session.workdir, trustedBy(turn) !== null)
  const appendSystemPrompt = [discord, notes].filter((part) => part !== null).join('\n\n')
  return requestLine('initialize', { subtype: 'initialize', appendSystemPrompt })
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

function environmentOf(options: Means, account: AccountId): Environment {
  return { ...options.environmentOf(account), ...ownEnvironment }
}

/** Where the CLI keeps its login and its transcripts. */
function configOf(env: Environment): string {
  return env['CLAUDE_CONFIG_DIR'] ?? join(env['HOME'] ?? '/', '.claude')
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder + sep)
}

function answer(state: ClaudeState, approval: ApprovalId, decision: Decision): readonly string[] | null {
  const asked = state.open.has(approval) ? state.inputs.get(approval) : undefined
  if (asked === undefined) return null
  const { tool, input, fields } = asked
  const response = tool === 'MCP' ? contentFor(fields, decision) : responseTo(tool, input, decision, state.mode)
  return [answerLine(approval, response)]
}
