import { messageOf } from '../core/failure.ts'
import type { Clock } from '../core/clock.ts'
import type { WorkerId } from '../core/ids.ts'
import type { Log } from '../core/log.ts'
import type { Runtime } from '../core/runtime.ts'
import type { Timings } from '../core/timings.ts'
import type { Vault } from '../core/vault.ts'
import { background } from '../system/background.ts'
import { freeMemory } from '../system/host.ts'
import type { Vitals } from './health.ts'

export interface MachinePulseTools {
  readonly id: WorkerId
  readonly vault: Pick<Vault, 'machines'>
  readonly runtimes: readonly Runtime[]
  readonly vitals: Pick<Vitals, 'rssBytes' | 'cpuShare'>
  readonly clock: Clock
  readonly log: Log
  readonly timings: Pick<Timings, 'vitalsEveryMs'>
}

/** Has a machine say again and again what its process takes. What cannot be kept is said the next time. */
export class MachinePulse {
  readonly #tools: MachinePulseTools
  #timer: Disposable | null = null

  constructor(tools: MachinePulseTools) {
    this.#tools = tools
  }

  start(): void {
    const { clock, timings, log } = this.#tools
    background(this.#tell(), log, 'machine.vitals')
    this.#timer = clock.after(timings.vitalsEveryMs, () => this.start())
  }

  close(): void {
    this.#timer?.[Symbol.dispose]()
  }

  async #tell(): Promise<void> {
    const { id, vault, runtimes, vitals, log } = this.#tools
    const told = vault.machines.tell(id, {
      cpuShare: vitals.cpuShare(),
      rssBytes: vitals.rssBytes(),
      cliProcessCount: runtimes.reduce((sum, runtime) => sum + runtime.processes().length, 0),
      freeMemoryBytes: freeMemory(),
    })
    await told.catch((error: unknown) => log.debug({ error: messageOf(error) }, 'machine.vitals-unkept'))
  }
}
