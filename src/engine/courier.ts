import type { Chat, LinePlace, Sheet, Spot } from '../core/chat.ts'
import type { Checkpoint } from '../core/checkpoint.ts'
import { pause, type Clock } from '../core/clock.ts'
import type { Entry } from '../core/event.ts'
import { messageOf } from '../core/failure.ts'
import type { MessageId, RunId } from '../core/ids.ts'
import type { Deliveries, Part } from '../core/journal.ts'
import { isLive } from '../core/lifecycle.ts'
import type { Log } from '../core/log.ts'
import type { Timings } from '../core/timings.ts'
import { see, textOf, type RunView } from '../core/view.ts'
import type { Lane } from './lane.ts'
import { backOffMs, retry } from '../system/back-off.ts'

const postBackOff = { firstMs: 1000, longestMs: 30_000 } as const

/** How often a run at work is looked at again although nothing happened: its seconds run. */
const tickMs = 1_000
/** Discord's typing mark lasts ten seconds. */
const typingEveryMs = 8_000

export interface CourierTools {
  readonly chat: Chat
  readonly deliveries: Deliveries
  readonly clock: Clock
  readonly log: Log
  readonly checkpoint: Checkpoint
  readonly signal: AbortSignal
  readonly timings: Timings
  /** Where a waiting run stands; null when it is about to start. */
  line(run: RunId): LinePlace | null
  /** Where the question stands that the run waits for; null: nowhere. */
  questionOf(run: RunId): Spot | null
  /** The name of the run's session. */
  nameOf(view: RunView): string
  laneOf(view: RunView): Lane
}

type Write =
  | { readonly kind: 'post' | 'edit'; readonly sheet: Sheet; readonly part: Part | null }
  | { readonly kind: 'remove'; readonly part: Part; readonly message: MessageId }

/** Carries one run to its place: posts what is new, edits what has changed, until all is said. Then it is settled. */
export class Courier {
  /** Resolves when the run is settled or the process lets go. Never rejects. */
  readonly done: Promise<void>
  readonly #run: RunId
  readonly #tools: CourierTools
  #view: RunView | null
  #parts: Part[]
  #changed = Promise.withResolvers<void>()
  #typedAt = Number.NEGATIVE_INFINITY
  #gaveUp = false

  constructor(run: RunId, view: RunView | null, parts: readonly Part[], tools: CourierTools) {
    this.#run = run
    this.#view = view
    this.#parts = [...parts]
    this.#tools = tools
    this.done = this.#work()
  }

  take(entry: Entry): void {
    this.#view = see(this.#view, entry)
    this.look()
  }

  /** Something outside the run may have changed what is to be shown (the queue moved). */
  look(): void {
    this.#changed.resolve()
  }

  async #work(): Promise<void> {
    const { signal, log, clock, chat, deliveries, checkpoint } = this.#tools
    for (let failures = 0; !signal.aborted && !this.#gaveUp;) {
      try {
        const view = this.#view
        if (view === null) {
          await this.#wait()
          continue
        }
        this.#type(view)
        if (this.#next() !== null) {
          if (chat.state().state !== 'ready') await pause(clock, 200, signal)
          else
            await this.#tools.laneOf(view).write(
              () => this.#kind(),
              () => this.#perform(),
            )
          failures = 0
          continue
        }
        if (this.#view?.run.state === 'over') {
          await retry(this.#tools, 'settled', () => deliveries.settled(this.#run))
          checkpoint('settled')
          return
        }
        await this.#wait()
      } catch (error) {
        if (signal.aborted) return
        failures += 1
        log.error({ run: this.#run, error: messageOf(error), failures }, 'delivery.failed')
        await pause(clock, backOffMs(postBackOff, failures), signal)
      }
    }
  }

  /** Until something changes; a run at work is looked at every second. */
  async #wait(): Promise<void> {
    const ticking = this.#view !== null && isLive(this.#view.run.state)
    const timer = new AbortController()
    const stop = (): void => timer.abort()
    this.#tools.signal.addEventListener('abort', stop, { once: true })
    const tick = pause(this.#tools.clock, ticking ? tickMs : 3_600_000, timer.signal)
    await Promise.race([this.#changed.promise, tick])
    this.#tools.signal.removeEventListener('abort', stop)
    timer.abort()
    this.#changed = Promise.withResolvers<void>()
  }

  /** The first thing that is not yet as it should be; null: all is said for now. */
  #next(): Write | null {
    const view = this.#view
    if (view === null || !this.#isWorthSaying(view)) return null
    const sheets = this.#draw(view)
    for (const sheet of sheets) {
      const part = this.#parts.find((each) => each.part === sheet.part) ?? null
      if (part?.message == null) return { kind: 'post', sheet, part }
      if (part.hash !== sheet.hash && !part.frozen) return { kind: 'edit', sheet, part }
    }
    return view.run.state === 'over' ? this.#surplus(sheets.length) : null
  }

  /** A lost attempt may have said more than the one that answered: what stands beyond the answer is taken back. */
  #surplus(count: number): Write | null {
    for (const part of this.#parts) {
      if (part.part >= count && part.message !== null && !part.frozen) {
        return { kind: 'remove', part, message: part.message }
      }
    }
    return null
  }

  #draw(view: RunView): readonly Sheet[] {
    const frozen = this.#parts.filter((part) => part.frozen).map((part) => part.end)
    const { chat, clock } = this.#tools
    const line = view.run.state === 'waiting' ? this.#tools.line(this.#run) : null
    const question = this.#tools.questionOf(this.#run)
    return chat.draw({ view, line, now: clock.now(), frozen, session: this.#tools.nameOf(view), question })
  }

  #isWorthSaying(view: RunView): boolean {
    if (this.#parts.length > 0 || view.run.state === 'over') return true
    if (view.run.state === 'waiting') return this.#tools.line(this.#run) !== null
    const spoken = view.steps.length > 0 || view.run.open.length > 0 || textOf(view) !== ''
    return spoken || this.#tools.clock.now() - (view.startedAt ?? view.askedAt) >= this.#tools.timings.silentForMs
  }

  #kind(): 'post' | 'edit' | null {
    const write = this.#next()
    return write?.kind === 'remove' ? 'edit' : (write?.kind ?? null)
  }

  async #perform(): Promise<void> {
    const write = this.#next()
    if (write === null || this.#view === null) return
    if (write.kind === 'post') await this.#post(this.#view, write.sheet, write.part)
    else if (write.kind === 'remove') await this.#remove(this.#view, write.part, write.message)
    else if (write.part?.message != null) await this.#edit(this.#view, write.sheet, write.part, write.part.message)
  }

  async #remove(view: RunView, part: Part, message: MessageId): Promise<void> {
    if ((await this.#tools.chat.remove(view.prompt.place, message)) === 'later') return this.#later()
    await this.#forget(part)
  }

  /** The message of a part is no more: should the part be said again, that is another message. */
  async #forget(part: Part): Promise<void> {
    const at = this.#tools.clock.now()
    const nonce = `${part.nonce.slice(0, 20)}.${at % 10_000}`
    await retry(this.#tools, 'gone', () => this.#tools.deliveries.gone(this.#run, part.part, nonce, at))
    this.#keep({ ...part, nonce, message: null, postedAt: null, at, hash: '', end: 0 })
  }

  async #post(view: RunView, sheet: Sheet, intended: Part | null): Promise<void> {
    const { chat, clock, checkpoint, deliveries } = this.#tools
    let part = intended
    if (part !== null && clock.now() - part.at > chat.pace.nonceForMs) {
      // Intended long ago, by an earlier life perhaps: look before saying it again.
      const known = this.#parts.flatMap((each) => (each.message === null ? [] : [each.message]))
      const found = await chat.find(view.prompt.place, sheet, part.at, known)
      if (found === 'later') return this.#later()
      if (found !== null) return this.#posted(sheet, found, { hash: '', end: 0 })
      part = null
    }
    if (part === null) {
      const nonce = intended?.nonce ?? nonceOf(this.#run, sheet.part)
      const intent = {
        run: this.#run,
        part: sheet.part,
        nonce,
        hash: sheet.hash,
        place: view.prompt.place.id,
        at: clock.now(),
      }
      await retry(this.#tools, 'intend', () => deliveries.intend(intent))
      part = { ...intent, message: null, postedAt: null, frozen: false, end: 0 }
      this.#keep(part)
      checkpoint('post-intended')
    }
    const first = sheet.part === 0 || sheet.rings
    const posted = await chat.post(view.prompt.place, sheet, {
      nonce: part.nonce,
      replyTo: first ? view.prompt.message : null,
      mention: sheet.rings ? view.prompt.speaker.id : null,
    })
    if (posted === 'later') return this.#later()
    if (posted === 'gone') return this.#giveUp()
    checkpoint('posted')
    // A repeated nonce gives the message of an earlier life, which may show less: then it is edited at once.
    await this.#posted(sheet, posted, intended === null ? sheet : { hash: '', end: 0 })
  }

  async #posted(sheet: Sheet, message: MessageId, shown: { hash: string; end: number }): Promise<void> {
    const at = this.#tools.clock.now()
    const kept = { hash: shown.hash, end: shown.end }
    await retry(this.#tools, 'posted', () => this.#tools.deliveries.posted(this.#run, sheet.part, message, kept, at))
    const part = this.#parts.find((each) => each.part === sheet.part)
    if (part !== undefined) this.#keep({ ...part, ...kept, message, postedAt: at })
  }

  async #edit(view: RunView, sheet: Sheet, part: Part, message: MessageId): Promise<void> {
    const { chat, clock, deliveries } = this.#tools
    const age = clock.now() - (part.postedAt ?? clock.now())
    const outcome = age > chat.pace.editableForMs ? 'too-old' : await chat.edit(view.prompt.place, message, sheet)
    if (outcome === 'later') return this.#later()
    if (outcome === 'too-old') {
      await retry(this.#tools, 'frozen', () => deliveries.frozen(this.#run, part.part))
      this.#keep({ ...part, frozen: true })
    } else if (outcome === 'gone') {
      await this.#forget(part)
    } else {
      const shown = { hash: sheet.hash, end: sheet.end }
      await retry(this.#tools, 'edited', () => deliveries.edited(this.#run, part.part, shown))
      this.#keep({ ...part, ...shown })
    }
  }

  #keep(part: Part): void {
    this.#parts = [...this.#parts.filter((each) => each.part !== part.part), part].sort((a, b) => a.part - b.part)
  }

  #later(): never {
    throw new Error('Discord cannot take it now; tried again shortly')
  }

  /** The place is gone or closed to us: nobody can be told, so the run goes on unheard and is never tried again. */
  async #giveUp(): Promise<void> {
    this.#tools.log.warn({ run: this.#run, place: this.#view?.prompt.place.id }, 'delivery.place-gone')
    await retry(this.#tools, 'settled', () => this.#tools.deliveries.settled(this.#run))
    this.#gaveUp = true
  }

  #type(view: RunView): void {
    const { clock, chat } = this.#tools
    const silent = isLive(view.run.state) && view.run.state !== 'stopping' && !this.#isWorthSaying(view)
    if (!silent || clock.now() - this.#typedAt < typingEveryMs) return
    this.#typedAt = clock.now()
    chat.typing(view.prompt.place).catch(() => undefined)
  }
}

/** Up to 25 characters, the same for every try: 80 bits of the run's id, and the part. */
function nonceOf(run: RunId, part: number): string {
  const bits = BigInt(`0x${run.replaceAll('-', '').slice(-20)}`)
  return `${bits.toString(36)}.${part}`
}
