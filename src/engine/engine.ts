import type { Caps } from '../core/admission.ts'
import type { Attachments } from '../core/attachment.ts'
import type { Chat } from '../core/chat.ts'
import type { Checkpoint } from '../core/checkpoint.ts'
import type { Clock } from '../core/clock.ts'
import type { Desk } from '../core/desk.ts'
import type { Doors } from '../core/doors.ts'
import { messageOf } from '../core/failure.ts'
import { Features, type Feature } from '../core/feature.ts'
import type { Health, StoreTrouble } from '../core/health.ts'
import type { Arrivals } from '../core/inbox.ts'
import type { Ids, PersonId } from '../core/ids.ts'
import type { Journal, Wake } from '../core/journal.ts'
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
import { Approvals } from './approvals.ts'
import { EventBus } from './bus.ts'
import { EngineDesk } from './desk.ts'
import { Dispatcher } from './dispatcher.ts'
import { Expiry } from './expiry.ts'
import { EngineGate } from './gate.ts'
import { GroupCommit } from './group-commit.ts'
import { examine, type Vitals } from './health.ts'
import { Intake } from './intake.ts'
import { showAsk } from './answering.ts'
import { stopRun } from './stopping.ts'
import { watchStore } from './store-watch.ts'
import { Transcriber } from './transcriber.ts'
import { UnheardWords } from './unheard.ts'
import { Worker } from './worker.ts'

/** How often the mark is renewed from which "I was away for …" counts. */
const aliveEveryMs = 20_000

/** How long the last words about ended runs may take before the bot goes all the same. */
const lastWordsMs = 5_000

export interface EngineOptions {
  readonly journal: Journal
  readonly wake: Wake
  readonly vault: Vault
  readonly arrivals: Arrivals
  /** Why the store takes nothing; null: it does. */
  storeTrouble(): StoreTrouble | null
  readonly attachments: Attachments
  readonly transcripts: Transcripts
  readonly runtimes: readonly Runtime[]
  readonly workspaces: Workspaces
  readonly skills: Skills
  readonly features: (doors: Omit<Doors, 'home'>) => readonly Feature[]
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
  /** OMC_QUEUE_STALE_MS */
  readonly queueStaleMs: number
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
  readonly checkpoint: Checkpoint
  readonly vitals: Vitals
  readonly timings: Timings
  /** For people whose language is not known. */
  readonly locale: Locale
}

export interface Engine {
  readonly desk: Desk
  readonly features: Features
  health(): Promise<Health>
  /**
   * Takes up what an earlier life left, then connects. Resolves when it is connected; the agents are conducted before
   * that already, and without it.
   */
  start(): Promise<void>
  /** Lets go in order: hears no more, finishes writing, leaves the agents working or ends them. Idempotent. */
  stop(agents: 'leave' | 'end'): Promise<void>
}

/** Puts the engine together. */
export function createEngine(options: EngineOptions): Engine {
  const { journal, vault, clock, log, checkpoint } = options
  const letGo = new AbortController()
  const { signal } = letGo
  const bus = new EventBus({ ...options, signal })
  const runtimes = new Map(options.runtimes.map((runtime) => [runtime.name, runtime]))
  const startedAt = clock.now()
  const health = (): Promise<Health> =>
    examine({
      ...options,
      chat,
      closedMessages: () => outbox.closed,
      startedAt,
      unkept: () => intake.unkept,
    })
  const gate = new EngineGate({ ...options, people: () => chat, rights: () => features.rights })
  const dispatcher = new Dispatcher({ ...options, bus, signal })
  const texts = new GroupCommit(clock, options.timings.textEveryMs)
  const worker = new Worker({ ...options, gate, runtimes, bus, signal, texts })
  const expiry = new Expiry({ ...options, bus, signal })
  const desk = new EngineDesk({
    ...options,
    gate,
    dispatcher,
    bus,
    signal,
    approvals: () => approvals,
  })
  const words = new UnheardWords({ ...options, bus, signal, ask: (request) => desk.ask(request) })
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
      began: (session, by) => intake.began(session, by.locale),
      stopRun: (run, by) => stopRun(run, by, { ...options, signal }),
      line: (run) => dispatcher.places().get(run) ?? null,
      putUpBoard: (...wish) => outbox.putUpBoard(...wish),
    }),
  )
  const chat = options.chat(desk, features)
  const outbox = options.outbox({
    chat,
    bus,
    signal,
    line: (run) => dispatcher.places().get(run) ?? null,
    questionOf: (run) => approvals.spotOf(run),
  })
  const lookedAgain = (): void => dispatcher.open()
  const intake = new Intake({ ...options, desk, features, chat, signal, lookedAgain, outbox })
  const approvals = new Approvals({
    ...options,
    timeoutMs: options.approvals.timeoutMs,
    chat,
    outbox,
    gate,
    bus,
    runtimes,
    signal,
    moved: () => outbox.look(),
  })
  const transcriber = new Transcriber({ ...options, bus, signal })
  dispatcher.onMove(() => outbox.look())
  let stopping: Promise<void> | null = null

  async function start(): Promise<void> {
    await bus.open()
    await outbox.resume()
    await worker.recover()
    await features.start()
    transcriber.wake()
    await approvals.resume()
    await words.resume()
    await expiry.sweep()
    // What waited may have been edited or taken back while nobody listened. Discord is asked first, but not for long.
    clock.after(options.timings.lookWithinMs, () => dispatcher.open())
    await intake.resume()
    await chat.open(intake)
    outbox.look()
    beAlive()
    const owner = options.owners.user as PersonId | null
    background(watchStore({ ...options, chat, owner, signal }), log, 'store.watch')
  }

  function beAlive(): void {
    if (signal.aborted) return
    if (chat.state().state === 'ready') {
      vault.alive(clock.now()).catch((error: unknown) => log.warn({ error: messageOf(error) }, 'store.failed'))
    }
    clock.after(aliveEveryMs, beAlive)
  }

  async function stop(agents: 'leave' | 'end'): Promise<void> {
    dispatcher.hold()
    if (agents === 'end') await endRuns()
    await chat.close()
    await intake.close()
    letGo.abort()
    expiry.close()
    await Promise.all(options.runtimes.map((runtime) => runtime.close(agents)))
    await Promise.all([dispatcher.close(), worker.close(), words.close()])
    await approvals.close()
    await outbox.close()
    await transcriber.close()
    await bus.close()
  }

  /** Ends what runs, on record and in people's sight, so that the next life does not take it up again. */
  async function endRuns(): Promise<void> {
    const runs = (await journal.open()).filter(({ state }) => isLive(state)).map(({ run }) => run)
    await Promise.all(runs.map((run) => stopRun(run, null, { journal, clock, log, signal, checkpoint })))
    await bus.idle()
    await worker.ended(runs)
    await bus.idle()
    await Promise.all([outbox.settles(runs, lastWordsMs), approvals.settles(lastWordsMs)])
  }

  return { desk, features, health, start, stop: (agents) => (stopping ??= stop(agents)) }
}
