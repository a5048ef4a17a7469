import type { Clock } from '../core/clock.ts'
import type { Entry } from '../core/event.ts'
import { messageOf } from '../core/failure.ts'
import type { Seq, WorkerId } from '../core/ids.ts'
import type { Journal, Wake } from '../core/journal.ts'
import type { Log } from '../core/log.ts'
import { retry } from '../system/back-off.ts'
import { Rounds } from '../system/rounds.ts'

/** A wake that was lost is made good after this long. */
const lookEveryMs = 10_000
const atOnce = 500

export interface BusTools {
  /** Only what its own runs are about is told on a machine; left out: everything. */
  readonly of?: WorkerId
  readonly journal: Journal
  readonly wake: Wake
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
}

/**
 * How the parts of the engine talk: everything that comes into the journal is told to all who listen, after its commit,
 * once, in the journal's order, whoever wrote it. Nobody tells anybody anything beside it.
 */
export class EventBus {
  readonly #tools: BusTools
  readonly #listeners = new Set<(entry: Entry) => void>()
  #listening: Disposable | null = null
  #timer: Disposable | null = null
  #position: Seq = 0
  readonly #rounds: Rounds

  constructor(tools: BusTools) {
    this.#tools = tools
    this.#rounds = new Rounds({ ...tools, name: 'bus', work: () => this.#readAll() })
  }

  /** Listens to what is written from now on. Call before this life writes anything. */
  async open(): Promise<void> {
    const { journal, wake } = this.#tools
    this.#position = await retry(this.#tools, 'bus', () => journal.position())
    this.#listening = wake.subscribe(() => this.#look())
    this.#lookLater()
  }

  subscribe(listener: (entry: Entry) => void): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) }
  }

  /** Resolves when everything that is in the journal by now has been told. */
  async idle(): Promise<void> {
    this.#look()
    await this.#rounds.idle()
  }

  /** Tells nothing more, and resolves when nobody is being told. */
  async close(): Promise<void> {
    this.#listening?.[Symbol.dispose]()
    this.#timer?.[Symbol.dispose]()
    await this.#rounds.idle()
  }

  #look(): void {
    this.#rounds.wake()
  }

  #lookLater(): void {
    this.#timer = this.#tools.clock.after(lookEveryMs, () => {
      this.#look()
      this.#lookLater()
    })
  }

  async #readAll(): Promise<void> {
    while (await this.#read()) if (this.#tools.signal.aborted) return
  }

  /** Tells what is new. True: there may be more. */
  async #read(): Promise<boolean> {
    const { journal, of } = this.#tools
    // Before what is read, so that what is the others' is not walked through again the next time.
    const end = of === undefined ? 0 : await retry(this.#tools, 'bus', () => journal.position())
    const entries = await retry(this.#tools, 'bus', () => journal.after(this.#position, atOnce, of))
    for (const entry of entries) {
      this.#position = entry.seq
      for (const listener of this.#listeners) this.#tell(listener, entry)
    }
    if (entries.length === atOnce) return true
    this.#position = Math.max(this.#position, end)
    return false
  }

  /** One who fails must not keep the others from hearing it. */
  #tell(listener: (entry: Entry) => void, entry: Entry): void {
    try {
      listener(entry)
    } catch (error) {
      this.#tools.log.error({ run: entry.run, event: entry.event.type, error: messageOf(error) }, 'bus.listener-failed')
    }
  }
}
