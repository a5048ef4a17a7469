import { homedir } from 'node:os'
import { join } from 'node:path'
import type { CommandLine, Environment } from '../../core/command-line.ts'
import type { Decision } from '../../core/approval.ts'
import { Problem } from '../../core/failure.ts'
import type { AccountId, ApprovalId, RuntimeName } from '../../core/ids.ts'
import type { Turn } from '../../core/runtime.ts'
import { AgentEngine } from '../engine/engine.ts'
import type { Means, RuntimeKind } from '../engine/kind.ts'
import type { Birth, Launch, Protocol, CliRequest } from '../engine/protocol.ts'
import { replyTo } from './ask.ts'
import { boxedLaunch } from './box.ts'
import { bubblewrapFor } from './bubblewrap.ts'
import { checkCodex, findCodex, howToInstall, modelsOf, tryShutIn } from './check.ts'
import { closedTo, isClosed } from './closed.ts'
import { codexHome, codexLogin } from './login.ts'
import { beginning, meaningOf, type CodexState } from './meaning.ts'
import { opening } from './opening.ts'
import {
  closeIdOf,
  closeLine,
  cleanLine,
  echoLine,
  lookLine,
  openIdOf,
  profileAt,
  reasonLine,
  settingsOf,
  steerIdOf,
  steerLine,
  stopIdOf,
  stopLines,
  trusts,
  turnIdOf,
} from './request.ts'
import { codexRights } from './rights.ts'
import { toldLine } from './tool.ts'
import { parseLine } from './wire.ts'

export const codexKind: RuntimeKind = {
  name: 'codex' as RuntimeName,
  logins: (env) => [codexHome(env), join(env['HOME'] ?? homedir(), '.codex')],
  modelLogin: codexLogin,
  make: (means, options) => new AgentEngine(codex(means), options, means.boxing),
}

/**
 * The real Codex CLI. In boxes each session has a `codex app-server` of its own, with a login that is none. Without them
 * there is one a login, which all its sessions share, because several processes would renew one login against each other
 * (facts/codex-cli.md section 6).
 */
export function codex(options: Means): Protocol<CodexState> {
  const complete = bubblewrapFor()
  const environmentOf = (account: AccountId): Environment => {
    const env = options.environmentOf(account)
    return complete(findCodex(options.binary, env['PATH'] ?? ''), env)
  }
  const spools = join(options.dataDir, 'spools')
  const deniedTo = (env: Environment): readonly string[] => [
    ...codexKind.logins(env),
    spools,
    join(options.dataDir, 'codex'),
    ...options.denied,
  ]
  const command = (account: AccountId, secret: string): CommandLine => {
    const env = environmentOf(account)
    const file = findCodex(options.binary, env['PATH'] ?? '')
    if (file === null) throw new Problem('wire', howToInstall)
    const args = [...settingsOf(closedTo(deniedTo(env), options.open), secret), 'app-server']
    return { file, args, cwd: spools, env }
  }
  const { boxing } = options
  const sharedLaunch = ({ session: { account } }: Turn): Launch => ({
    owner: { login: `codex.${account.replaceAll(/[^\w-]/g, '_')}` },
    command: (secret) => command(account, secret),
    entry: [],
    conversation: '',
    boxed: false,
  })
  /** Where which settings were seen to shut tools in. */
  const shutIn = new Set<string>()
  let models: Promise<readonly string[]> | null = null
  const askModels = async (): Promise<readonly string[]> => {
    const env = environmentOf('default' as AccountId)
    const binary = findCodex(options.binary, env['PATH'] ?? '')
    const found = binary === null ? [] : await modelsOf(binary, env)
    if (found.length === 0) models = null
    return found
  }
  return {
    name: codexKind.name,
    title: 'Codex CLI',
    isInstalled: () => {
      const { PATH = '' } = environmentOf('default' as AccountId)
      return findCodex(options.binary, PATH) !== null
    },
    check: () => {
      const env = environmentOf('default' as AccountId)
      return checkCodex(findCodex(options.binary, env['PATH'] ?? ''), env, codexHome(env), options.boxing !== null)
    },
    // The CLI is asked once: its list changes with its version only.
    models: () => (models ??= askModels()),
    launch: async (turn) => (boxing === null ? sharedLaunch(turn) : boxedLaunch(turn, options, boxing)),
    // A session's tools must be shut in where it works, and so may not do more than its turn.
    async prepare({ session, prompt }, mark, over) {
      if (boxing !== null) return
      const { file, args, env } = command(session.account, '')
      const { workdir } = session
      if (isClosed(workdir, deniedTo(env), options.open))
        throw new Problem('refused', `${workdir} belongs to the bot itself. Choose another folder for this session.`)
      const { profile } = codexRights(prompt.tier)
      const key = JSON.stringify([file, args, workdir, profile])
      if (shutIn.has(key)) return
      const settings = [...args.slice(0, -1), '-c', `default_permissions="${profileAt(profile, '')}"`]
      await tryShutIn(file, settings, { ...env, ...mark }, workdir, over)
      shutIn.add(key)
    },
    openedWith: (turn) => (trusts(turn) ? 'trusted' : 'untrusted'),
    open: (turn, at) => opening(turn, at, { boxed: boxing !== null, offers: options.tools() }),
    stop: (_turn, { thread, turn }) =>
      thread === null || turn === null ? null : { lines: stopLines(thread, turn), reply: stopIdOf(turn) },
    steer(turn, { thread, turn: atWork }, steer) {
      if (thread === null || atWork === null) return null
      const id = steerIdOf(turn, steer)
      return { lines: [steerLine(id, thread, atWork, steer)], reply: id }
    },
    answer,
    tell(state, call, text, failed) {
      const id = state.calls.has(call) ? state.callIds.get(call) : undefined
      return id === undefined ? null : [toldLine(id, text, failed)]
    },
    farewell: [],
    shared: {
      replyIn(text) {
        const line = parseLine(text)
        return line.is === 'reply' ? line : null
      },
      barrier: (id, thread) => (thread === null ? echoLine(id) : lookLine(id, thread)),
      reader: (turn, birth) => first(turn, birth, '', true),
      leave: (thread, state) => leave(thread, state),
    },
    begin: (turn, birth) => first(turn, birth, turn.session.workdir, turn.session.conversation !== null),
    decode: meaningOf,
  }
}

function first(
  turn: Pick<Turn, 'run' | 'attempt'>,
  { pid, warm, conversation, transcript, spent }: Birth,
  workdir: string,
  resumed: boolean,
): CodexState {
  const from = { pid, warm, workdir, resumed, openId: openIdOf(turn), turnId: turnIdOf(turn) }
  return beginning(from, conversation === '' ? null : conversation, transcript, warm ? spent : null)
}

function answer(state: CodexState, approval: ApprovalId, decision: Decision): readonly string[] | null {
  const ask = state.open.has(approval) ? state.asks.get(approval) : undefined
  if (ask === undefined) return null
  const reply = replyTo(ask, decision)
  if (decision.verdict !== 'deny' || decision.reason === '' || state.thread === null || state.turn === null)
    return [reply]
  // The reason first, so that it lies ready when the agent is told that it was refused.
  return [reasonLine(`reason:${approval}`, state.thread, state.turn, decision.reason), reply]
}

function leave(thread: string, state: CodexState | null): CliRequest {
  const atWork = state?.over === 'no' ? state.turn : null
  const lines = [...(atWork === null ? [cleanLine(thread)] : stopLines(thread, atWork)), closeLine(thread)]
  return { lines, reply: closeIdOf(thread) }
}
