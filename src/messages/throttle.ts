import type { Deed, Pace } from '../core/pace.ts'
import type { Clock } from '../core/clock.ts'
import type { PlaceId } from '../core/ids.ts'
import type { Timings } from '../core/timings.ts'
import type { PlaceTurn } from './source.ts'
import { urgencies, waitOf, type PlacePace, type Urgency } from './pace.ts'

export interface ThrottleTools {
  readonly clock: Clock
  readonly pace: Pace
  readonly timings: Timings
  readonly signal: AbortSignal
}

/** A write that waits for its turn. */
export interface WriteTurn {
  /** Resolves when it was written, or the process lets go. Rejects as the write does. */
  readonly done: Promise<void>
  /** It may have become more urgent. */
  look(): void
}

/**
 * When a place is written to: the most urgent first, and never more than Discord's budgets leave. Posts and edits do not
 * wait for each other, two of a kind do. The only place where that is decided; `waitOf` says how long.
 */
export class Throttle {
  readonly #tools: ThrottleTools
  readonly #places = new Map<PlaceId, PlaceQueue>()

  constructor(tools: ThrottleTools) {
    this.#tools = tools
    tools.signal.addEventListener('abort', () => this.#letGo(), { once: true })
  }

  /** `urgency` is asked again at each `look`; `write` says what is right by then, and gives false when nothing is. */
  turn(place: PlaceId, deed: Deed, urgency: () => Urgency, write: () => Promise<boolean>): WriteTurn {
    return this.#at(place).add({ deed, urgency, write })
  }

  /** A run works or waits in a place until that is disposed of: something is kept for its end. */
  keep({ place, works }: PlaceTurn): Disposable {
    return this.#at(place).keep(works ? 'works' : 'waits')
  }

  #at(place: PlaceId): PlaceQueue {
    let queue = this.#places.get(place)
    if (queue === undefined) {
      if (this.#places.size >= 1_000) this.#sweep()
      this.#places.set(place, (queue = new PlaceQueue(place, this.#tools)))
    }
    return queue
  }

  /** Forgets places that are quiet. */
  #sweep(): void {
    for (const [place, queue] of this.#places) if (queue.isQuiet) this.#places.delete(place)
  }

  #letGo(): void {
    for (const queue of this.#places.values()) queue.look()
  }
}

interface WaitingWrite {
  readonly deed: Deed
  readonly urgency: () => Urgency
  readonly write: () => Promise<boolean>
}

/** A place with nothing written for this long has forgotten when that was. */
const quietAfterMs = 10_000

/** As many ends as came in this time are taken to come in the next; Discord's windows are so long. More tell nothing. */
const [windowMs, mostEnds] = [5_000, 10]

class PlaceQueue {
  readonly #place: PlaceId
  readonly #tools: ThrottleTools
  readonly #waiting = new Map<WaitingWrite, PromiseWithResolvers<void>>()
  readonly #busy = new Set<Deed>()
  readonly #runs = { works: 0, waits: 0 }
  /** When the last ends of answers were edited in. */
  #ends: readonly number[] = []
  #wroteAt = Number.NEGATIVE_INFINITY
  #editedAt = Number.NEGATIVE_INFINITY
  #timer: Disposable | null = null

  constructor(place: PlaceId, tools: ThrottleTools) {
    this.#place = place
    this.#tools = tools
  }

  get isQuiet(): boolean {
    const since = this.#tools.clock.monotonic() - this.#wroteAt
    const { works, waits } = this.#runs
    return this.#waiting.size + this.#busy.size + works + waits === 0 && since > quietAfterMs
  }

  add(wish: WaitingWrite): WriteTurn {
    const done = Promise.withResolvers<void>()
    this.#waiting.set(wish, done)
    this.look()
    return { done: done.promise, look: () => this.look() }
  }

  keep(what: 'works' | 'waits'): Disposable {
    this.#runs[what] += 1
    let isOver = false
    return {
      [Symbol.dispose]: () => {
        if (isOver) return
        isOver = true
        this.#runs[what] -= 1
        this.look()
      },
    }
  }

  /** Begins what may begin, and comes back when the next may. */
  look(): void {
    const { clock, signal, timings } = this.#tools
    this.#timer?.[Symbol.dispose]()
    this.#timer = null
    if (signal.aborted) {
      for (const done of this.#waiting.values()) done.resolve()
      this.#waiting.clear()
      return
    }
    let soonest = Infinity
    const paces = new Map<Deed, PlacePace>()
    const due = new Map<Deed, { readonly wish: WaitingWrite; readonly rank: number }>()
    for (const wish of this.#waiting.keys()) {
      if (this.#busy.has(wish.deed)) continue
      const urgency = wish.urgency()
      let pace = paces.get(wish.deed)
      if (pace === undefined) paces.set(wish.deed, (pace = this.#paceOf(wish.deed)))
      const wait = waitOf({ deed: wish.deed, urgency }, pace, timings)
      const rank = urgencies.indexOf(urgency)
      if (wait > 0) soonest = Math.min(soonest, wait)
      else if (rank < (due.get(wish.deed)?.rank ?? urgencies.length)) due.set(wish.deed, { wish, rank })
    }
    for (const { wish } of due.values()) this.#begin(wish)
    if (Number.isFinite(soonest)) this.#timer = clock.after(Math.ceil(soonest), () => this.look())
  }

  #begin(wish: WaitingWrite): void {
    const done = this.#waiting.get(wish)
    this.#waiting.delete(wish)
    this.#busy.add(wish.deed)
    this.#write(wish).then(
      () => done?.resolve(),
      (error: unknown) => done?.reject(error),
    )
  }

  async #write({ deed, urgency, write }: WaitingWrite): Promise<void> {
    const { clock, pace } = this.#tools
    const from = clock.monotonic()
    const isEnd = urgency() === 'end'
    const claim = pace.claim(this.#place, deed)
    try {
      if (!(await write())) return
      this.#wroteAt = from
      if (deed !== 'edit') return
      this.#editedAt = from
      if (isEnd) this.#ends = [...this.#ends, from].slice(-mostEnds)
    } finally {
      claim[Symbol.dispose]()
      // Whoever has just written says first what it wants next.
      clock.after(0, () => {
        this.#busy.delete(deed)
        this.look()
      })
    }
  }

  #endsSince(moment: number): number {
    return this.#ends.filter((at) => at > moment).length
  }

  #paceOf(deed: Deed): PlacePace {
    const { clock, pace } = this.#tools
    const now = clock.monotonic()
    return {
      budget: pace.budget(this.#place, deed),
      total: pace.total(),
      atWork: this.#runs.works,
      endsToCome: this.#runs.waits === 0 ? 0 : Math.min(this.#runs.waits, Math.max(1, this.#endsSince(now - windowMs))),
      sinceWriteMs: now - this.#wroteAt,
      sinceEditMs: now - this.#editedAt,
    }
  }
}
