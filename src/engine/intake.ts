import type { ChatMessage, Inbox } from '../core/chat.ts'
import { pause, type Clock, type EpochMs } from '../core/clock.ts'
import { messageOf, type Refusal } from '../core/failure.ts'
import type { Features } from '../core/feature.ts'
import type { MessageId, PlaceId, PromptKey } from '../core/ids.ts'
import { isForUs } from '../core/listening.ts'
import type { Outbox } from '../core/message.ts'
import type { Locale, Person } from '../core/person.ts'
import type { Catalogue } from '../core/phrases.ts'
import { composeSessionKey, type Place, type Whereabouts } from '../core/place.ts'
import type { Session } from '../core/session.ts'
import { before, isLater } from '../core/snowflake.ts'
import type { Timings } from '../core/timings.ts'
import { background } from '../system/background.ts'
import { contextOf } from './context.ts'
import { keepFiles } from './files.ts'
import { lookAgain, takeBack, type SecondLookTools } from './second-look.ts'
import { allSeats, seatAt, type Seat } from '../core/session-lookup.ts'
import { Mutex } from '../system/mutex.ts'

/**
 * Dispatches may arrive out of order around a dying connection, so a gap is read from a little before the last message
 * seen. What is read twice is a no-op, because a prompt's key is its message.
 */
const overlapMs = 120_000

export interface IntakeTools extends SecondLookTools {
  readonly catalogue: Catalogue
  readonly features: Features
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly timings: Timings
  /** The language for those whose own is not known. */
  readonly locale: Locale
  /** Called when the messages of waiting prompts have been looked at again after a gap. */
  readonly lookedAgain: () => void
  readonly outbox: Outbox
}

/**
 * Where messages come in: decides which are prompts, keeps their order per place, and reads what was written while
 * nobody listened.
 */
export class Intake implements Inbox {
  readonly #tools: IntakeTools
  readonly #order = new Map<PlaceId, Mutex>()
  /** The gap up to which a place has been read. */
  readonly #read = new Map<PlaceId, number>()
  #gap = 0
  #awaySince: EpochMs | null = null

  constructor(tools: IntakeTools) {
    this.#tools = tools
  }

  message(message: ChatMessage): Promise<void> {
    return this.#inOrder(message.place.id, async () => {
      const seat = await seatAt(this.#tools.vault, message.place)
      const upToDate = seat !== null && (await this.#catchUp(seat))
      await this.#take(message, seat)
      // With a gap still unread, the mark stays before it; where no session is, nothing is ever read again.
      if (upToDate) await this.#tools.vault.saw(message.place.id, message.id)
    })
  }

  edited(message: ChatMessage): Promise<void> {
    return this.#inOrder(message.place.id, () => this.#lookAgain(message))
  }

  deleted(place: PlaceId, messages: readonly MessageId[]): Promise<void> {
    return this.#inOrder(place, async () => {
      this.#tools.outbox.deleted(place, messages)
      for (const message of messages) await takeBack(message, this.#tools)
    })
  }

  gap(): void {
    this.#gap += 1
    background(this.#catchUpAll(), this.#tools.log, 'chat.catch-up')
  }

  placeGone(place: PlaceId): Promise<void> {
    return this.#tools.features.placeGone(place)
  }

  placeChanged(where: Whereabouts): void {
    this.#tools.outbox.placeChanged(where)
  }

  /** A session was started: its channel is told now which messages reach the agent. */
  began(session: Session, locale: Locale): void {
    this.#notice(session.place, locale)
  }

  /** Resolves when all that came in so far is dealt with. */
  async idle(): Promise<void> {
    await Promise.all([...this.#order.values()].map((order) => order.idle()))
  }

  /** Once in each channel, at the first use there: which messages reach the agent. */
  #notice(place: Place, locale: Locale): void {
    const { outbox, catalogue, channel, log } = this.#tools
    if (place.kind !== 'channel') return
    const text = catalogue[locale].channelNotice(channel)
    background(outbox.say({ key: `notice:${place.id}`, place, text, replyTo: null, mention: null }), log, 'notice')
  }

  async #catchUpAll(): Promise<void> {
    const { vault, log, signal, clock, lookedAgain } = this.#tools
    try {
      this.#awaySince ??= await vault.lastAlive()
      const looked = await this.#lookAtWaiting()
      lookedAgain()
      const seats = await allSeats(vault)
      await Promise.all(seats.map((seat) => this.#inOrder(seat.place.id, async () => void (await this.#catchUp(seat)))))
      if (looked && seats.every((seat) => this.#read.get(seat.place.id) === this.#gap)) {
        this.#awaySince = null
        await vault.alive(clock.now())
        return
      }
    } catch (error) {
      log.error({ error: messageOf(error) }, 'catch-up.failed')
    }
    await pause(clock, this.#tools.timings.rereadAfterMs, signal)
    if (!signal.aborted) background(this.#catchUpAll(), log, 'chat.catch-up')
  }

  /** What happened to the messages of waiting prompts while nobody listened. False: some cannot be read now. */
  async #lookAtWaiting(): Promise<boolean> {
    const { journal, chat, log } = this.#tools
    let looked = true
    for (const { state, prompt } of await journal.open()) {
      const { message, place } = prompt
      if (state !== 'waiting' || message === null) continue
      try {
        const now = await chat.reread(place, message)
        if (now === 'gone') await this.deleted(place.id, [message])
        else if (now !== 'closed') await this.edited(now)
      } catch (error) {
        looked = false
        log.warn({ message, error: messageOf(error) }, 'catch-up.failed')
      }
    }
    return looked
  }

  async #lookAgain(message: ChatMessage): Promise<void> {
    const refusal = await lookAgain(message, this.#tools)
    if (refusal !== null)
      await this.#tell(message.place, message.id, message.author, 'edit', (say) => say.refusal(refusal))
  }

  /** Reads what a session's place got while nobody listened. False: it cannot be read now. */
  async #catchUp(seat: Seat): Promise<boolean> {
    const { vault, chat, log } = this.#tools
    const { place, since } = seat
    const gap = this.#gap
    if (this.#read.get(place.id) === gap) return true
    const seen = (await vault.seenIn(place.id)) ?? since
    const overlap = before(seen, overlapMs)
    const begin = isLater(overlap, since) ? overlap : since
    const isNew = (message: ChatMessage): boolean =>
      isLater(message.id, seen) && isForUs(message, seat.session, this.#tools.channel)
    let from = begin
    let read = 0
    try {
      for (let missed = await chat.history(place, from); missed.length > 0; missed = await chat.history(place, from)) {
        if (missed === 'gone') await this.placeGone(place.id)
        if (typeof missed === 'string') break
        if (from === begin) await this.#sayAway(place, missed.filter(isNew))
        for (const message of missed) await this.#take(message, seat)
        from = missed.at(-1)?.id ?? from
        await vault.saw(place.id, from)
        read += missed.length
      }
      log.info({ place: place.id, read }, 'catch-up.read')
      this.#read.set(place.id, gap)
      return true
    } catch (error) {
      log.warn({ place: place.id, error: messageOf(error) }, 'catch-up.failed')
      return false
    }
  }

  /** After a restart that kept people waiting, one line says so; a gap of seconds needs no word. */
  async #sayAway(place: Place, missed: readonly ChatMessage[]): Promise<void> {
    const last = missed.at(-1)
    if (this.#awaySince === null || last === undefined) return
    const verdicts = await Promise.all(missed.map(({ author }) => this.#tools.desk.judge(author, 'prompt', place)))
    const prompts = verdicts.filter(({ allowed }) => allowed)
    const away = this.#tools.clock.now() - this.#awaySince
    if (away < 60_000 || prompts.length === 0) return
    await this.#tell(place, last.id, last.author, 'away', (say) => say.wasAway(away, prompts.length))
  }

  async #take(message: ChatMessage, seat: Seat | null): Promise<void> {
    const { vault, desk, journal } = this.#tools
    const { place, author } = message
    const session = seat?.session ?? null
    if (seat !== null && !isLater(message.id, seat.since)) return
    if (!isForUs(message, session, this.#tools.channel)) return
    if (!(await desk.judge(author, 'prompt', place)).allowed) {
      if (await vault.once(`not-for-you:${place.id}:${author.id}`, this.#tools.clock.now())) {
        await this.#tell(place, message.id, author, 'no', (say) => say.notForYou())
      }
      return
    }
    if (seat === null) {
      await this.#tellOnce(message, 'no-session', (say) => say.noSessionHere())
      return
    }
    const key = message.id as string as PromptKey
    // Read again around a gap: it was taken in, with what belongs to it, or refused, and that stands.
    if ((await journal.find(key)) !== null || (await vault.saidAt(refusedKey(message.id))) !== null) return
    const context = await contextOf(message, this.#tools)
    const files = await keepFiles(message.files, this.#tools)
    if (!files.ok) {
      await this.#refuse(message, files.refusal)
      return
    }
    const asked = await desk.ask({
      key,
      place,
      speaker: author,
      text: message.text,
      message: message.id,
      context,
      attachments: files.value,
    })
    if (asked.kind === 'refused') {
      await this.#refuse(message, asked.refusal)
      // Told once, the place is nobody's again.
      if (asked.refusal.code === 'attached-ended') await vault.attachedPlaces.remove(composeSessionKey(place))
    }
    this.#notice(place, author.locale)
  }

  /** Told before it is kept that it was: killed in between, the same nonce keeps it from standing there twice. */
  async #refuse(message: ChatMessage, refusal: Refusal): Promise<void> {
    await this.#tell(message.place, message.id, message.author, 'refused', (say) => say.refusal(refusal))
    await this.#tools.vault.once(refusedKey(message.id), this.#tools.clock.now())
  }

  async #tellOnce(message: ChatMessage, what: string, text: (say: Catalogue[Locale]) => string): Promise<void> {
    if (!(await this.#tools.vault.once(`${what}:${message.id}`, this.#tools.clock.now()))) return
    await this.#tell(message.place, message.id, message.author, what, text)
  }

  async #tell(
    place: Place,
    to: MessageId,
    person: Person,
    what: string,
    text: (say: Catalogue[Locale]) => string,
  ): Promise<void> {
    const say = this.#tools.catalogue[person.locale] ?? this.#tools.catalogue[this.#tools.locale]
    await this.#tools.chat.tell(place, text(say), {
      nonce: `${to}.${what.slice(0, 4)}`,
      replyTo: what === 'away' ? null : to,
      mention: null,
    })
  }

  #inOrder(place: PlaceId, work: () => Promise<void>): Promise<void> {
    let order = this.#order.get(place)
    if (order === undefined) this.#order.set(place, (order = new Mutex()))
    return order.run(work).catch((error: unknown) => {
      this.#tools.log.error({ place, error: messageOf(error) }, 'intake.failed')
    })
  }
}

function refusedKey(message: MessageId): string {
  return `refused:${message}`
}
