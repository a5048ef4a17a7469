import type { PlaceId } from '../core/ids.ts'

/** Somebody's turn in the order of a place. */
export interface Slot {
  /** Resolves when the turn has come. */
  readonly come: Promise<void>
  /** Nobody waits behind it now. */
  readonly isLast: boolean
  /** It takes long: commands and buttons need not wait for it any more. */
  pass(): void
  /** It is over. */
  end(): void
}

interface Entry {
  readonly beside: boolean
  readonly begin: () => void
  state: 'waiting' | 'at work' | 'long'
}

/**
 * What came into a place is worked on in that order. One exception: a command or button does not wait for a message that
 * takes long (`pass`), nor for those that wait behind it, because it may be what is to stop that.
 */
export class PlaceOrder {
  readonly #lines = new Map<PlaceId, Entry[]>()

  /** `beside`: a command or button. */
  enter(place: PlaceId, beside: boolean): Slot {
    const line = this.#lines.get(place) ?? []
    this.#lines.set(place, line)
    const { promise: come, resolve: begin } = Promise.withResolvers<void>()
    const entry: Entry = { beside, begin, state: 'waiting' }
    line.push(entry)
    advance(line)
    return {
      come,
      get isLast() {
        return line.at(-1) === entry
      },
      pass() {
        entry.state = 'long'
        advance(line)
      },
      end: () => {
        const at = line.indexOf(entry)
        if (at === -1) return
        line.splice(at, 1)
        if (line.length === 0) this.#lines.delete(place)
        advance(line)
      },
    }
  }
}

/** Lets begin whatever need not wait any more. */
function advance(line: readonly Entry[]): void {
  let isBusy = false
  let hasMessage = false
  for (const entry of line) {
    const mayBegin = !isBusy && (entry.beside || !hasMessage)
    if (entry.state === 'waiting' && mayBegin) {
      entry.state = 'at work'
      entry.begin()
    }
    isBusy ||= entry.state === 'at work'
    hasMessage ||= !entry.beside
  }
}
