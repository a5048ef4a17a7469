import type { Checkpoint } from '../core/checkpoint.ts'
import { pause, type Clock } from '../core/clock.ts'
import { messageOf, Problem } from '../core/failure.ts'
import type { PlaceId } from '../core/ids.ts'
import type { Arrival, Arrivals, KeptArrival } from '../core/inbox.ts'
import type { Memo } from '../core/interaction.ts'
import type { Log } from '../core/log.ts'
import { backOffMs } from '../system/back-off.ts'
import { background } from '../system/background.ts'
import { PlaceOrder, type Slot } from './place-order.ts'

/** How one arrival is dealt with. A step that rejects is called again. */
export interface Job {
  /** Whether it is for us at all; what is not is not kept. */
  wanted(): Promise<boolean>
  /** Tells the person that it was heard. False: they were told that it failed, so it is not worked on. */
  acknowledge(): Promise<boolean>
  work(): Promise<void>
  /** We are wrong somewhere: it is not tried again. */
  giveUp(): Promise<void>
  /** More has come than can be held. */
  decline(): Promise<void>
}

export interface InboxWorkerTools {
  readonly arrivals: Arrivals
  readonly clock: Clock
  readonly log: Log
  readonly checkpoint: Checkpoint
  /** So much is held at once (`mostHeld` when left out); what comes beyond is refused aloud. */
  readonly most?: number
  /** `again`: an earlier life had begun with it. */
  jobOf(kept: Omit<KeptArrival, 'memo'>, memo: Memo, again: boolean): Job
}

interface Item {
  readonly kept: Omit<KeptArrival, 'memo'>
  readonly job: Job
  readonly slot: Slot
  /** It waits for nothing: see `Command.apart`. */
  readonly apart: boolean
  isKept: boolean
  isOver: boolean
}

const mostHeld = 2_000
/** Discord waits 3 s for the acknowledgement: it is given then although nothing is kept yet, because the store takes nothing. */
const keepWithinMs = 1_000
/** What is at work for longer lets commands and buttons go before it. */
const longMs = 3_000
/** After how many failures in a row it is given up: never while the world is in the way, soon when we are wrong. */
const patience = { bug: 3, unknown: 5 } as const
const backOff = { firstMs: 100, longestMs: 5_000 } as const
/** So long the keys of what is done are remembered: Discord may send an event again after it was resumed. */
const rememberedMs = 60 * 60_000

/**
 * Everything that comes in from people is kept before it is worked on, worked on in the order of its place, tried again
 * until it is done, and only then done with. While the store takes nothing it is held in memory, in order, within bounds.
 */
export class InboxWorker {
  readonly #tools: InboxWorkerTools
  readonly #items = new Map<string, Item>()
  readonly #order = new PlaceOrder()
  /** Keeping goes ahead of the work, in an order of its own. */
  readonly #keeping = new PlaceOrder()
  readonly #released = Promise.withResolvers<void>()
  readonly #closing = new AbortController()
  readonly #working = new Set<Promise<void>>()
  #unkept = 0
  #forgotAt = 0

  constructor(tools: InboxWorkerTools) {
    this.#tools = tools
  }

  /** What is held in memory alone, because the store takes nothing. */
  get unkept(): number {
    return this.#unkept
  }

  /** Takes up what an earlier life left. It is worked on from `release` on. */
  async resume(): Promise<void> {
    const { arrivals, log } = this.#tools
    const open = await arrivals.open()
    for (const { memo, ...kept } of open) this.#add(kept, memo, true)
    if (open.length > 0) log.info({ count: open.length }, 'inbox.resumed')
  }

  /** The chat can be read and written. */
  release(): void {
    this.#released.resolve()
  }

  /** Takes something in. Never rejects, and resolves at once: it is in the inbox's hands. */
  take(key: string, place: PlaceId, arrival: Arrival): void {
    if (this.#items.has(key) || this.#closing.signal.aborted) return
    const kept = { key, place, at: this.#tools.clock.now(), arrival, acknowledged: false }
    if (this.#items.size < (this.#tools.most ?? mostHeld)) return this.#add(kept, null, false)
    this.#tools.log.error({ key, held: this.#items.size }, 'inbox.full')
    background(this.#tools.jobOf(kept, noMemo, false).decline(), this.#tools.log, 'inbox.decline')
  }

  /** Whether something of that key is being worked on or waits for it. */
  holds(key: string): boolean {
    return this.#items.has(key)
  }

  /** Work that belongs into a place's order without being kept: whoever calls knows it again after a death. */
  async run(place: PlaceId, work: () => Promise<void>): Promise<void> {
    const slot = this.#order.enter(place, false)
    try {
      await slot.come
      if (!this.#closing.signal.aborted) await work()
    } finally {
      slot.end()
    }
  }

  /** Takes in nothing more and resolves when nothing is at work any more; what is not done stays for the next life. */
  async close(): Promise<void> {
    this.#closing.abort()
    this.#released.resolve()
    await Promise.all(this.#working)
  }

  #add(kept: Omit<KeptArrival, 'memo'>, noted: string | null, again: boolean): void {
    const { arrivals } = this.#tools
    let value = noted
    const memo: Memo = {
      read: () => value,
      async keep(note) {
        await arrivals.note(kept.key, note)
        value = note
      },
    }
    const slot = this.#order.enter(kept.place, kept.arrival.kind === 'interaction')
    const apart = kept.arrival.kind === 'interaction' && kept.arrival.interaction.apart === true
    const item = { kept, slot, apart, isKept: again, isOver: false, job: this.#tools.jobOf(kept, memo, again) }
    this.#items.set(kept.key, item)
    const working = this.#deal(item, again)
      .catch((error: unknown) => {
        if (this.#closing.signal.aborted) return
        this.#tools.log.error({ key: kept.key, error: messageOf(error) }, 'inbox.failed')
      })
      .finally(() => {
        slot.end()
        this.#items.delete(kept.key)
        this.#working.delete(working)
      })
    this.#working.add(working)
  }

  async #deal(item: Item, isKept: boolean): Promise<void> {
    const { clock, checkpoint, arrivals } = this.#tools
    const { kept, job, slot } = item
    const keeping = isKept ? Promise.resolve(true) : this.#keep(item)
    // Whoever waits for it below is told.
    keeping.catch(() => undefined)
    await this.#released.promise
    const late = kept.arrival.kind === 'interaction' ? pause(clock, keepWithinMs, this.#closing.signal) : null
    if ((await (late === null ? keeping : Promise.race([keeping, late]))) === false) return
    const isHeard = kept.acknowledged || (await this.#until(item, 'acknowledge', () => job.acknowledge()))
    if (item.apart && isHeard && !item.isKept) return this.#workUnkept(item, keeping)
    if (!(await keeping)) return
    if (isHeard) {
      if (kept.arrival.kind === 'interaction' && !kept.acknowledged) {
        await this.#until(item, 'acknowledged', () => arrivals.acknowledged(kept.key))
        checkpoint('acknowledged')
      }
      if (item.apart) slot.pass()
      else await slot.come
      await this.#work(item)
    }
    checkpoint('worked-off')
    // Whoever comes behind it from now on is kept first, and that takes this along.
    await this.#until(item, 'done', () => arrivals.done(kept.key, clock.now(), slot.isLast))
    await this.#forget()
  }

  /** The store takes nothing now, and this one need not be kept. */
  async #workUnkept(item: Item, keeping: Promise<boolean>): Promise<void> {
    const { arrivals, clock } = this.#tools
    item.slot.pass()
    await this.#work(item)
    item.isOver = true
    if (await keeping.catch(() => false))
      await this.#until(item, 'done', () => arrivals.done(item.kept.key, clock.now(), false))
  }

  /** Keeps it, in the order of its place. False: it is none of ours, or known. */
  async #keep(item: Item): Promise<boolean> {
    const { kept, job } = item
    const turn = this.#keeping.enter(kept.place, false)
    this.#unkept += 1
    try {
      await turn.come
      // What cannot be known now is kept: it is looked at again when it is worked on.
      if (!(await job.wanted().catch(() => true))) return false
      if (item.isOver) return false
      const isNew = await this.#until(item, 'keep', () => this.#tools.arrivals.keep(kept))
      item.isKept = isNew
      if (isNew) this.#tools.checkpoint('kept')
      return isNew
    } finally {
      turn.end()
      this.#unkept -= 1
    }
  }

  async #work(item: Item): Promise<void> {
    const { clock, log } = this.#tools
    const { kept, job, slot } = item
    this.#closing.signal.throwIfAborted()
    try {
      await this.#until(item, 'work', async () => {
        const long = clock.after(longMs, () => slot.pass())
        try {
          await job.work()
        } finally {
          long[Symbol.dispose]()
        }
      })
    } catch (error) {
      if (this.#closing.signal.aborted) throw error
      log.error({ key: kept.key, error: messageOf(error) }, 'inbox.given-up')
      await job
        .giveUp()
        .catch((cause: unknown) => log.error({ key: kept.key, error: messageOf(cause) }, 'inbox.failed'))
    }
  }

  /** Tries until it works. Rejects when the inbox is closed or nothing is to be hoped for. */
  async #until<Value>(item: Item, what: string, work: () => Promise<Value>): Promise<Value> {
    const { kept } = item
    const { signal } = this.#closing
    for (let failures = 1; ; failures++) {
      try {
        return await work()
      } catch (error) {
        const isPointless = what === 'keep' && item.isOver
        if (signal.aborted || isPointless || failures >= patienceWith(error)) throw error
        const retryInMs = backOffMs(backOff, failures)
        this.#tools.log.warn({ key: kept.key, what, error: messageOf(error), retryInMs }, 'inbox.retry')
        await pause(this.#tools.clock, retryInMs, signal)
        signal.throwIfAborted()
      }
    }
  }

  async #forget(): Promise<void> {
    const { clock, arrivals } = this.#tools
    const now = clock.now()
    if (Math.abs(now - this.#forgotAt) < rememberedMs / 6) return
    this.#forgotAt = now
    await arrivals.forget(now - rememberedMs)
  }
}

const noMemo: Memo = { read: () => null, keep: () => Promise.resolve() }

function patienceWith(error: unknown): number {
  if (!(error instanceof Problem)) return patience.unknown
  return error.kind === 'bug' ? patience.bug : Infinity
}
