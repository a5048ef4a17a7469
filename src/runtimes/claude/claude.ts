import { join } from 'node:path'
import type { Decision } from '../../core/approval.ts'
import { renewingFolder } from '../../core/egress.ts'
import type { AccountId, ApprovalId, RuntimeName } from '../../core/ids.ts'
import type { Turn } from '../../core/runtime.ts'
import { AgentEngine } from '../engine/engine.ts'
import type { Means, RuntimeKind } from '../engine/kind.ts'
import { mayWrite } from '../rights.ts'
import type { CliRequest, Protocol } from '../engine/protocol.ts'
import { contentFor, responseTo } from './approval.ts'
import type { Shell } from './argv.ts'
import { checkClaude, findClaude } from './check.ts'
import { beginning, meaningOf, type ClaudeState } from './meaning.ts'
import { uncountedIn } from './usage.ts'
import { configOf, environmentOf, launch, transcriptOf, trustedBy } from './launch.ts'
import { claudeLogin } from './login.ts'
import { serverName, toldLine } from './mcp.ts'
import { notesOf } from './notes.ts'
import { pointHooks } from './points.ts'
import { promptLine, promptUuid, steerLine, steerUuid } from './prompt.ts'
import { answerLine, requestLine, withdrawalOf } from './request.ts'
import { claudeRights } from './rights.ts'
import { opensSandbox, sandboxFinding, sandboxProbe } from './sandbox.ts'

export const claudeKind: RuntimeKind = {
  name: 'claude' as RuntimeName,
  // The files, not their folders: the CLI reads big outputs of its own tools from beside them.
  logins(env) {
    const home = env['HOME'] ?? '/'
    const folders = [...new Set([configOf(env), join(home, '.claude')])]
    const files = folders.flatMap((folder) =>
      ['.credentials.json', '.claude.json', renewingFolder].map((name) => join(folder, name)),
    )
    return [...files, join(home, '.claude.json')]
  },
  modelLogin: claudeLogin,
  make: (means, options) => new AgentEngine(claude(means), options, means.signing),
}

const discord =
  'You are talking with people on Discord. Each message is followed by a line in brackets, put there by the bot, that says who wrote it. Your answers are shown as Discord markdown.'

/** The real Claude Code CLI, in the words it has for programs (facts/claude-cli.md). */
export function claude(options: Means): Protocol<ClaudeState> {
  const hasSandbox = sandboxProbe()
  const isRoot = process.getuid?.() === 0
  const shellFor = ({ session, prompt }: Turn): Shell => {
    if (!mayWrite(prompt.tier)) return 'open'
    if (options.boxing !== null) return 'box'
    // As root the CLI's own sandbox holds nothing that somebody wants to get out of.
    if (isRoot && prompt.tier !== 'owner') return 'open'
    const { PATH = '' } = environmentOf(options, session.account)
    return hasSandbox(PATH) && !opensSandbox(session.workdir) ? 'sandbox' : 'open'
  }
  return {
    name: claudeKind.name,
    title: 'Claude Code',
    isInstalled: () => {
      const { PATH = '' } = environmentOf(options, 'default' as AccountId)
      return findClaude(options.binary, PATH) !== null
    },
    check: async (only) => {
      const env = environmentOf(options, 'default' as AccountId)
      const { PATH = '' } = env
      const program = findClaude(options.binary, PATH)
      const found = await checkClaude(program, env, only)
      // In a box there is nothing left for it to hold.
      return program === null || options.boxing !== null ? found : [...found, sandboxFinding(hasSandbox(PATH))]
    },
    models: async () => ['default', 'opus', 'sonnet', 'haiku'],
    steer: (_turn, state, steer) => (state.taken ? { lines: [steerLine(steer)], reply: null } : null),
    expecting: (state, words) => ({ ...state, unheard: new Set([...state.unheard, ...words.map(steerUuid)]) }),
    launch: (turn) => launch(turn, options, shellFor(turn)),
    *open(turn, { warm }) {
      const lines = warm ? [promptLine(turn)] : [greetingLine(turn), promptLine(turn)]
      yield { is: 'ask', request: { lines, reply: null } }
    },
    stop: stopping,
    // Tools in the background are off, so an interrupt ends nothing else.
    pause: stopping,
    standsStill: true,
    answer,
    tell: (state, call, text, failed) =>
      state.calls.has(call) ? [toldLine(call, state.callIds.get(call), text, failed)] : null,
    shared: null,
    // Its own sandbox's way out (observed with 2.1.197).
    helpers: /^socat UNIX-LISTEN:\S*\/claude-[a-z]+-[0-9a-f]+\.sock,/,
    farewell: [requestLine('end', { subtype: 'end_session' })],
    begin: (turn, birth) => {
      const { session } = turn
      return beginning({
        birth,
        mode: claudeRights(turn.prompt.tier, options.boxing !== null).mode,
        readOnly: !mayWrite(turn.prompt.tier),
        confined: shellFor(turn) !== 'open',
        uuid: promptUuid(turn),
        workdir: session.workdir,
        offers: options.tools(),
        transcriptOf: (id) => transcriptOf(options, session, id),
      })
    },
    uncounted: uncountedIn,
    decode: meaningOf,
  }
}

/** Waiting, it is taken out of the queue; at work, it is interrupted. Each does nothing where the other one does. */
function stopping(turn: Turn, state: ClaudeState): CliRequest {
  const uuid = promptUuid(turn)
  const lines = [
    // A word that is still queued would begin a turn of its own after the interrupt.
    ...[uuid, ...state.unheard].map((message_uuid) =>
      requestLine(withdrawalOf(message_uuid), { subtype: 'cancel_async_message', message_uuid }),
    ),
    requestLine(`interrupt:${uuid}`, { subtype: 'interrupt' }),
  ]
  return { lines, reply: null }
}

/** What a new process is told first. Its answer comes before the prompt's; nobody waits for it. */
function greetingLine(turn: Turn): string {
  const notes = notesOf(turn.session.workdir, trustedBy(turn) !== null)
  const appendSystemPrompt = [discord, notes].filter((part) => part !== null).join('\n\n')
  const hooks = turn.watched === true ? { hooks: pointHooks } : {}
  return requestLine('initialize', { subtype: 'initialize', appendSystemPrompt, sdkMcpServers: [serverName], ...hooks })
}

function answer(state: ClaudeState, approval: ApprovalId, decision: Decision): readonly string[] | null {
  const asked = state.open.has(approval) ? state.inputs.get(approval) : undefined
  if (asked === undefined) return null
  const { tool, input, fields } = asked
  const response = tool === 'MCP' ? contentFor(fields, decision) : responseTo(tool, input, decision, state.mode)
  return [answerLine(approval, response)]
}
