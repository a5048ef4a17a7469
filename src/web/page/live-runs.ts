import type { Entry } from '../../core/event.ts'
import type { RunId, Seq } from '../../core/ids.ts'
import { isLive } from '../../core/lifecycle.ts'
import { see, viewOf, type RunView } from '../../core/view.ts'
import { background } from '../../system/background.ts'
import type { PageDoors } from './doors.ts'

/** Runs that are over stay in sight, so many of them. */
const mostOver = 12

type LiveDoors = Pick<PageDoors, 'journal' | 'vault' | 'hear' | 'log'>

/** A run at work, as far as the journal was heard. */
export interface LiveRun {
  readonly view: RunView
  readonly seq: Seq
}

/**
 * The runs at work, as folds that follow the journal. There is one of these while anybody looks, whatever number of
 * pages are open, and it keeps states, never a backlog: who reads slowly reads less often.
 */
export class LiveRuns implements Disposable {
  readonly #doors: LiveDoors
  readonly #runs = new Map<RunId, LiveRun>()
  /** What was heard of a run while its beginning is read. */
  readonly #loading = new Map<RunId, { readonly since: Seq; readonly heard: Entry[] }>()
  readonly #listeners = new Set<() => void>()
  readonly #listening: Disposable
  #position: Seq = 0

  private constructor(doors: LiveDoors) {
    this.#doors = doors
    this.#listening = doors.hear((entry) => this.#take(entry))
  }

  /** Reads the runs at work, and follows them. `ends`: also each session's last one, for who may not have seen its end. */
  static async open(doors: LiveDoors, ends: boolean): Promise<LiveRuns> {
    const runs = new LiveRuns(doors)
    try {
      const position = await doors.journal.position()
      const live = (await doors.journal.open()).filter(({ state }) => isLive(state))
      const over = ends ? await lastRuns(doors) : []
      await Promise.all([...over, ...live.map(({ run }) => run)].map((run) => runs.#load(run, 0)))
      runs.#position = Math.max(runs.#position, position)
      return runs
    } catch (error) {
      runs[Symbol.dispose]()
      throw error
    }
  }

  /** Up to here in the journal all that it shows is true. */
  get position(): Seq {
    return Math.min(this.#position, ...[...this.#loading.values()].map(({ since }) => since - 1))
  }

  get all(): ReadonlyMap<RunId, LiveRun> {
    return this.#runs
  }

  /** Called whenever something has changed, also where no run at work is concerned. */
  onChange(listener: () => void): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) }
  }

  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]()
    this.#listeners.clear()
  }

  #take(entry: Entry): void {
    const known = this.#runs.get(entry.run)
    const loading = this.#loading.get(entry.run)
    if (loading !== undefined) loading.heard.push(entry)
    else if (known !== undefined) this.#apply(known, entry)
    else if (entry.event.type === 'admitted') background(this.#load(entry.run, entry.seq), this.#doors.log, 'page.run')
    this.#position = Math.max(this.#position, entry.seq)
    for (const listener of this.#listeners) listener()
  }

  #apply({ view, seq }: LiveRun, entry: Entry): void {
    if (entry.seq <= seq) return
    const next = see(view, entry) ?? view
    this.#runs.set(entry.run, { view: next, seq: entry.seq })
    if (next.endedAt !== null) this.#trim()
  }

  #trim(): void {
    const over = [...this.#runs].filter((each) => each[1].view.endedAt !== null)
    for (const [run] of over.slice(0, -mostOver)) this.#runs.delete(run)
  }

  async #load(run: RunId, since: Seq): Promise<void> {
    if (this.#loading.has(run) || this.#runs.has(run)) return
    const heard: Entry[] = []
    this.#loading.set(run, { since, heard })
    try {
      const entries = await this.#doors.journal.read(run)
      const view = viewOf(entries)
      if (view === null) return
      this.#runs.set(run, { view, seq: entries.at(-1)?.seq ?? 0 })
      for (const entry of heard) this.#apply(this.#runs.get(run) ?? { view, seq: 0 }, entry)
      this.#trim()
    } finally {
      this.#loading.delete(run)
      for (const listener of this.#listeners) listener()
    }
  }
}

async function lastRuns({ journal, vault }: LiveDoors): Promise<readonly RunId[]> {
  const sessions = (await vault.liveSessions()).slice(-mostOver)
  return (await Promise.all(sessions.map(({ id }) => journal.lastOf(id, 1)))).flat()
}
