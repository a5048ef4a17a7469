import { homedir } from 'node:os'
import { join } from 'node:path'
import type { CommandLine, Environment } from '../../core/command-line.ts'
import type { Decision } from '../../core/approval.ts'
import { Problem } from '../../core/failure.ts'
import type { AccountId, ApprovalId, RuntimeName } from '../../core/ids.ts'
import type { Turn } from '../../core/runtime.ts'
import { AgentEngine } from '../engine/engine.ts'
import type { Means, RuntimeKind } from '../engine/kind.ts'
import { toldFolder } from '../engine/told-file.ts'
import type { Birth, Launch, Protocol, CliRequest } from '../engine/protocol.ts'
import { replyTo } from './ask.ts'
import { missingTools } from './born.ts'
import { boxedLaunch, inPlace } from './box.ts'
import { bubblewrapFor } from './bubblewrap.ts'
import { checkCodex, findCodex, howToInstall, modelsOf, tryShutIn } from './check.ts'
import { closedTo, isClosed } from './closed.ts'
import { codexHome, codexLogin } from './login.ts'
import { turnsOfHelpers } from './helpers.ts'
import { beginning, meaningOf, type CodexBeginning, type CodexState } from './meaning.ts'
import { withoutGit } from './no-git.ts'
import { opening } from './opening.ts'
import {
  closeIdOf,
  closeLine,
  cleanLine,
  echoLine,
  interruptLine,
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
import { toldLine, type Beside } from './tool.ts'
import { parseLine } from './wire.ts'

export const codexKind: RuntimeKind = {
  name: 'codex' as RuntimeName,
  logins: (env) => [codexHome(env), join(env['HOME'] ?? homedir(), '.codex')],
  modelLogin: codexLogin,
  make: (means, options) => new AgentEngine(codex(means), options, means.signing),
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
    return { file, args, cwd: spools, env: withoutGit(env, join(options.dataDir, 'codex', 'bin')) }
  }
  const { boxing } = options
  const sharedLaunch = ({ session: { account } }: Turn): Launch => ({
    owner: { login: `codex.${account.replaceAll(/[^\w-]/g, '_')}` },
    command: (secret) => command(account, secret),
    entry: [],
    conversation: '',
    boxed: false,
  })
  const missing = missingTools(() => options.tools())
  /** A conversation that lacks some of our tools has them from a process beside it. */
  const besideOf = ({ session: { id, conversation } }: Turn): Beside | null => {
    const offers = missing(conversation)
    if (offers.length === 0) return null
    return { offers, folder: boxing?.folders(id).told ?? toldFolder(options.dataDir, id) }
  }
  /** What the tools have besides the core; where the server has no git, they have. */
  const markOf = ({ session }: Turn, mark: Environment): Environment =>
    boxing === null ? { ...mark, PATH: environmentOf(session.account)['PATH'] ?? '' } : mark
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
      const binary = findCodex(options.binary, env['PATH'] ?? '')
      if (binary !== null && boxing?.isInPlace === true)
        return Promise.resolve([{ id: 'codex.box', level: 'error', text: inPlace, mend: 'Set OMC_BOX=try.' }])
      return checkCodex(binary, env, codexHome(env), options.boxing !== null)
    },
    // The CLI is asked once: its list changes with its version only.
    models: () => (models ??= askModels()),
    launch: async (turn) => (boxing === null ? sharedLaunch(turn) : boxedLaunch(turn, options, boxing, besideOf(turn))),
    // A session's tools must be shut in where it works, and so may not do more than its turn.
    async prepare({ session, prompt }, mark, over) {
      if (boxing !== null) return
      const { file, args, env } = command(session.account, '')
      const { workdir } = session
      if (isClosed(workdir, deniedTo(env), options.open))
        throw new Problem('refused', `${workdir} belongs to the bot itself. Choose another folder for this session.`)
      const { profile, hasTools } = codexRights(prompt.tier, false)
      if (!hasTools) return
      const key = JSON.stringify([file, args, workdir, profile])
      if (shutIn.has(key)) return
      const settings = [...args.slice(0, -1), '-c', `default_permissions="${profileAt(profile, '')}"`]
      await tryShutIn(file, settings, { ...env, ...mark }, workdir, over)
      shutIn.add(key)
    },
    openedWith(turn) {
      const { hasTools } = codexRights(turn.prompt.tier, boxing !== null)
      const brought = hasTools ? (trusts(turn) ? 'trusted' : 'untrusted') : 'toolless'
      const lacks = missing(turn.session.conversation).map(({ name }) => name)
      return [brought, ...lacks].join()
    },
    open(turn, at) {
      // The CLI lets tools have nothing of its own environment that is called like a key.
      const mark = { ...markOf(turn, at.mark), ...options.signing.variables(turn.session.id) }
      const more = { boxed: boxing !== null, offers: options.tools(), beside: besideOf(turn) }
      return opening(turn, { ...at, mark }, more)
    },
    stop: (_turn, state) => stopping(state, stopLines),
    pause: (_turn, state) => stopping(state, (thread, turn) => [interruptLine(thread, turn)]),
    // Nothing makes it wait: it is interrupted when it tells what a call has used, and its next one is broken off.
    standsStill: false,
    steer(turn, { thread, turn: atWork }, steer) {
      if (thread === null || atWork === null) return null
      const id = steerIdOf(turn, steer)
      return { lines: [steerLine(id, thread, atWork, steer)], reply: id }
    },
    answer,
    tell(state, call, text, failed) {
      if (!state.calls.has(call)) return null
      const id = state.callIds.get(call)
      if (id !== undefined) return [toldLine(id, text, failed)]
      const folder = state.from.beside
      return folder === null ? null : { folder, call, text, failed }
    },
    farewell: [],
    shared: {
      replyIn(text) {
        const line = parseLine(text)
        return line.is === 'reply' ? line : null
      },
      barrier: (id, thread) => (thread === null ? echoLine(id) : lookLine(id, thread)),
      reader: (turn, birth) => first(turn, birth, { workdir: '', resumed: true, boxed: boxing !== null, beside: null }),
      leave: (thread, state) => leave(thread, state),
    },
    begin(turn, birth) {
      const { workdir, conversation } = turn.session
      const beside = besideOf(turn)?.folder ?? null
      return first(turn, birth, { workdir, resumed: conversation !== null, boxed: boxing !== null, beside })
    },
    decode: meaningOf,
  }
}

function first(
  turn: Pick<Turn, 'run' | 'attempt'>,
  { pid, warm, conversation, transcript, spent }: Birth,
  about: Pick<CodexBeginning, 'workdir' | 'resumed' | 'boxed' | 'beside'>,
): CodexState {
  const from = { pid, warm, ...about, openId: openIdOf(turn), turnId: turnIdOf(turn) }
  return beginning(from, conversation === '' ? null : conversation, transcript, warm ? spent : null)
}

function answer(state: CodexState, approval: ApprovalId, decision: Decision): readonly string[] | null {
  const ask = state.open.has(approval) ? state.asks.get(approval) : undefined
  if (ask === undefined) return null
  const reply = replyTo(ask, decision)
  if (decision.verdict !== 'deny' || decision.reason === '') return [reply]
  // The reason first, so that it lies ready when whoever asked is told that it was refused.
  return [reasonLine(`reason:${approval}`, ask.thread, ask.turn, decision.reason), reply]
}

/** The agent's turn last: its reply is the one that is waited for. */
function stopping(state: CodexState, lines: (thread: string, turn: string) => readonly string[]): CliRequest | null {
  const { thread, turn } = state
  if (thread === null || turn === null) return null
  const all = [...turnsOfHelpers(state), [thread, turn] as const]
  return { lines: all.flatMap(([each, at]) => lines(each, at)), reply: stopIdOf(turn) }
}

function leave(thread: string, state: CodexState | null): CliRequest {
  const atWork = state?.over === 'no' ? stopping(state, stopLines) : null
  const lines = [...(atWork?.lines ?? [cleanLine(thread)]), closeLine(thread)]
  return { lines, reply: closeIdOf(thread) }
}
