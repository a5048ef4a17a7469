import type { EpochMs } from '../core/clock.ts'
import { messageOf } from '../core/failure.ts'
import type { Finding } from '../core/finding.ts'
import type { WorkerId } from '../core/ids.ts'
import type { Journal } from '../core/journal.ts'
import { isLive } from '../core/lifecycle.ts'
import type { Machine } from '../core/machine.ts'
import type { Outbox } from '../core/message.ts'
import type { Locale } from '../core/person.ts'
import type { Catalogue } from '../core/phrases.ts'
import type { Timings } from '../core/timings.ts'
import type { Vault } from '../core/vault.ts'
import type { RetryTools } from '../system/back-off.ts'
import { Rounds } from '../system/rounds.ts'

export interface MachineWatchTools extends RetryTools {
  readonly vault: Pick<Vault, 'machines'>
  readonly journal: Pick<Journal, 'open'>
  readonly outbox: Pick<Outbox, 'say'>
  readonly catalogue: Catalogue
  readonly locale: Locale
  readonly timings: Pick<Timings, 'machinesEveryMs' | 'machineAwayAfterMs'>
  /** What may begin has changed, or what is found. */
  moved(): void
}

/**
 * Looks whether the machines are there. One that is away is nobody's to replace: what it is at work on waits for its next
 * life, and whoever waits for it is told, once for each run.
 */
export class MachineWatch {
  readonly #tools: MachineWatchTools
  readonly #rounds: Rounds
  readonly #awaySince = new Map<WorkerId, EpochMs>()
  #before = ''
  #timer: Disposable | null = null

  constructor(tools: MachineWatchTools) {
    this.#tools = tools
    this.#rounds = new Rounds({ ...tools, name: 'machines', work: () => this.#look() })
  }

  start(): void {
    this.#rounds.wake()
    this.#timer = this.#tools.clock.after(this.#tools.timings.machinesEveryMs, () => this.start())
  }

  async close(): Promise<void> {
    this.#timer?.[Symbol.dispose]()
    await this.#rounds.idle()
  }

  /** How the machines are, for whoever looks at how everything is. */
  async check(): Promise<readonly Finding[]> {
    const machines = await this.#tools.vault.machines.all()
    return machines.map((machine): Finding => {
      const id = `machine.${machine.id}`
      if (!this.#isAway(machine)) return { id, level: 'ok', text: `The machine ${machine.id} is there.`, mend: null }
      const mend = `Start it again; what is at work there goes on then. /worker drop gives up one that is gone for good.`
      return { id, level: 'error', text: `The machine ${machine.id} (${machine.host}) does not answer.`, mend }
    })
  }

  /** One that is only being restarted is nobody's news. */
  #isAway({ id, isHere }: Machine): boolean {
    const { clock, timings } = this.#tools
    const since = this.#awaySince.get(id)
    return !isHere && since !== undefined && clock.now() - since >= timings.machineAwayAfterMs
  }

  async #look(): Promise<void> {
    const { vault, clock, log } = this.#tools
    const machines = await vault.machines.all()
    for (const { id, isHere } of machines) {
      if (isHere && this.#awaySince.delete(id)) log.info({ machine: id }, 'machine.back')
      if (isHere || this.#awaySince.has(id)) continue
      this.#awaySince.set(id, clock.now())
      log.warn({ machine: id }, 'machine.away')
    }
    const away = machines.filter((each) => this.#isAway(each))
    const now = JSON.stringify(machines.map((each) => [each.id, each.isHere, each.isDraining, this.#isAway(each)]))
    if (now !== this.#before) this.#tools.moved()
    this.#before = now
    if (away.length > 0) await this.#tell(new Set(away.map(({ id }) => id)))
  }

  async #tell(away: ReadonlySet<WorkerId>): Promise<void> {
    const { journal, outbox, catalogue, locale, log } = this.#tools
    for (const { run, worker, state, prompt } of await journal.open()) {
      if (worker === null || !away.has(worker) || !isLive(state)) continue
      const text = (catalogue[prompt.speaker.locale] ?? catalogue[locale]).machineAway(worker)
      const note = { key: `machine-away:${run}`, place: prompt.place, text, replyTo: prompt.message, mention: null }
      await outbox.say(note).catch((error: unknown) => log.warn({ run, error: messageOf(error) }, 'machine.untold'))
    }
  }
}
