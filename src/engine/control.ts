import type { AgentBoxes } from '../core/agent-box.ts'
import type { Caps } from '../core/admission.ts'
import type { Attachments } from '../core/attachment.ts'
import type { LetterRules } from '../core/chain.ts'
import type { Chat } from '../core/chat.ts'
import type { Checkpoint } from '../core/checkpoint.ts'
import type { Clock } from '../core/clock.ts'
import type { Desk } from '../core/desk.ts'
import type { Doors } from '../core/doors.ts'
import type { Egress } from '../core/egress.ts'
import type { Effect } from '../core/effect.ts'
import { messageOf } from '../core/failure.ts'
import { Features, type Feature } from '../core/feature.ts'
import type { Finding, Found, NamedCheck } from '../core/finding.ts'
import type { Health, StoreTrouble } from '../core/health.ts'
import type { Arrivals } from '../core/inbox.ts'
import type { Ids, PersonId, PlaceId, RunId } from '../core/ids.ts'
import type { Journal } from '../core/journal.ts'
import { isLive } from '../core/lifecycle.ts'
import type { ChannelRules } from '../core/listening.ts'
import type { Log } from '../core/log.ts'
import type { Outbox, OutboxNeeds } from '../core/message.ts'
import type { Locale } from '../core/person.ts'
import type { Catalogue } from '../core/phrases.ts'
import type { Owners } from '../core/policy.ts'
import type { Runtime } from '../core/runtime.ts'
import type { Skills } from '../core/skill.ts'
import type { Timings } from '../core/timings.ts'
import type { Transcripts } from '../core/transcript.ts'
import type { Vault } from '../core/vault.ts'
import type { Workspaces } from '../core/workspace.ts'
import { background } from '../system/background.ts'
import { ApprovalDesk } from './approvals.ts'
import { Branches } from './branches.ts'
import { retry } from '../system/back-off.ts'
import type { EventBus } from './bus.ts'
import { sayEffects } from './effects.ts'
import { EngineDesk } from './desk.ts'
import { Dispatcher } from './dispatcher.ts'
import { Expiry } from './expiry.ts'
import type { Gate } from '../core/gate.ts'
import { EngineGate } from './gate.ts'
import { Findings } from './findings.ts'
import { checkStore, examine, type Vitals } from './health.ts'
import { Intake } from './intake.ts'
import { logOutcomes } from './outcome-log.ts'
import { showAsk } from './answering.ts'
import { stopRun } from './stopping.ts'
import { watchStore } from './store-watch.ts'
import { ToolDesk } from './tools.ts'
import { Transcriber } from './transcriber.ts'
import { UnheardWords } from './unheard.ts'
import { WarmUp } from './warm-up.ts'

/** How often the mark is renewed from which "I was away for …" counts. */
const aliveEveryMs = 20_000

/** How long the last words about ended runs may take before the bot goes all the same. */
const lastWordsMs = 5_000

export interface ControlOptions {
  readonly journal: Journal
  readonly bus: EventBus
  /** Fires when everything lets go. */
  readonly signal: AbortSignal
  readonly vault: Vault
  readonly arrivals: Arrivals
  /** Why the store takes nothing; null: it does. */
  storeTrouble(): StoreTrouble | null
  readonly attachments: Attachments
  readonly transcripts: Transcripts
  readonly runtimes: readonly Runtime[]
  readonly workspaces: Workspaces
  /** The boxes' way out; null: nothing is boxed. */
  readonly egress: Egress | null
  readonly boxes: AgentBoxes
  readonly skills: Skills
  readonly features: (doors: Omit<Doors, 'home' | 'prices'>) => readonly Feature[]
  /** Made with the desk and what people can do there. */
  readonly chat: (desk: Desk, features: Features) => Chat
  /** Made with the chat it speaks through. */
  readonly outbox: (needs: OutboxNeeds) => Outbox
  readonly catalogue: Catalogue
  readonly owners: Owners
  /** OMC_CHANNEL_OWNER_ONLY */
  readonly channelOwnerOnly: boolean
  readonly channel: ChannelRules
  readonly caps: Caps
  readonly approvals: {
    readonly timeoutMs: number
    readonly auditChannel: string | null
  }
  readonly letterRules: LetterRules
  /** OMC_QUEUE_STALE_MS */
  readonly queueStaleMs: number
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
  readonly checkpoint: Checkpoint
  readonly vitals: Vitals
  /** How the parts that are put together outside look at themselves. */
  readonly checks: readonly NamedCheck[]
  readonly timings: Timings
  /** For people whose language is not known. */
  readonly locale: Locale
}

/** What asks, admits and says: one side of the engine. It hears of what agents do by the bus alone. */
export interface Control {
  readonly desk: Desk
  readonly features: Features
  /** Who people are now. */
  readonly gate: Gate
  health(): Promise<Health>
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
  const { journal, vault, clock, log, signal } = options
  const runtimes = new Map(options.runtimes.map((runtime) => [runtime.name, runtime]))
  const startedAt = clock.now()
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
  const expiry = new Expiry(options)
  const desk = new EngineDesk({
    ...options,
    gate,
    dispatcher,
    approvals: () => approvals,
  })
  const warmUp = new WarmUp({ ...options, gate, runtimes })
  const words = new UnheardWords({ ...options, ask: (request) => desk.ask(request) })
  const features: Features = new Features(
    options.features({
      ...options,
      gate,
      runtimes,
      health,
      features: () => features,
      ask: (request) => desk.ask(request),
      stop: (...asked) => desk.stop(...asked),
      stopByButton: (...asked) => desk.stopRun(...asked),
      steer: (...asked) => desk.steer(...asked),
      approval: (...asked) => desk.approval(...asked),
      answer: (...asked) => desk.answer(...asked),
      showAsk: (ask, to) => showAsk(ask, to, chat),
      began: (session, by) => {
        intake.began(session, by.locale)
        warmUp.began(session, by)
      },
      async ended({ id }) {
        await options.egress?.close(id)
        await options.boxes.remove(id)
      },
      hear: (listener) => options.bus.subscribe(listener),
      keep: (effects) => keep(effects),
      stopRun: (run, by) => stopRun(run, by, options),
      line: (run) => dispatcher.places().get(run) ?? null,
      audit,
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
  const lookedAgain = (): void => dispatcher.open()
  const intake = new Intake({ ...options, warmUp, desk, gate, features, chat, lookedAgain, outbox, owner })
  const approvals = new ApprovalDesk({
    ...options,
    timeoutMs: options.approvals.timeoutMs,
    chat,
    outbox,
    gate,
    runtimes,
    moved: () => outbox.look(),
  })
  const toolDesk = new ToolDesk({ ...options, gate, outbox, tools: () => features.tools })
  const transcriber = new Transcriber(options)
  const branches = new Branches({ ...options, outbox })
  const findings = new Findings({
    ...options,
    checks: [
      ...options.checks,
      { name: 'store', check: () => checkStore({ ...options, unkept: () => intake.unkept }) },
      { name: 'discord', check: checkChat },
    ],
    tell: tellOwner,
  })
  logOutcomes(options)
  dispatcher.onMove(() => outbox.look())

  async function keep(effects: readonly Effect[]): Promise<boolean> {
    if (!(await retry(options, 'letters', () => vault.letters.keep(effects)))) return false
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
    await features.start()
    transcriber.wake()
    branches.wake()
    background(branches.renew(), log, 'branches.renew')
    await approvals.resume()
    await toolDesk.resume()
    await words.resume()
    await expiry.sweep()
    // What waited may have been edited or taken back while nobody listened. Discord is asked first, but not for long.
    clock.after(options.timings.lookWithinMs, () => dispatcher.open())
    await intake.resume()
    await chat.open(intake)
    outbox.look()
    beAlive()
    findings.start()
    background(watchStore({ ...options, chat, owner }), log, 'store.watch')
  }

  function beAlive(): void {
    if (signal.aborted) return
    if (chat.state().state === 'ready') {
      vault.alive(clock.now()).catch((error: unknown) => log.warn({ error: messageOf(error) }, 'store.failed'))
    }
    clock.after(aliveEveryMs, beAlive)
  }

  async function checkChat(): Promise<readonly Finding[]> {
    const places = (await vault.liveSessions()).map(({ place }) => place)
    return chat.check({ owners: options.owners, auditChannel: options.approvals.auditChannel, places })
  }

  /** Once a day, whatever dies. Trouble of the store has its own watch: it cannot be kept there to be said. */
  async function tellOwner(found: Found): Promise<void> {
    const owner = options.owners.user as PersonId | null
    if (owner === null || found.id === 'store') return
    const place = await chat.dm(owner)
    if (place === null) return
    const day = new Date(clock.now()).toISOString().slice(0, 10)
    const text = options.catalogue[options.locale].inbox.nobodyCan(found)
    await outbox.say({ key: `finding:${found.id}:${day}`, place, text, replyTo: null, mention: null })
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
    expiry.close()
    await Promise.all([dispatcher.close(), words.close()])
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
    open: () => outbox.resume(),
    start,
    hold: () => dispatcher.hold(),
    stopAll,
    lastWords,
    disconnect,
    close,
  }
}
