import type { Chat, ChatMessage, History } from '../core/chat.ts'
import { pause, type Clock, type EpochMs } from '../core/clock.ts'
import { messageOf } from '../core/failure.ts'
import type { MessageId, PlaceId } from '../core/ids.ts'
import type { Journal } from '../core/journal.ts'
import { isForUs, type ChannelRules } from '../core/listening.ts'
import type { Log } from '../core/log.ts'
import type { ReadUrgency } from '../core/pace.ts'
import type { Place } from '../core/place.ts'
import { allBindings, bindingAt, type Binding } from '../core/session-lookup.ts'
import { before, isLater } from '../core/snowflake.ts'
import type { Timings } from '../core/timings.ts'
import type { Vault } from '../core/vault.ts'
import { background } from '../system/background.ts'
import type { EngineDesk } from './desk.ts'

/**
 * Dispatches may arrive out of order around a dying connection, so a gap is read from a little before the last message
 * seen. What is read twice is a no-op, because a prompt's key is its message.
 */
const overlapMs = 120_000
/** So many places are read at once after a gap. */
const atOnce = 4
/** A team of so few places waits for nobody; what more there are is read a dozen a second, beside what people do. */
const few = 20

export interface CatchUpTools {
  readonly journal: Journal
  readonly vault: Vault
  readonly chat: Chat
  readonly desk: EngineDesk
  readonly channel: ChannelRules
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
  readonly timings: Timings
  /** Called when the messages of waiting prompts have been looked at again after a gap. */
  readonly lookedAgain: () => void
  /** Work in the order of a place. */
  run(place: PlaceId, work: () => Promise<void>): Promise<void>
  take(message: ChatMessage, binding: Binding): Promise<void>
  lookAgain(message: ChatMessage): Promise<void>
  takeBack(place: PlaceId, messages: readonly MessageId[]): Promise<void>
  leave(place: PlaceId): Promise<void>
  sayAway(last: ChatMessage, ms: number, prompts: number): Promise<void>
}

/** Reads what was written while nobody listened; what could not be read stays owed. */
export class CatchUp {
  readonly #tools: CatchUpTools
  /** The gap up to which a place has been read. */
  readonly #read = new Map<PlaceId, number>()
  #gap = 0
  #awaySince: EpochMs | null = null

  constructor(tools: CatchUpTools) {
    this.#tools = tools
  }

  /** From here back, messages may have been missed everywhere. */
  gap(): void {
    this.#gap += 1
    background(this.#catchUpAll(), this.#tools.log, 'chat.catch-up')
  }

  isUpToDate(place: PlaceId): boolean {
    return this.#read.get(place) === this.#gap
  }

  async #catchUpAll(): Promise<void> {
    const { vault, log, signal, clock, lookedAgain } = this.#tools
    try {
      this.#awaySince ??= await vault.lastAlive()
      const looked = await this.#lookAtWaiting()
      lookedAgain()
      const bindings = await allBindings(vault)
      // A message that comes meanwhile has its own place read at once, however many there are.
      const left = bindings.values()
      const urgency = bindings.length <= few ? 'asked' : 'many'
      await Promise.all(Array.from({ length: atOnce }, () => this.#readAll(left, urgency)))
      if (looked && bindings.every((binding) => this.#read.get(binding.place.id) === this.#gap)) {
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

  async #readAll(bindings: Iterable<Binding>, urgency: ReadUrgency): Promise<void> {
    for (const binding of bindings)
      await this.#tools.run(binding.place.id, async () => void (await this.read(binding, urgency)))
  }

  /** A session has begun in a place: what was said there meanwhile is read before somebody asks for more. */
  began(place: Place): void {
    const read = this.#tools.run(place.id, async () => {
      const binding = await bindingAt(this.#tools.vault, place)
      if (binding !== null) await this.read(binding)
    })
    background(read, this.#tools.log, 'chat.catch-up')
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
        if (now === 'gone') await this.#tools.run(place.id, () => this.#tools.takeBack(place.id, [message]))
        else if (now !== 'closed') await this.#tools.run(place.id, () => this.#tools.lookAgain(now))
      } catch (error) {
        looked = false
        log.warn({ message, error: messageOf(error) }, 'catch-up.failed')
      }
    }
    return looked
  }

  /** Reads what a session's place got while nobody listened. False: it cannot be read now. */
  async read(binding: Binding, urgency: ReadUrgency = 'asked'): Promise<boolean> {
    const { vault, chat, log } = this.#tools
    const { place, since } = binding
    const gap = this.#gap
    if (this.isUpToDate(place.id)) return true
    const seen = (await vault.seenIn(place.id)) ?? since
    const overlap = before(seen, overlapMs)
    const begin = isLater(overlap, since) ? overlap : since
    const isNew = (message: ChatMessage): boolean =>
      isLater(message.id, seen) && isForUs(message, binding.session, this.#tools.channel)
    let read = 0
    try {
      for (let from: MessageId | null = begin; from !== null;) {
        const missed: History | 'gone' | 'closed' = await chat.history(place, from, urgency)
        if (missed === 'gone') await this.#tools.leave(place.id)
        if (typeof missed === 'string') break
        const { messages, readTo } = missed
        if (from === begin) await this.#sayAway(place, messages.filter(isNew))
        for (const message of messages) await this.#tools.take(message, binding)
        const last = messages.at(-1)
        if (last !== undefined) await vault.saw(place.id, last.id)
        read += messages.length
        from = readTo
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
    await this.#tools.sayAway(last, away, prompts.length)
  }
}
