import type { Clock } from '../../core/clock.ts'

/** How long a turn may go without …, in ms. */
export interface TurnLimits {
  /** … its first word while no CPU is used: on a busy machine a CLI takes long to come up. */
  readonly firstEventMs: number
  /** … any output while no CPU is used. */
  readonly silenceMs: number
  /** … its end. OMC_MAX_TURN_MS */
  readonly turnMs: number
}

/** CPU ticks per second below which a process counts as doing nothing: an idle CLI uses about 1 (claude-cli.md §2). */
const idleTicksPerSecond = 3

/** Whether a process worked for that long, by its CPU time before and after; false where nobody can tell. */
export function hasWorked(before: number | null, after: number | null, ms: number): boolean {
  return before !== null && after !== null && after - before > (ms / 1000) * idleTicksPerSecond
}

/**
 * Watches over one turn, and says once, in seconds, after how long it was given up. A turn that waits for a person
 * is not silent. Whoever makes one disposes of it.
 */
export class Deadlines implements Disposable {
  readonly #clock: Clock
  readonly #limits: TurnLimits
  readonly #ticks: () => Promise<number | null>
  readonly #giveUp: (seconds: number) => void
  readonly #turn: Disposable
  #quiet: Disposable
  #isOver = false
  /** Grows with every word: what began before the last one has nothing to say any more. */
  #words = 0

  /** `ticks`: CPU time that the process and what it started have used, in 1/100 s; null where nobody can tell. */
  constructor(
    clock: Clock,
    limits: TurnLimits,
    ticks: () => Promise<number | null>,
    giveUp: (seconds: number) => void,
  ) {
    this.#clock = clock
    this.#limits = limits
    this.#ticks = ticks
    this.#giveUp = giveUp
    this.#turn = clock.after(limits.turnMs, () => this.#end(limits.turnMs))
    this.#quiet = this.#listen(limits.firstEventMs)
  }

  /** The CLI has said something; `waits`: it is now a person's turn to speak. */
  heard(waits: boolean): void {
    this.#quiet[Symbol.dispose]()
    this.#words++
    if (this.#isOver || waits) return
    this.#quiet = this.#listen(this.#limits.silenceMs)
  }

  [Symbol.dispose](): void {
    this.#isOver = true
    this.#turn[Symbol.dispose]()
    this.#quiet[Symbol.dispose]()
  }

  /** Halfway the CPU time is noted, so that at the end there is something to compare it with. */
  #listen(ms: number): Disposable {
    return this.#clock.after(ms / 2, () => void this.#watch(ms))
  }

  async #watch(ms: number): Promise<void> {
    const words = this.#words
    const before = await this.#ticks()
    if (this.#isOver || this.#words !== words) return
    this.#quiet = this.#clock.after(ms / 2, () => void this.#compare(before, ms))
  }

  async #compare(before: number | null, ms: number): Promise<void> {
    const words = this.#words
    const now = await this.#ticks()
    if (this.#isOver || this.#words !== words) return
    if (hasWorked(before, now, ms / 2)) this.#quiet = this.#clock.after(ms / 2, () => void this.#compare(now, ms))
    else this.#end(ms)
  }

  #end(ms: number): void {
    if (this.#isOver) return
    this[Symbol.dispose]()
    this.#giveUp(Math.round(ms / 1000))
  }
}
