import type { Chat } from '../core/chat.ts'
import type { Checkpoint } from '../core/checkpoint.ts'
import type { Clock } from '../core/clock.ts'
import type { MessageId } from '../core/ids.ts'
import type { Log } from '../core/log.ts'
import { ownerKind, type Message, type Owner, type OwnerKind, type Posting, type Postings } from '../core/message.ts'
import type { Timings } from '../core/timings.ts'
import { timeOf } from '../core/snowflake.ts'
import { HeldMessages, type HoldReason } from './holds.ts'
import { nonceOf, renewed } from './nonce.ts'
import { retry } from '../system/back-off.ts'
import type { Write } from './write.ts'
import type { MessageSource } from './source.ts'

export interface WriterTools {
  readonly chat: Chat
  readonly postings: Postings
  readonly clock: Clock
  readonly log: Log
  readonly checkpoint: Checkpoint
  readonly signal: AbortSignal
  readonly timings: Timings
}

/** Nothing is plainer than this: the sentence alone. */
const plainest = 3

/** The messages of one owner: what is known of them, and how each is posted, edited and taken away exactly once. */
export class Writer {
  readonly held: HeldMessages
  readonly #subject: MessageSource
  readonly #tools: WriterTools
  #postings: readonly Posting[]
  /** Intended, and nobody knows whether they were posted: by an earlier life, or before the connection broke. */
  readonly #unsure: Set<string>

  constructor(subject: MessageSource, postings: readonly Posting[], tools: WriterTools) {
    this.#subject = subject
    this.#postings = postings
    this.#tools = tools
    this.held = new HeldMessages(tools.clock, tools.timings)
    this.#unsure = new Set(postings.flatMap(({ role, at, message }) => (at !== null && message === null ? [role] : [])))
  }

  get owner(): Owner {
    return this.#subject.owner
  }

  get #kind(): OwnerKind {
    return ownerKind(this.owner)
  }

  get postings(): readonly Posting[] {
    return this.#postings
  }

  /** Since when the first of them has been shut out of its place; null: none is. */
  get closed(): Posting | null {
    return this.#postings.find(({ closedSince, over }) => closedSince !== null && !over) ?? null
  }

  async perform(write: Write): Promise<void> {
    switch (write.kind) {
      case 'freeze':
        return this.#keep({ ...write.posting, frozen: true })
      case 'remove':
        return this.#remove(write.posting, write.id, write.again)
      case 'edit':
        return this.#edit(write)
      case 'post':
        return this.#post(write)
    }
  }

  async #remove(posting: Posting, id: MessageId, again: boolean): Promise<void> {
    const outcome = await this.#tools.chat.remove(posting.place, id)
    if (outcome !== 'removed') return this.#wait(posting, outcome)
    this.held.clear(posting.role)
    if (again) return this.#keep(renewed(posting, this.#tools.clock.now()))
    await retry(this.#tools, 'message-forgotten', () => this.#tools.postings.forget(posting.owner, posting.role))
    this.#postings = this.#postings.filter(({ role }) => role !== posting.role)
  }

  async #post({ message, posting: known, form }: Write & { kind: 'post' }): Promise<void> {
    const { chat, clock, checkpoint } = this.#tools
    const isUnsure = this.#unsure.has(message.role)
    const posting = await this.#intend(message, known, isUnsure)
    if (posting === null) return
    const { plainness, rendering } = form
    const posted = await chat.post(posting.place, rendering, {
      nonce: posting.nonce,
      replyTo: plainness > 0 ? null : message.replyTo,
      mention: plainness > 0 ? null : message.mention,
    })
    switch (posted) {
      case 'gone':
        this.#tools.log.warn({ owner: this.owner, place: posting.place.id, role: message.role }, 'message.place-gone')
        return this.end(posting)
      case 'refused':
        return this.#refused(message, posting, plainness, 'post')
      case 'closed':
        return this.#wait(posting, 'closed')
      case 'later':
        this.#unsure.add(message.role)
        return this.#wait(posting, 'later')
    }
    checkpoint('posted', this.#kind)
    if ((this.#kind === 'approval' || this.#kind === 'asks') && message.role === 'ask') checkpoint('approval-posted')
    if (message.pinned) await chat.pin(posting.place, posted)
    // A repeated nonce gives the message of an earlier try, which may show something else: then it is edited at once.
    const shown = isUnsure ? { shown: '', end: 0 } : { shown: rendering.hash, end: rendering.end }
    await this.#stands({ ...posting, ...shown, message: posted, postedAt: clock.now() })
    checkpoint('remembered', this.#kind)
    this.#subject.posted?.({ ...posting, message: posted })
  }

  /** Keeps that it is about to be posted. Null: it had been, and was found. */
  async #intend(message: Message, known: Posting | null, isUnsure: boolean): Promise<Posting | null> {
    const { chat, clock, checkpoint } = this.#tools
    const now = clock.now()
    if (known !== null && known.at !== null && isUnsure) {
      const age = now - known.at
      // A clock that was set back tells no age.
      if (age >= 0 && age <= chat.pace.nonceForMs) return known
      const others = this.#postings.flatMap(({ message: id }) => (id === null ? [] : [id]))
      const found = await chat.find(known.place, message.rendering, known.at, others)
      if (found === 'later') {
        await this.#wait(known, 'later')
        return null
      }
      if (found !== null) {
        await this.#stands({ ...known, message: found, postedAt: timeOf(found), shown: '', end: 0 })
        this.#subject.posted?.({ ...known, message: found })
        return null
      }
      this.#unsure.delete(message.role)
    } else if (known !== null && known.at !== null) return known
    const fresh: Posting = {
      ...(known ?? blank),
      owner: this.owner,
      role: message.role,
      place: message.place,
      nonce: known === null || known.nonce === '' ? nonceOf(this.owner, message.role) : known.nonce,
      at: now,
    }
    await this.#keep(fresh)
    checkpoint('post-intended', this.#kind)
    return fresh
  }

  async #edit({ message, posting, id, form }: Write & { kind: 'edit' }): Promise<void> {
    const outcome = await this.#tools.chat.edit(posting.place, id, form.rendering)
    switch (outcome) {
      case 'edited':
        return this.#stands({
          ...posting,
          shown: form.rendering.hash,
          end: posting.frozen ? posting.end : form.rendering.end,
        })
      case 'gone':
        if (message.whenDeleted === 'enough') return this.end(posting)
        return this.#stands(renewed(posting, this.#tools.clock.now()))
      case 'refused':
        return this.#refused(message, posting, form.plainness, 'edit')
      case 'too-old':
        // Discord takes few edits of old messages: what it shows stays until then, and what comes goes on elsewhere.
        if (!posting.frozen && message.goesOn !== 'no' && posting.end > 0) {
          await this.#keep({ ...posting, frozen: true })
        }
        return this.#wait(posting, 'too-old')
      case 'closed':
      case 'later':
        return this.#wait(posting, outcome)
    }
  }

  /** It is said plainer; when nothing at all is taken, what stands is taken away and said anew, or it waits. */
  async #refused(message: Message, posting: Posting, plainness: number, deed: 'post' | 'edit'): Promise<void> {
    const { log } = this.#tools
    const fields = { owner: this.owner, role: message.role, place: posting.place.id, deed, plainness }
    if (plainness < plainest) {
      log.warn(fields, 'message.said-plainer')
      const next = plainness === 0 ? Math.max(1, posting.plainness) : plainness + 1
      const refused = plainness === 0 ? message.rendering.hash : posting.refused
      return this.#keep({ ...posting, plainness: next, refused })
    }
    log.error(fields, 'message.refused')
    const asDrawn = { ...posting, plainness: 0, refused: '' }
    if (deed === 'edit' && message.steady && posting.message !== null) {
      this.#know(asDrawn)
      return this.#remove(asDrawn, posting.message, true)
    }
    await this.#wait(asDrawn, 'refused')
  }

  /** It could not be written, and is tried again. */
  async #wait(posting: Posting, reason: HoldReason): Promise<void> {
    const { log, clock } = this.#tools
    const againInMs = this.held.hold(posting.role, reason)
    log.warn({ owner: this.owner, role: posting.role, place: posting.place.id, reason, againInMs }, 'message.waits')
    // Trouble of Discord's that lasts is told of like a closed place: people wait for what is in it.
    if (reason === 'too-old' || (reason === 'later' && !this.held.lasts(posting.role))) return
    if (posting.closedSince === null) await this.#keep({ ...posting, closedSince: clock.now() })
    else if (posting !== this.#postings.find(({ role }) => role === posting.role)) await this.#keep(posting)
    if (reason !== 'later' && (await this.#subject.shutOut?.(posting)) === true) await this.end(posting)
  }

  /** It is as it should be now, as far as its place is concerned. */
  async #stands(posting: Posting): Promise<void> {
    this.held.clear(posting.role)
    this.#unsure.delete(posting.role)
    await this.#keep({ ...posting, closedSince: null })
  }

  /** Its message is no more, and need not stand again. */
  async end(posting: Posting): Promise<void> {
    this.held.clear(posting.role)
    await this.#keep({ ...posting, closedSince: null, over: true })
    await this.#subject.gone?.(posting)
  }

  async #keep(posting: Posting): Promise<void> {
    await retry(this.#tools, 'message', () => this.#tools.postings.keep(posting))
    this.#know(posting)
  }

  #know(posting: Posting): void {
    const at = this.#postings.findIndex(({ role }) => role === posting.role)
    this.#postings = at === -1 ? [...this.#postings, posting] : this.#postings.with(at, posting)
  }
}

const blank = {
  message: null,
  postedAt: null,
  shown: '',
  end: 0,
  frozen: false,
  over: false,
  plainness: 0,
  refused: '',
  closedSince: null,
  nonce: '',
} as const
