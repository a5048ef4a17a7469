import type { Desk } from '../core/desk.ts'
import type { Egress } from '../core/egress.ts'
import type { Entry } from '../core/event.ts'
import type { Features } from '../core/feature.ts'
import type { Health } from '../core/health.ts'
import type { Wake } from '../core/journal.ts'
import type { LoginWatch } from '../core/login-watch.ts'
import { EventBus } from './bus.ts'
import type { ControlOptions } from './control-options.ts'
import { createControl, type Control } from './control.ts'
import { HostQuestions } from './host-questions.ts'
import { GitTokens } from './git-tokens.ts'
import { GroupCommit } from './group-commit.ts'
import { signatureFor } from './signature.ts'
import { Worker } from './worker.ts'

export interface EngineOptions extends Omit<ControlOptions, 'bus' | 'signal' | 'gitTokens'> {
  /** The boxes' way out; null: nothing is boxed. */
  readonly egress: Egress | null
  readonly wake: Wake
  readonly logins: LoginWatch
}

export interface Engine {
  readonly desk: Desk
  readonly features: Features
  health(): Promise<Health>
  /** Told of everything that comes into the journal from now on. */
  hear(listener: (entry: Entry) => void): Disposable
  /** Begins to connect, so that it stands by the time the start has come to it. Call when the data folder is ours. */
  dial(): void
  /**
   * Takes up what an earlier life left, then connects. Resolves when it is connected; the agents are conducted before
   * that already, and without it.
   */
  start(): Promise<void>
  /** Lets go in order: hears no more, finishes writing, leaves the agents working or ends them. Idempotent. */
  stop(agents: 'leave' | 'end'): Promise<void>
}

/**
 * Puts the engine together of its two sides: control, which people deal with, and the worker, which leads the agents.
 * They talk by the journal and the bus; beside these the worker has only the gate, which knows who people are now.
 */
export function createEngine(options: EngineOptions): Engine {
  const letGo = new AbortController()
  const { signal } = letGo
  const bus = new EventBus({ ...options, signal })
  const gitTokens = new GitTokens({ ...options, gate: { speakerNow: (...asked) => control.gate.speakerNow(...asked) } })
  const control: Control = createControl({ ...options, bus, signal, gitTokens })
  const runtimes = new Map(options.runtimes.map((runtime) => [runtime.name, runtime]))
  const texts = new GroupCommit(options.clock, options.timings.textEveryMs)
  const worker = options.agentsHere
    ? new Worker({
        ...options,
        workspaces: options.workspaces(null),
        as: null,
        gate: control.gate,
        signature: (prompt, coAuthors) => signatureFor(prompt, coAuthors, options.vault.identities),
        runtimes,
        bus,
        signal,
        texts,
      })
    : null
  const { egress } = options
  const hosts = egress === null ? null : new HostQuestions({ ...options, egress, bus, signal })
  let stopping: Promise<void> | null = null

  async function start(): Promise<void> {
    await bus.open()
    await control.open()
    await worker?.recover()
    hosts?.start()
    if (egress !== null) gitTokens.start(egress)
    await control.start()
  }

  async function stop(agents: 'leave' | 'end'): Promise<void> {
    control.hold()
    if (agents === 'end') await endRuns()
    await control.disconnect()
    letGo.abort()
    hosts?.close()
    gitTokens.close()
    await Promise.all(options.runtimes.map((runtime) => runtime.close(agents)))
    await Promise.all([control.close(), worker?.close()])
    await bus.close()
  }

  /** Ends what runs, on record and in people's sight, so that the next life does not take it up again. */
  async function endRuns(): Promise<void> {
    const runs = await control.stopAll()
    await bus.idle()
    await worker?.ended(runs)
    await bus.idle()
    await control.lastWords(runs)
  }

  const { desk, features } = control
  return {
    desk,
    features,
    health: () => control.health(),
    hear: (listener) => bus.subscribe(listener),
    dial: () => control.dial(),
    start,
    stop: (agents) => (stopping ??= stop(agents)),
  }
}
