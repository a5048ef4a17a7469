import type { Caps } from '../core/admission.ts'
import type { Attachments } from '../core/attachment.ts'
import type { Chat } from '../core/chat.ts'
import type { Checkpoint } from '../core/checkpoint.ts'
import type { Clock } from '../core/clock.ts'
import type { Desk } from '../core/desk.ts'
import type { Doors } from '../core/doors.ts'
import { messageOf } from '../core/failure.ts'
import { Features, type Feature } from '../core/feature.ts'
import type { Health } from '../core/health.ts'
import type { PersonId, PlaceId } from '../core/ids.ts'
import type { Ids } from '../core/ids.ts'
import type { Journal } from '../core/journal.ts'
import type { ChannelRules } from '../core/listening.ts'
import type { Log } from '../core/log.ts'
import type { Locale } from '../core/person.ts'
import type { Catalogue } from '../core/phrases.ts'
import type { Owners } from '../core/policy.ts'
import type { Runtime } from '../core/runtime.ts'
import type { Skills } from '../core/skill.ts'
import type { Timings } from '../core/timings.ts'
import type { Transcripts } from '../core/transcript.ts'
import type { Vault } from '../core/vault.ts'
import type { Workspaces } from '../core/workspace.ts'
import { Approvals } from './approvals.ts'
import { WallboardKeeper } from './wallboard.ts'
import { Delivery } from './delivery.ts'
import { EngineDesk } from './desk.ts'
import type { Steering } from './conductor.ts'
import { Dispatcher } from './dispatcher.ts'
import { Expiry } from './expiry.ts'
import { Feed } from './feed.ts'
import { EngineGate } from './gate.ts'
import { examine, type Vitals } from './health.ts'
import { Intake } from './intake.ts'
import { recover } from './recovery.ts'
import { Transcriber } from './transcriber.ts'

/** How often the mark is renewed from which "I was away for …" counts. */
const aliveEveryMs = 20_000

/** How long the last words about ended runs may take before the bot goes all the same. */
const lastWordsMs = 5_000

export interface EngineOptions {
  readonly journal: Journal
  readonly vault: Vault
  readonly attachments: Attachments
  readonly transcripts: Transcripts
  readonly runtimes: readonly Runtime[]
  readonly workspaces: Workspaces
  readonly skills: Skills
  readonly features: (doors: Doors) => readonly Feature[]
  /** Made with the desk and what people can do there. */
  readonly chat: (desk: Desk, features: Features) => Chat
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
  const { journal, vault, clock, log } = options
  const letGo = new AbortController()
  const { signal } = letGo
  const feed = new Feed()
  const runtimes = new Map(options.runtimes.map((runtime) => [runtime.name, runtime]))
  const startedAt = clock.now()
  const health = (): Promise<Health> =>
    examine({ journal, vault, chat, runtimes: options.runtimes, clock, vitals: options.vitals, startedAt })
  const gate = new EngineGate({ ...options, rights: () => features.rights })
  const dispatcher = new Dispatcher({
    ...options,
    gate,
    runtimes,
    feed,
    signal,
    approve: (turn, approval) => approvals.approve(turn, approval),
    unheard,
  })
  const expiry = new Expiry({ ...options, dispatcher, feed, signal })
  const desk = new EngineDesk({
    ...options,
    gate,
    runtimes,
    dispatcher,
    feed,
    rights: () => features.rights,
    approvals: () => approvals,
    boards: () => boards,
    began: (session, by) => intake.began(session, by.locale),
  })
  const features = new Features(options.features({ gate, clock, health }))
  const chat = options.chat(desk, features)
  const boards = new WallboardKeeper({ ...options, chat, feed, signal })
  const intake = new Intake({ ...options, desk, chat, signal, lookedAgain: () => dispatcher.open(), boards })
  const approvals = new Approvals({
    ...options,
    timeoutMs: options.approvals.timeoutMs,
    owner: options.owners.user as PersonId | null,
    auditChannel: options.approvals.auditChannel as PlaceId | null,
    chat,
    gate,
    feed,
    runtimes,
    signal,
    conducted: (run) => dispatcher.conductorFor(run),
    moved: () => delivery.look(),
  })
  const delivery = new Delivery({
    ...options,
    chat,
    feed,
    signal,
    line: (run) => dispatcher.places().get(run) ?? null,
    questionOf: (run) => approvals.spotOf(run),
  })
  const transcriber = new Transcriber({ ...options, feed, signal })
  dispatcher.onMove(() => delivery.look())
  let stopping: Promise<void> | null = null

  /** A word to a turn that ended before its CLI had heard it. */
  async function unheard({ steer: { key, text }, speaker, place }: Steering): Promise<void> {
    const asked = await desk.ask({ key, place, speaker, text, message: null })
    log.info({ key, kind: asked.kind }, 'steer.became-prompt')
  }

  async function start(): Promise<void> {
    await delivery.resume()
    await recover({ journal, vault, runtimes: options.runtimes, dispatcher, log })
    await desk.tidyUp()
    transcriber.wake()
    await approvals.resume()
    await expiry.sweep()
    // What waited may have been edited or taken back while nobody listened. Discord is asked first, but not for long.
    clock.after(options.timings.lookWithinMs, () => dispatcher.open())
    await chat.open(intake)
    boards.look()
    beAlive()
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
    await intake.idle()
    letGo.abort()
    expiry.close()
    await Promise.all(options.runtimes.map((runtime) => runtime.close(agents)))
    await dispatcher.close()
    await approvals.close()
    await Promise.all([delivery.close(), boards.close()])
    await transcriber.close()
  }

  /** Ends what runs, on record and in people's sight, so that the next life does not take it up again. */
  async function endRuns(): Promise<void> {
    const conductors = (await journal.open()).flatMap(({ run }) => dispatcher.conductorOf(run) ?? [])
    await Promise.all(conductors.map((conductor) => conductor.stop(null)))
    await Promise.all(conductors.map((conductor) => conductor.done))
    await Promise.all([
      delivery.settles(
        conductors.map(({ turn }) => turn.run),
        lastWordsMs,
      ),
      approvals.settles(lastWordsMs),
    ])
  }

  return { desk, features, health, start, stop: (agents) => (stopping ??= stop(agents)) }
}
