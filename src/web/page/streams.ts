import { background } from '../../system/background.ts'
import type { PageDoors } from './doors.ts'
import type { Guests } from './guests.ts'
import { LiveRuns } from './live-runs.ts'
import { SessionNames } from './shown-run.ts'
import { PageStream } from './stream.ts'
import type { Visit } from './visits.ts'

/** So many pages of one person are told what changes, at once: nobody's are in the way of anybody else's. */
const mostOpen = 16

/** The pages that are open. What they share is there as long as there is one. */
export class Streams implements Disposable {
  readonly #doors: PageDoors
  readonly #guests: Guests
  readonly #names: SessionNames
  readonly #open = new Map<AbortController, Visit>()
  #live: Promise<LiveRuns> | null = null
  #over = false

  constructor(doors: PageDoors, guests: Guests) {
    this.#doors = doors
    this.#guests = guests
    this.#names = new SessionNames(doors)
  }

  /** A stream for a visit, from what its page has seen on; null: there are too many. */
  async open(visit: Visit, seen: number): Promise<ReadableStream<Uint8Array> | null> {
    const theirs = [...this.#open.values()].filter(({ guest }) => guest.person.id === visit.guest.person.id)
    if (this.#over || theirs.length >= mostOpen) return null
    const ending = new AbortController()
    this.#open.set(ending, visit)
    try {
      this.#live ??= LiveRuns.open(this.#doors, seen > 0)
      const live = await this.#live
      // What lies before us cannot have been seen: another data folder, a backup.
      const known = Number.isSafeInteger(seen) && seen > 0 && seen <= live.position ? seen : 0
      return this.#body(visit, live, known, ending)
    } catch (error) {
      this.#live = null
      this.#close(ending)
      throw error
    }
  }

  /** Ends those of a visit that is over. */
  end({ name }: Visit): void {
    for (const [ending, visit] of this.#open) if (visit.name === name) this.#close(ending)
  }

  [Symbol.dispose](): void {
    this.#over = true
    for (const ending of this.#open.keys()) this.#close(ending)
  }

  #body(visit: Visit, live: LiveRuns, seen: number, ending: AbortController): ReadableStream<Uint8Array> {
    const { signal } = ending
    const stream = new PageStream({
      doors: this.#doors,
      guests: this.#guests,
      live,
      names: this.#names,
      visit,
      seen,
      signal,
    })
    const encoder = new TextEncoder()
    let read = true
    const close = (): void => {
      read = false
      stream[Symbol.dispose]()
      this.#close(ending)
    }
    // Each piece is made when the one before is on its way: nothing waits for a page that reads slowly.
    return new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          const news = await stream.next()
          // Nobody reads any more.
          if (!read) return
          if (news !== null) return controller.enqueue(encoder.encode(news))
          close()
          controller.close()
        },
        cancel: close,
      },
      { highWaterMark: 0 },
    )
  }

  #close(ending: AbortController): void {
    ending.abort()
    this.#open.delete(ending)
    if (this.#open.size > 0) return
    const live = this.#live
    this.#live = null
    if (live !== null) background(letGo(live), this.#doors.log, 'page.live')
  }
}

async function letGo(live: Promise<LiveRuns>): Promise<void> {
  const runs = await live
  runs[Symbol.dispose]()
}
