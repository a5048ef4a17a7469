import type { Absence } from '../core/chat-state.ts'
import type { Clock, EpochMs } from '../core/clock.ts'
import { BoundedMap } from '../system/bounded-map.ts'

/** The connection as a whole, among the servers' ids. */
export const connection = 'connection'

interface Span {
  readonly from: EpochMs
  readonly to: EpochMs | null
}

/** Earlier ones have nobody who still waits. */
const mostSpans = 100

/** When people could not be heard: on a server, or anywhere. */
export class Absences {
  readonly #clock: Pick<Clock, 'now'>
  readonly #spans = new BoundedMap<string, readonly Span[]>(1_000)

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock
  }

  /** It is away from now on; nothing when it was already. */
  begin(of: string): void {
    const known = this.#spans.get(of) ?? []
    if (known.at(-1)?.to === null) return
    this.#spans.set(of, [...known, { from: this.#clock.now(), to: null }].slice(-mostSpans))
  }

  /** It is back. */
  end(of: string): void {
    const known = this.#spans.get(of) ?? []
    const last = known.at(-1)
    if (last?.to === null) this.#spans.set(of, [...known.slice(0, -1), { ...last, to: this.#clock.now() }])
  }

  isAway(of: string): boolean {
    return this.#spans.get(of)?.at(-1)?.to === null
  }

  /** Whether any of them is away, and for how much of the time since then one was. */
  since(moment: EpochMs, ...of: readonly string[]): Absence {
    const now = this.#clock.now()
    const spans = of.flatMap((each) => this.#spans.get(each) ?? []).sort((one, two) => one.from - two.from)
    let ms = 0
    let counted = moment
    for (const { from, to } of spans) {
      const end = to ?? now
      ms += Math.max(0, end - Math.max(from, counted))
      counted = Math.max(counted, end)
    }
    return { now: spans.some(({ to }) => to === null), ms }
  }
}
