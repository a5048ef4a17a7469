import type { Chat, ChatMessage, Inbox, Reply, RunButton } from '../core/chat.ts'
import { pause, type Clock, type EpochMs } from '../core/clock.ts'
import { messageOf } from '../core/failure.ts'
import type { MessageId, PlaceId, PromptKey } from '../core/ids.ts'
import type { Log } from '../core/log.ts'
import type { Locale, Person } from '../core/person.ts'
import type { Catalogue } from '../core/phrases.ts'
import { composeSessionKey, type Place } from '../core/place.ts'
import type { Session } from '../core/session.ts'
import { before, isLater } from '../core/snowflake.ts'
import type { Vault } from '../core/vault.ts'
import type { EngineDesk } from './desk.ts'
import { allSeats, seatAt, type Seat } from './seats.ts'
import { Sequence } from './sequence.ts'

/**
 * Dispatches may arrive out of order around a dying connection, so a gap is read from a little before the last message
 * seen. What is read twice is a no-op, because a prompt's key is its message.
 */
const overlapMs = 120_000
/** How often a place that cannot be read is tried again, at the most. */
const retryMs = 15_000

export interface IntakeTools {
  readonly vault: Vault
  readonly desk: EngineDesk
  readonly chat: Chat
  readonly catalogue: Catalogue
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
  /** The language for those whose own is not known. */
  readonly locale: Locale
}

/**
 * Where messages come in: decides which are prompts, keeps their order per place, and reads what was written while
 * nobody listened.
 */
export class Intake implements Inbox {
  readonly #tools: IntakeTools
  readonly #order = new Map<PlaceId, Sequence>()
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

  gap(): void {
    this.#gap += 1
    void this.#catchUpAll()
  }

  async press(button: RunButton, person: Person, place: Place): Promise<Reply> {
    const say = this.#tools.catalogue[person.locale]
    const stopped = await this.#tools.desk.stopRun(person, place, button.run)
    return { text: stopped.ok ? say.stopped(stopped.value) : say.refusal(stopped.refusal), hidden: true }
  }

  async placeGone(place: PlaceId): Promise<void> {
    const sessions = await this.#tools.vault.liveSessions()
    for (const session of sessions.filter((each) => each.place.id === place)) {
      await this.#tools.desk.endSession(session)
    }
    const attached = (await this.#tools.vault.attachments.all()).filter((each) => each.place.id === place)
    for (const { key } of attached) await this.#tools.vault.attachments.remove(key)
  }

  /** Resolves when all that came in so far is dealt with. */
  async idle(): Promise<void> {
    await Promise.all([...this.#order.values()].map((order) => order.idle()))
  }

  async #catchUpAll(): Promise<void> {
    const { vault, log, signal, clock } = this.#tools
    try {
      this.#awaySince ??= await vault.lastAlive()
      const seats = await allSeats(vault)
      await Promise.all(seats.map((seat) => this.#inOrder(seat.place.id, async () => void (await this.#catchUp(seat)))))
      if (seats.every((seat) => this.#read.get(seat.place.id) === this.#gap)) {
        this.#awaySince = null
        await vault.alive(clock.now())
        return
      }
    } catch (error) {
      log.error({ error: messageOf(error) }, 'catch-up.failed')
    }
    await pause(clock, retryMs, signal)
    if (!signal.aborted) void this.#catchUpAll()
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
    const isNew = (message: ChatMessage): boolean => isLater(message.id, seen)
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
    const { vault, desk } = this.#tools
    const { place, author } = message
    if (seat !== null && !isLater(message.id, seat.since)) return
    if (!isForUs(message, seat?.session ?? null)) return
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
    const asked = await desk.ask({
      key: message.id as string as PromptKey,
      place,
      speaker: author,
      text: message.text,
      message: message.id,
    })
    if (asked.kind === 'refused') {
      await this.#tellOnce(message, 'refused', (say) => say.refusal(asked.refusal))
      // Told once, the place is nobody's again.
      if (asked.refusal.code === 'attached-ended') await vault.attachments.remove(composeSessionKey(place))
    }
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
    if (order === undefined) this.#order.set(place, (order = new Sequence()))
    return order.run(work).catch((error: unknown) => {
      this.#tools.log.error({ place, error: messageOf(error) }, 'intake.failed')
    })
  }
}

/**
 * Whether a message starts a prompt (SPEC F2): in a thread with a session or a DM every message; in a channel one that
 * mentions the bot or replies to it, or is by the person who started the session there.
 */
function isForUs(message: ChatMessage, session: Session | null): boolean {
  if (message.addressed) return true
  if (session === null) return message.place.kind === 'dm'
  return message.place.kind !== 'channel' || message.author.id === session.owner
}
