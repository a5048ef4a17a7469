import type { Clock } from '../../core/clock.ts'

/** How long a turn may go without …, in ms. */
export interface TurnLimits {
  /** … its first word. */
  readonly firstEventMs: number
  /** … any output while no CPU is used. */
  readonly silenceMs: number
  /** … its end. OMC_MAX_TURN_MS */
  readonly turnMs: number
}

/** CPU ticks per second below which a process counts as doing nothing: an idle CLI uses about 1 (claude-cli.md §2). */
const idleTicksPerSecond = 3

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
    this.#quiet = clock.after(limits.firstEventMs, () => this.#end(limits.firstEventMs))
  }

  /** The CLI has said something; `waits`: it is now a person's turn to speak. */
  heard(waits: boolean): void {
    this.#quiet[Symbol.dispose]()
    this.#words++
    if (this.#isOver || waits) return
    // Halfway the CPU time is noted, so that at the end there is something to compare it with.
    const half = this.#limits.silenceMs / 2
    this.#quiet = this.#clock.after(half, () => void this.#watch(half))
  }

  [Symbol.dispose](): void {
    this.#isOver = true
    this.#turn[Symbol.dispose]()
    this.#quiet[Symbol.dispose]()
  }

  async #watch(half: number): Promise<void> {
    const words = this.#words
    const before = await this.#ticks()
    if (this.#isOver || this.#words !== words) return
    this.#quiet = this.#clock.after(half, () => void this.#compare(before, half))
  }

  async #compare(before: number | null, half: number): Promise<void> {
    const words = this.#words
    const now = await this.#ticks()
    if (this.#isOver || this.#words !== words) return
    const worked = before !== null && now !== null && now - before > (half / 1000) * idleTicksPerSecond
    if (worked) this.#quiet = this.#clock.after(half, () => void this.#compare(now, half))
    else this.#end(this.#limits.silenceMs)
  }

  #end(ms: number): void {
    if (this.#isOver) return
    this[Symbol.dispose]()
    this.#giveUp(Math.round(ms / 1000))
  }
}
