import type { Chat } from '../core/chat.ts'
import type { Clock } from '../core/clock.ts'
import type { Message, Owner, Posting } from '../core/message.ts'
import type { Phrases } from '../core/phrases.ts'
import type { Wallboard, WallboardLine } from '../core/wallboard.ts'
import type { Urgency } from './pace.ts'
import type { Write } from './write.ts'
import type { Concern, MessageSource, Wanted } from './source.ts'

/** A message past its first hour may be edited, but rarely. */
const oldEveryMs = 60_000

export interface BoardTools {
  readonly chat: Chat
  readonly clock: Clock
  /** What goes on in a channel, as of the last look. */
  lines(channel: Wallboard['place']): readonly WallboardLine[]
  say(board: Wallboard): Phrases
  /** Somebody took it away, or its channel is gone. */
  forget(board: Wallboard): Promise<void>
}

/**
 * The board of a channel. Its text is made from the journal each time and compared with what stands, so nothing has to
 * be remembered of what changed: after a death the next look is as good as any.
 */
export class BoardSubject implements MessageSource {
  readonly owner: Owner
  readonly #tools: BoardTools
  #board: Wallboard | null
  #drawn: { readonly message: Message; readonly at: number } | null = null
  #outcome = Promise.withResolvers<'stands' | 'gone'>()

  constructor(board: Wallboard, tools: BoardTools) {
    this.owner = `board:${board.place.id}`
    this.#board = board
    this.#tools = tools
  }

  /** It stands no more, and is not to stand again. */
  get isGone(): boolean {
    return this.#board === null
  }

  /** Another board takes its place: what becomes of that one. */
  put(board: Wallboard): Promise<'stands' | 'gone'> {
    this.#board = board
    this.#drawn = null
    this.#outcome = Promise.withResolvers()
    return this.#outcome.promise
  }

  wanted(postings: readonly Posting[]): Wanted {
    const board = this.#board
    const known = postings.find(({ role }) => role === board?.key)
    const isThere = board !== null && known?.over !== true
    const drawn = isThere ? this.#draw(board, known ?? null) : null
    // Posted by an earlier life, which died before whoever put it up was told.
    if (isThere && known?.message != null) this.#outcome.resolve('stands')
    return {
      messages: drawn === null ? [] : [drawn.message],
      ordered: false,
      // Moved to the end: first the earlier one goes, so that a death in between leaves none rather than two.
      exact: true,
      over: !isThere,
      againInMs: drawn === null ? null : drawn.againInMs,
      typingIn: null,
    }
  }

  /** Whoever puts it up waits for it to stand. */
  urgencyOf({ kind }: Write): Urgency {
    return kind === 'post' ? 'first' : 'card'
  }

  concern(): Concern | null {
    return null
  }

  posted(): void {
    this.#outcome.resolve('stands')
  }

  async gone({ role }: Posting): Promise<void> {
    const board = this.#board
    if (board === null || board.key !== role) return
    this.#board = null
    await this.#tools.forget(board)
    this.#outcome.resolve('gone')
  }

  #draw(board: Wallboard, known: Posting | null): { message: Message; againInMs: number | null } {
    const { chat, clock } = this.#tools
    const age = known?.postedAt == null ? 0 : clock.now() - known.postedAt
    const isOld = age > chat.pace.editableForMs
    const before = this.#drawn
    const rest = before === null || !isOld ? 0 : before.at + oldEveryMs - clock.monotonic()
    if (before !== null && rest > 0) return { message: before.message, againInMs: rest }
    this.#drawn = { message: this.#message(board), at: clock.monotonic() }
    return { message: this.#drawn.message, againInMs: null }
  }

  #message(board: Wallboard): Message {
    const { place, locale, key } = board
    const { chat } = this.#tools
    const text = this.#tools.say(board).board(this.#tools.lines(place), place.guild)
    return {
      role: key,
      place,
      rendering: chat.board(text),
      replyTo: null,
      mention: null,
      locale,
      steady: true,
      asks: false,
      pinned: true,
      goesOn: 'no',
      whenDeleted: 'enough',
    }
  }
}
