import type { Chat } from '../core/chat.ts'
import { pause, type Clock } from '../core/clock.ts'
import type { RunEvent } from '../core/event.ts'
import { messageOf } from '../core/failure.ts'
import type { MessageId, PlaceId, PromptKey, SessionId } from '../core/ids.ts'
import type { Journal, OpenRun } from '../core/journal.ts'
import type { Log } from '../core/log.ts'
import type { Person } from '../core/person.ts'
import type { Session } from '../core/session.ts'
import type { Catalogue } from '../core/phrases.ts'
import type { Timings } from '../core/timings.ts'
import type { Vault } from '../core/vault.ts'
import { wallboardOf, type Wallboard } from '../core/wallboard.ts'
import { retry } from '../system/back-off.ts'
import { BoardSubject, type BoardTools } from './board.ts'
import type { Reconciler } from './reconciler.ts'

/** Whatever changes what stands on a board. */
const tellings: ReadonlySet<RunEvent['type']> = new Set([
  'asked',
  'refused',
  'admitted',
  'started',
  'wanted',
  'answered',
  'withdrawn',
  'stopped',
  'lost',
  'forgotten',
  'parked',
  'finished',
])

export interface BoardsTools {
  readonly chat: Chat
  readonly vault: Vault
  readonly journal: Journal
  readonly catalogue: Catalogue
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
  readonly timings: Timings
  readonly reconciler: Reconciler
}

/** The boards of all channels, looked at together and seldom. */
export class Boards {
  readonly #tools: BoardsTools
  readonly #subjects = new Map<PlaceId, BoardSubject>()
  #open: readonly OpenRun[] = []
  #names = new Map<SessionId, string>()
  #timer: Disposable | null = null
  #lookedAt = Number.NEGATIVE_INFINITY
  #round: Promise<void> = Promise.resolve()

  constructor(tools: BoardsTools) {
    this.#tools = tools
  }

  take(event: RunEvent): void {
    if (tellings.has(event.type)) this.look()
  }

  /** Something may have changed. Cheap to call too often. */
  look(): void {
    const { clock, signal, timings } = this.#tools
    if (this.#timer !== null || signal.aborted) return
    const wait = Math.max(timings.boardBreathMs, this.#lookedAt + timings.boardEveryMs - clock.monotonic())
    this.#timer = clock.after(wait, () => {
      this.#timer = null
      this.#lookedAt = clock.monotonic()
      this.#round = this.#lookAround()
    })
  }

  /** Goes on with the boards of an earlier life. */
  async resume(): Promise<void> {
    const { vault, reconciler } = this.#tools
    const boards = await vault.boards.all()
    if (boards.length > 0) await this.#read()
    for (const board of boards) await reconciler.keep(this.#subjectOf(board))
  }

  async putUp(place: Wallboard['place'], by: Person, key: PromptKey): Promise<'stands' | 'gone' | 'later'> {
    const { vault, clock, reconciler, signal, timings } = this.#tools
    const board: Wallboard = { place, locale: by.locale, key: `b.${key}`, at: clock.now() }
    await vault.boards.put(board)
    await this.#read()
    const subject = this.#subjectOf(board)
    const outcome = subject.put(board)
    await reconciler.keep(subject)
    const patience = new AbortController()
    const later = pause(clock, timings.boardWithinMs, AbortSignal.any([signal, patience.signal])).then(
      () => 'later' as const,
    )
    const first = await Promise.race([outcome, later])
    patience.abort()
    return first
  }

  /** Messages are no more; a board that was deleted is forgotten. */
  deleted(place: PlaceId, messages: readonly MessageId[]): void {
    this.#tools.reconciler.keeperOf(`board:${place}`)?.deleted(messages)
  }

  /** Resolves when nothing is read any more. */
  async close(): Promise<void> {
    this.#timer?.[Symbol.dispose]()
    await this.#round
  }

  async #lookAround(): Promise<void> {
    if (this.#subjects.size === 0 || this.#tools.signal.aborted) return
    try {
      await this.#read()
      for (const { owner } of this.#subjects.values()) this.#tools.reconciler.keeperOf(owner)?.look()
    } catch (error) {
      this.#tools.log.error({ error: messageOf(error) }, 'board.failed')
      this.look()
    }
  }

  /** What goes on now, as far as everybody in a channel may know of it. */
  async #read(): Promise<void> {
    const { journal, vault, chat } = this.#tools
    const sessions = new Map<SessionId, Session | null>()
    const open: OpenRun[] = []
    for (const run of await journal.open()) {
      const { session: id, prompt } = run
      if (!sessions.has(id)) sessions.set(id, await vault.session(id))
      // A private place can be attached to a session of an open one, and the other way round.
      const places = [prompt.place, sessions.get(id)?.place ?? prompt.place]
      const hidden = await Promise.all(places.map((place) => chat.isPrivate(place)))
      if (!hidden.includes(true)) open.push(run)
    }
    this.#open = open
    this.#names = new Map([...sessions].map(([id, session]) => [id, session?.name ?? '']))
  }

  #subjectOf(board: Wallboard): BoardSubject {
    const known = this.#subjects.get(board.place.id)
    if (known !== undefined) return known
    const subject = new BoardSubject(board, this.#boardTools())
    this.#subjects.set(board.place.id, subject)
    return subject
  }

  #boardTools(): BoardTools {
    const { chat, clock, catalogue, vault } = this.#tools
    return {
      chat,
      clock,
      lines: ({ id }) => wallboardOf(id, this.#open, (session) => this.#names.get(session) ?? ''),
      say: ({ locale }) => catalogue[locale],
      forget: async (board) => {
        await retry(this.#tools, 'board-forgotten', () => vault.boards.forget(board))
        if (this.#subjects.get(board.place.id)?.isGone === true) this.#subjects.delete(board.place.id)
      },
    }
  }
}
