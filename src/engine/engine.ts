import type { Caps } from '../core/admission.ts'
import type { Chat } from '../core/chat.ts'
import type { Checkpoint } from '../core/checkpoint.ts'
import type { Clock } from '../core/clock.ts'
import type { Desk } from '../core/desk.ts'
import { messageOf } from '../core/failure.ts'
import type { Health } from '../core/health.ts'
import type { Ids } from '../core/ids.ts'
import type { Journal } from '../core/journal.ts'
import type { Log } from '../core/log.ts'
import type { Locale } from '../core/person.ts'
import type { Catalogue } from '../core/phrases.ts'
import type { Owners } from '../core/policy.ts'
import type { Runtime } from '../core/runtime.ts'
import type { Transcripts } from '../core/transcript.ts'
import type { Vault } from '../core/vault.ts'
import type { Workspaces } from '../core/workspace.ts'
import { denyUnasked } from './approvals.ts'
import { Delivery } from './delivery.ts'
import { EngineDesk } from './desk.ts'
import { Dispatcher } from './dispatcher.ts'
import { Feed } from './feed.ts'
import { Gate } from './gate.ts'
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
  readonly transcripts: Transcripts
  readonly runtimes: readonly Runtime[]
  readonly workspaces: Workspaces
  /** Made with the desk, because its commands use it. */
  readonly chat: (desk: Desk) => Chat
  readonly catalogue: Catalogue
  readonly owners: Owners
  /** OMC_CHANNEL_OWNER_ONLY */
  readonly channelOwnerOnly: boolean
  readonly caps: Caps
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
  readonly checkpoint: Checkpoint
  readonly vitals: Vitals
  /** For people whose language is not known. */
  readonly locale: Locale
}

export interface Engine {
  readonly desk: Desk
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
  const dispatcher = new Dispatcher({ ...options, runtimes, feed, signal, approve: denyUnasked })
  const gate = new Gate(options)
  const desk = new EngineDesk({ ...options, gate, runtimes, dispatcher, feed, health })
  const chat = options.chat(desk)
  const intake = new Intake({ ...options, desk, chat, signal })
  const delivery = new Delivery({ ...options, chat, feed, signal, line: (run) => dispatcher.places().get(run) ?? null })
  const transcriber = new Transcriber({ ...options, feed, signal })
  dispatcher.onMove(() => delivery.look())
  let stopping: Promise<void> | null = null

  async function start(): Promise<void> {
    await delivery.resume()
    await recover({ journal, vault, runtimes: options.runtimes, dispatcher, log })
    await desk.tidyUp()
    transcriber.wake()
    dispatcher.wake()
    await chat.open(intake)
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
    await Promise.all(options.runtimes.map((runtime) => runtime.close(agents)))
    await dispatcher.close()
    await delivery.close()
    await transcriber.close()
  }

  /** Ends what runs, on record and in people's sight, so that the next life does not take it up again. */
  async function endRuns(): Promise<void> {
    const conductors = (await journal.open()).flatMap(({ run }) => dispatcher.conductorOf(run) ?? [])
    await Promise.all(conductors.map((conductor) => conductor.stop(null)))
    await Promise.all(conductors.map((conductor) => conductor.done))
    await delivery.settles(
      conductors.map(({ turn }) => turn.run),
      lastWordsMs,
    )
  }

  return { desk, health, start, stop: (agents) => (stopping ??= stop(agents)) }
}
