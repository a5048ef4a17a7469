import { pause } from '../../core/clock.ts'
import type { RunId, Seq } from '../../core/ids.ts'
import type { Place } from '../../core/place.ts'
import type { PageDoors } from './doors.ts'
import type { Guests } from './guests.ts'
import type { LiveRuns } from './live-runs.ts'
import { overviewFor } from './overview.ts'
import { shownRun, type SessionNames } from './shown-run.ts'
import { newOf, type TextEnd } from './tail.ts'
import type { Visit } from './visits.ts'

/** Between two looks at what has changed. */
const everyMs = 250
/** So often it is looked at although nothing was heard. */
const restMs = 5_000
/** The rest of the page changes seldom, and costs more: */
const overviewEveryMs = 1_000
/** with thousands that wait, so much of the time at the most. */
const overviewShare = 20

export interface StreamNeeds {
  readonly doors: PageDoors
  readonly guests: Guests
  readonly live: LiveRuns
  readonly names: SessionNames
  readonly visit: Visit
  /** What the page has seen already: `Last-Event-ID`. */
  readonly seen: Seq
  /** Fires when it is to end: the visit is over, the bot lets go, nobody reads any more. */
  readonly signal: AbortSignal
}

/**
 * What changes, as server-sent events for one page. It tells how things are now and never what was missed, so a page that
 * reads slowly is told less often and nothing piles up; one that comes back with what it has seen is told the rest.
 */
export class PageStream implements Disposable {
  readonly #needs: StreamNeeds
  readonly #listening: Disposable
  readonly #sent = new Map<RunId, { readonly seq: Seq; readonly about: string; readonly tail: TextEnd }>()
  #shown: string | null = null
  #overview = ''
  #lookAgainAt = Number.NEGATIVE_INFINITY
  #changed = true
  #over = false
  #wake = (): void => undefined

  constructor(needs: StreamNeeds) {
    this.#needs = needs
    this.#listening = needs.live.onChange(() => {
      this.#changed = true
      this.#wake()
    })
    needs.signal.addEventListener('abort', () => this.#wake(), { once: true })
  }

  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]()
  }

  /** The next piece, when there is one; null: it is over. */
  async next(): Promise<string | null> {
    const { doors, signal } = this.#needs
    if (this.#shown !== null && !this.#over) {
      await pause(doors.clock, everyMs, signal)
      await this.#change()
    }
    if (signal.aborted || this.#over) return null
    this.#changed = false
    return this.#news()
  }

  /** Resolves when something has changed, or after a while. */
  #change(): Promise<void> {
    const { doors, signal } = this.#needs
    return new Promise((resolve) => {
      const timer = doors.clock.after(restMs, done)
      function done(): void {
        timer[Symbol.dispose]()
        resolve()
      }
      this.#wake = done
      if (this.#changed || signal.aborted) done()
    })
  }

  async #news(): Promise<string> {
    const { doors, guests, live, visit } = this.#needs
    const standing = await guests.standing(visit)
    if (standing.is !== 'owner') {
      this.#over = true
      return `event: over\ndata: ${JSON.stringify({ why: standing.is })}\n\n`
    }
    const { position } = live
    const { person } = standing
    const runs = await this.#runs((place) => guests.sees(person, place))
    const news = runs === null ? '' : `event: runs\nid: ${position}\ndata: ${JSON.stringify(runs)}\n\n`
    const now = doors.clock.monotonic()
    if (now < this.#lookAgainAt) {
      this.#changed = true
      return news === '' ? ': \n\n' : news
    }
    const overview = JSON.stringify(await overviewFor(person, guests, doors))
    const tookMs = doors.clock.monotonic() - now
    this.#lookAgainAt = now + Math.max(overviewEveryMs, overviewShare * tookMs)
    if (overview === this.#overview) return news === '' ? ': \n\n' : news
    this.#overview = overview
    return `${news}event: overview\ndata: ${overview}\n\n`
  }

  /** What has changed of the runs; null: nothing. */
  async #runs(sees: (place: Place) => Promise<boolean>): Promise<object | null> {
    const { doors, live, names, seen } = this.#needs
    const changes: object[] = []
    const ids: RunId[] = []
    for (const [id, run] of live.all) {
      const { prompt } = run.view
      if (!(await sees(prompt.place))) continue
      ids.push(id)
      const before = this.#sent.get(id)
      if (before?.seq === run.seq) continue
      const { about, tail } = shownRun(run, await names.of(prompt.session), doors)
      const told = JSON.stringify(about)
      this.#sent.set(id, { seq: run.seq, about: told, tail })
      // It came with what the page had seen before its connection broke.
      if (before === undefined && run.seq <= seen) continue
      const text = newOf(before?.tail ?? null, tail)
      if (text === null && told === before?.about) continue
      changes.push({ id, ...(told === before?.about ? {} : { about }), ...(text === null ? {} : { text }) })
    }
    for (const id of this.#sent.keys()) if (!live.all.has(id)) this.#sent.delete(id)
    const shown = ids.join()
    if (changes.length === 0 && shown === this.#shown) return null
    this.#shown = shown
    return { live: ids, changes }
  }
}
