import type { Desk } from '../core/desk.ts'
import type { Effect } from '../core/effect.ts'
import { Features } from '../core/feature.ts'
import type { Finding } from '../core/finding.ts'
import type { Health } from '../core/health.ts'
import type { PersonId, PlaceId, RunId } from '../core/ids.ts'
import { isLive } from '../core/lifecycle.ts'
import type { Locale } from '../core/person.ts'
import { background } from '../system/background.ts'
import { markAlive } from './alive.ts'
import { ApprovalDesk } from './approvals.ts'
import { answerMachines } from './bot-errands.ts'
import { AskCopies } from './ask-copies.ts'
import type { ControlOptions } from './control-options.ts'
import { Branches } from './branches.ts'
import { retry } from '../system/back-off.ts'
import { sayEffects } from './effects.ts'
import { EngineDesk } from './desk.ts'
import { Dispatcher } from './dispatcher.ts'
import { Expiry } from './expiry.ts'
import type { Gate } from '../core/gate.ts'
import { Freezer } from './freezer.ts'
import { EngineGate } from './gate.ts'
import { Findings } from './findings.ts'
import { checkStore, examine } from './health.ts'
import { Intake } from './intake.ts'
import { logOutcomes } from './outcome-log.ts'
import { alertsIn, ownersIn } from './audiences.ts'
import { FindingPost } from './finding-post.ts'
import { ownersToTell } from './owners.ts'
import { RefusalBook } from './past-refusals.ts'
import { dropMachine } from './machine-drop.ts'
import { MachineWatch } from './machine-watch.ts'
import { showAsk, showAsks } from './answering.ts'
import { stopRun } from './stopping.ts'
import { watchStore } from './store-watch.ts'
import { ToolDesk } from './tools.ts'
import { Transcriber } from './transcriber.ts'
import { UnheardWords } from './unheard.ts'
import { WarmUp } from './warm-up.ts'

/** How long the last words about ended runs may take before the bot goes all the same. */
const lastWordsMs = 5_000

/** What asks, admits and says: one side of the engine. It hears of what agents do by the bus alone. */
export interface Control {
  readonly desk: Desk
  readonly features: Features
  /** Who people are now. */
  readonly gate: Gate
  health(): Promise<Health>
  /** Begins to connect: the rest of the start goes on meanwhile, and nothing is heard before `start`. */
  dial(): void
  /** Goes on with what an earlier life left unsaid. Call before anything new is written. */
  open(): Promise<void>
  /** Takes up what else an earlier life left, then connects. Call when the live runs are led again. */
  start(): Promise<void>
  /** Admits nothing more in this life. */
  hold(): void
  /** Writes that every run at work is stopped; gives them. */
  stopAll(): Promise<readonly RunId[]>
  /** Resolves when what became of these runs stands in people's sight, or after a while. */
  lastWords(runs: readonly RunId[]): Promise<void>
  /** Hears no more of anybody. */
  disconnect(): Promise<void>
  /** Resolves when nothing is written any more. Call when the signal has fired. */
  close(): Promise<void>
}

/** Puts the side together that people deal with. */
export function createControl(options: ControlOptions): Control {
  const { journal, vault, clock, log, checkpoint, signal } = options
  const runtimes = new Map(options.runtimes.map((runtime) => [runtime.name, runtime]))
  const startedAt = clock.now()
  const listeners = new Set<() => void>()
  const health = (): Promise<Health> =>
    examine({
      ...options,
      chat,
      closedMessages: () => outbox.closed,
      startedAt,
      unkept: () => intake.unkept,
      found: () => findings.now(),
    })
  const gate = new EngineGate({ ...options, people: () => chat, rights: () => features.rights })
  const dispatcher = new Dispatcher(options)
  const expiry = new Expiry({ ...options, away: (place, since) => chat.away(place, since) })
  const desk = new EngineDesk({
    ...options,
    gate,
    dispatcher,
    refusals: new RefusalBook(options),
    approvals: () => approvals,
  })
  const freezer = new Freezer({ ...options, moved })
  const warmUp = new WarmUp({ ...options, gate })
  const words = new UnheardWords({ ...options, ask: (request) => desk.ask(request) })
  const features: Features = new Features(
    options.features({
      ...options,
      gate,
      runtimes,
      health,
      lendsTo: ({ id, key }) => options.lendsTo[id] === key,
      features: () => features,
      ask: (request) => desk.ask(request),
      stop: (...asked) => desk.stop(...asked),
      stopByButton: (...asked) => desk.stopRun(...asked),
      promote: (...asked) => desk.promote(...asked),
      steer: (...asked) => desk.steer(...asked),
      approval: (...asked) => desk.approval(...asked),
      answer: (...asked) => desk.answer(...asked),
      approvals: (...asked) => desk.approvals(...asked),
      answerAll: (...asked) => desk.answerAll(...asked),
      showAsk: (ask, to) => showAsk(ask, to, chat),
      showAsks: (asks, to) => showAsks(asks, to, chat),
      began: (session, by) => {
        intake.began(session, by.locale)
        warmUp.began(session, by)
      },
      hear: (listener) => options.bus.subscribe(listener),
      keep: (effects) => keep(effects),
      hearKept(listener) {
        listeners.add(listener)
        return { [Symbol.dispose]: () => void listeners.delete(listener) }
      },
      panic: freezer,
      stopRun: (run, by) => stopRun(run, by, options),
      dropMachine: (id, by) => dropMachine(id, by, { ...options, outbox }),
      takeBranch: (...asked) => branches.take(...asked),
      line: (run) => dispatcher.places().get(run) ?? null,
      audit,
      admitAgain: () => dispatcher.look(),
      putUpBoard: (...wish) => outbox.putUpBoard(...wish),
    }),
  )
  const chat = options.chat(desk, features)
  const outbox = options.outbox({
    chat,
    bus: options.bus,
    signal,
    line: (run) => dispatcher.places().get(run) ?? null,
    questionOf: (run) => approvals.spotOf(run),
  })
  const owner = options.owners.user as PersonId | null
  const toTell = (): Promise<readonly PersonId[]> => ownersToTell({ ...options, chat })
  const lookedAgain = (): void => dispatcher.open()
  const copies = new AskCopies({
    ...options,
    chat,
    find: (token) => approvals.find(token),
    listed: (list) => approvals.listed(list),
  })
  const intake = new Intake({ ...options, copies, warmUp, desk, gate, features, chat, lookedAgain, outbox, owner })
  const approvals = new ApprovalDesk({
    ...options,
    timeoutMs: options.approvals.timeoutMs,
    chat,
    outbox,
    gate,
    runtimes,
    decided(ask) {
      outbox.look()
      copies.look(ask.token)
      if (ask.listed !== null) copies.look(ask.listed.list)
    },
  })
  const toolDesk = new ToolDesk({ ...options, gate, outbox, tools: () => features.tools })
  const transcriber = new Transcriber(options)
  const branches = new Branches({ ...options, outbox, keep })
  const machines = new MachineWatch({ ...options, outbox, moved: () => moved('machines') })
  let serving: Disposable | null = null
  const findings = new Findings({
    ...options,
    checks: [
      ...options.checks,
      { name: 'store', check: () => checkStore({ ...options, unkept: () => intake.unkept }) },
      { name: 'discord', check: checkChat },
      { name: 'panic', atOnce: true, check: () => freezer.check() },
      { name: 'machines', check: () => machines.check() },
    ],
    posts: [ownersIn(chat, toTell), ...(options.alertsChannel === null ? [] : [alertsIn(options.alertsChannel)])].map(
      (audience) => new FindingPost({ ...options, outbox, audience }),
    ),
  })
  logOutcomes(options)
  dispatcher.onMove(() => outbox.look())

  async function keep(effects: readonly Effect[]): Promise<boolean> {
    if (!(await retry(options, 'letters', () => vault.letters.keep(effects)))) return false
    options.checkpoint('effects-kept')
    for (const listener of listeners) listener()
    await sayEffects(effects, outbox, options)
    return true
  }

  async function audit(key: string, text: (locale: Locale) => string): Promise<void> {
    const id = options.approvals.auditChannel as PlaceId | null
    if (id === null) return
    const place = { kind: 'channel', id, guild: '' } as const
    await outbox.say({ key, place, text: text(options.locale), replyTo: null, mention: null })
  }

  async function start(): Promise<void> {
    const { gitTokens, lendsTo } = options
    const lending = { gitTokens, lendsTo, identities: vault.identities }
    serving = answerMachines({ ...options, gate, features, branches, lending })
    await freezer.resume()
    await features.start()
    transcriber.wake()
    branches.wake()
    background(branches.renew(), log, 'branches.renew')
    await approvals.resume()
    await copies.resume()
    await toolDesk.resume()
    await words.resume()
    await expiry.sweep()
    // What waited may have been edited or taken back while nobody listened. Discord is asked first, but not for long.
    clock.after(options.timings.lookWithinMs, () => dispatcher.open())
    await intake.resume()
    checkpoint('opening')
    await chat.open(intake)
    outbox.look()
    background(warmUp.resume(), log, 'agent.resume')
    markAlive({ ...options, chat })
    findings.start()
    machines.start()
    background(watchStore({ ...options, chat, owners: toTell }), log, 'store.watch')
  }

  async function checkChat(): Promise<readonly Finding[]> {
    const places = (await vault.liveSessions()).map(({ place }) => place)
    return chat.check({
      owners: options.owners,
      auditChannel: options.approvals.auditChannel,
      alertsChannel: options.alertsChannel,
      places,
    })
  }

  function moved(check = 'panic'): void {
    dispatcher.look()
    background(findings.look(check), log, 'findings.look')
  }

  async function stopAll(): Promise<readonly RunId[]> {
    const runs = (await journal.open()).filter(({ state }) => isLive(state)).map(({ run }) => run)
    await Promise.all(runs.map((run) => stopRun(run, null, options)))
    return runs
  }

  async function lastWords(runs: readonly RunId[]): Promise<void> {
    await Promise.all([outbox.settles(runs, lastWordsMs), approvals.settles(lastWordsMs)])
  }

  async function disconnect(): Promise<void> {
    await chat.close()
    await intake.close()
  }

  async function close(): Promise<void> {
    serving?.[Symbol.dispose]()
    expiry.close()
    await Promise.all([machines.close(), dispatcher.close(), words.close()])
    await approvals.close()
    await toolDesk.close()
    await outbox.close()
    await Promise.all([transcriber.close(), branches.close()])
  }

  return {
    desk,
    features,
    gate,
    health,
    dial: () => chat.dial(),
    open: () => outbox.resume(),
    start,
    hold: () => dispatcher.hold(),
    stopAll,
    lastWords,
    disconnect,
    close,
  }
}
