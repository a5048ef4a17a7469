import { pause } from '../core/clock.ts'
import { messageOf } from '../core/failure.ts'
import type { MessageId, PlaceId } from '../core/ids.ts'
import { ownerKind, type Owner, type Posting } from '../core/message.ts'
import { backOffMs, retry, type BackOff } from '../system/back-off.ts'
import type { Throttle, WriteTurn } from './throttle.ts'
import { nextWrite, untilOld, type Holds, type PlanTools } from './plan.ts'
import type { Write } from './write.ts'
import type { MessageSource, PlaceTurn, Wanted } from './source.ts'
import { Writer, type WriterTools } from './writer.ts'

export interface KeeperTools extends WriterTools {
  readonly throttle: Throttle
  /** Resolves when Discord can be written to, or the process lets go. */
  ready(): Promise<void>
  /** A message has been shut out of its place for long: somebody is told. */
  tell(subject: MessageSource, posting: Posting): Promise<void>
}

/** Discord's typing mark lasts ten seconds. */
const typingEveryMs = 8_000
/** Nothing is looked at more often than this by itself, and nothing more rarely. */
const [soonestMs, latestMs] = [50, 3_600_000]
const troubleBackOff: BackOff = { firstMs: 1_000, longestMs: 30_000 }

/** Keeps the messages of one owner as they should be, until everything is said. */
export class Keeper {
  /** Resolves when everything is said or the process lets go. Never rejects. */
  readonly done: Promise<void>
  readonly subject: MessageSource
  readonly #writer: Writer
  readonly #tools: KeeperTools
  #changed = Promise.withResolvers<void>()
  #isStale = false
  readonly #deleted = new Set<MessageId>()
  #typedAt = Number.NEGATIVE_INFINITY
  #turn: WriteTurn | null = null
  /** What is kept for its end. */
  #kept: { readonly turn: PlaceTurn; readonly hold: Disposable } | null = null
  /** Since when a message of it is shut out, by the monotonic clock. */
  #closedAt: number | null = null
  #isTold = false

  constructor(subject: MessageSource, postings: readonly Posting[], tools: KeeperTools) {
    this.subject = subject
    this.#tools = tools
    this.#writer = new Writer(subject, postings, tools)
    this.done = this.#work()
  }

  get owner(): Owner {
    return this.subject.owner
  }

  get postings(): readonly Posting[] {
    return this.#writer.postings
  }

  /** The first message that its place does not take. */
  get closed(): Posting | null {
    return this.#writer.closed
  }

  /** What should stand may have changed. */
  look(): void {
    this.#isStale = true
    this.#keepForEnd()
    this.#changed.resolve()
    this.#turn?.look()
  }

  /** A place has changed: what waits for it is tried at once. */
  retry(): void {
    this.#writer.held.release()
    this.look()
  }

  /** Messages are no more: what need not stand again is let go of, the rest is noticed when it is edited. */
  deleted(messages: readonly MessageId[]): void {
    for (const message of messages) this.#deleted.add(message)
    this.look()
  }

  async #work(): Promise<void> {
    const { signal, log, clock } = this.#tools
    for (let failures = 0; !signal.aborted;) {
      try {
        await this.#tools.ready()
        if (signal.aborted) return
        const isDone = await this.#step()
        failures = 0
        if (isDone) return
      } catch (error) {
        if (signal.aborted) return
        failures += 1
        log.error({ owner: this.owner, error: messageOf(error), failures }, 'message.failed')
        await pause(clock, backOffMs(troubleBackOff, failures), signal)
      }
    }
  }

  /** One write, or a wait; true: everything is said. */
  async #step(): Promise<boolean> {
    const { postings, checkpoint } = this.#tools
    const changed = this.#changed.promise
    this.#isStale = false
    const wanted = await this.#wanted()
    if (await this.#letGo(wanted)) return false
    this.#type(wanted)
    this.#keepForEnd()
    // As of now: what becomes free while somebody is told is looked at again, not taken for said.
    const holds = this.#writer.held.now()
    const write = this.#plan(wanted, holds)
    if (write !== null) {
      await this.#write(write)
      return false
    }
    await this.#tellClosed()
    if (wanted.over && holds.size === 0) {
      checkpoint('said', ownerKind(this.owner))
      await retry(this.#tools, 'settled', () => postings.settled(this.owner))
      await this.subject.settled?.()
      checkpoint('settled', ownerKind(this.owner))
      return !this.#isStale
    }
    await this.#wait(wanted, changed, holds.size > 0)
    return false
  }

  /** True: something that need not stand again was deleted. */
  async #letGo({ messages }: Wanted): Promise<boolean> {
    const gone = this.postings.find(
      ({ role, message }) =>
        message !== null &&
        this.#deleted.has(message) &&
        messages.some((each) => each.role === role && each.whenDeleted === 'enough'),
    )
    this.#deleted.clear()
    if (gone === undefined) return false
    await this.#writer.end(gone)
    return true
  }

  async #wanted(): Promise<Wanted> {
    return this.subject.wanted(this.postings)
  }

  #plan(wanted: Wanted, holds: Holds): Write | null {
    return nextWrite(wanted, this.postings, holds, this.#planTools())
  }

  /** Writes when it is its turn in that place, and then what is right by then. */
  async #write(write: Write): Promise<void> {
    const { kind } = write
    if (kind === 'freeze') return this.#writer.perform(write)
    const place = placeOf(write)
    this.#turn = this.#tools.throttle.turn(
      place,
      kind,
      () => this.subject.urgencyOf(write),
      async () => {
        const now = this.#plan(await this.#wanted(), this.#writer.held.now())
        // Something else came first: that waits for a turn of its own.
        if (now?.kind !== kind || placeOf(now) !== place) return false
        await this.#writer.perform(now)
        return true
      },
    )
    await this.#turn.done.finally(() => (this.#turn = null))
  }

  #keepForEnd(): void {
    const turn = this.subject.turn?.() ?? null
    if (this.#kept?.turn.place === turn?.place && this.#kept?.turn.works === turn?.works) return
    this.#kept?.hold[Symbol.dispose]()
    this.#kept = turn === null ? null : { turn, hold: this.#tools.throttle.keep(turn) }
  }

  #planTools(): PlanTools {
    return { chat: this.#tools.chat, now: this.#tools.clock.now() }
  }

  /** Until something changes, or it is time to look again. */
  async #wait(wanted: Wanted, changed: Promise<void>, isHeld: boolean): Promise<void> {
    const { clock, signal } = this.#tools
    const ends = [
      wanted.againInMs,
      isHeld ? (this.#writer.held.nextInMs ?? 0) : null,
      untilOld(wanted, this.postings, this.#planTools()),
      this.#tellInMs(),
    ]
    const ms = Math.max(soonestMs, Math.min(latestMs, ...ends.filter((end) => end !== null)))
    const timer = new AbortController()
    const stop = (): void => timer.abort()
    signal.addEventListener('abort', stop, { once: true })
    await Promise.race([changed, pause(clock, ms, timer.signal)])
    signal.removeEventListener('abort', stop)
    timer.abort()
    this.#changed = Promise.withResolvers<void>()
  }

  #tellInMs(): number | null {
    const { clock, timings } = this.#tools
    const closed = this.closed
    if (closed?.closedSince == null) {
      this.#closedAt = null
      this.#isTold = false
      return null
    }
    // An earlier life may have met it closed already; a clock that was set back tells nothing.
    this.#closedAt ??= clock.monotonic() - Math.max(0, clock.now() - closed.closedSince)
    return this.#isTold ? null : Math.max(0, this.#closedAt + timings.tellClosedAfterMs - clock.monotonic())
  }

  async #tellClosed(): Promise<void> {
    if (this.#tellInMs() !== 0 || this.closed === null) return
    await this.#tools.tell(this.subject, this.closed)
    this.#isTold = true
  }

  #type({ typingIn }: Wanted): void {
    const { clock, chat } = this.#tools
    if (typingIn === null || clock.monotonic() - this.#typedAt < typingEveryMs) return
    this.#typedAt = clock.monotonic()
    chat.typing(typingIn).catch(() => undefined)
  }
}

function placeOf(write: Write): PlaceId {
  if (write.kind === 'post') return write.message.place.id
  return write.posting.place.id
}
