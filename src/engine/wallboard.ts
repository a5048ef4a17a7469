import { wallboardOf, type Wallboard } from '../core/wallboard.ts'
import type { Chat } from '../core/chat.ts'
import type { Clock, EpochMs } from '../core/clock.ts'
import type { RunEvent } from '../core/event.ts'
import { messageOf } from '../core/failure.ts'
import type { MessageId, PlaceId, PromptKey, SessionId } from '../core/ids.ts'
import type { Journal, OpenRun } from '../core/journal.ts'
import type { Log } from '../core/log.ts'
import type { Person } from '../core/person.ts'
import type { Catalogue } from '../core/phrases.ts'
import { timeOf } from '../core/snowflake.ts'
import type { Timings } from '../core/timings.ts'
import type { Vault } from '../core/vault.ts'
import type { EventBus } from './bus.ts'
import { Mutex } from '../system/mutex.ts'

/** A message past its first hour may be edited, but rarely. */
const oldEveryMs = 60_000

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
  'finished',
])

export interface WallboardTools {
  readonly chat: Chat
  readonly vault: Vault
  readonly journal: Journal
  readonly bus: EventBus
  readonly catalogue: Catalogue
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
  readonly timings: Timings
}

/**
 * Keeps the boards current. Their text is made from the journal each time and compared with what stands, so nothing has
 * to be remembered of what changed: after a death the next look is as good as any.
 */
export class WallboardKeeper {
  readonly #tools: WallboardTools
  readonly #order = new Mutex()
  readonly #listening: Disposable
  readonly #editableAt = new Map<PlaceId, EpochMs>()
  #timer: Disposable | null = null
  #lookedAt = Number.NEGATIVE_INFINITY

  constructor(tools: WallboardTools) {
    this.#tools = tools
    this.#listening = tools.bus.subscribe(({ event }) => {
      if (tellings.has(event.type)) this.look()
    })
  }

  /** Something may have changed. Cheap to call too often. */
  look(): void {
    const { clock, signal, timings } = this.#tools
    if (this.#timer !== null || signal.aborted) return
    const wait = Math.max(timings.boardBreathMs, this.#lookedAt + timings.boardEveryMs - clock.now())
    this.#timer = clock.after(wait, () => void this.#order.run(() => this.#round()))
  }

  /**
   * Puts up the board of a channel, or moves it to the end. 'gone': nothing can be written there; 'later': it will
   * stand there as soon as Discord takes it.
   */
  putUp(place: Wallboard['place'], by: Person, key: PromptKey): Promise<'stands' | 'gone' | 'later'> {
    return this.#order.run(async () => {
      const { chat, vault, clock, journal } = this.#tools
      const before = (await vault.boards.all()).find((board) => board.place.id === place.id)
      // First, so that a death in between leaves none rather than two.
      if (before?.message != null) await chat.remove(place, before.message)
      const draft = { place, locale: by.locale, message: null, nonce: `b.${key}`, at: clock.now() }
      const board = { ...draft, shown: await this.#textOf(draft, await journal.open()) }
      await vault.boards.put(board)
      const posted = await this.#post(board)
      if (posted === 'later') this.look()
      return posted
    })
  }

  /** Messages are no more; a board that was deleted is forgotten. */
  async deleted(place: PlaceId, messages: readonly MessageId[]): Promise<void> {
    for (const message of messages) await this.#tools.vault.boards.forget(place, message)
  }

  /** Resolves when nothing is being written any more. */
  async close(): Promise<void> {
    this.#listening[Symbol.dispose]()
    this.#timer?.[Symbol.dispose]()
    await this.#order.idle()
  }

  async #round(): Promise<void> {
    const { vault, journal, clock, log, signal } = this.#tools
    this.#timer = null
    this.#lookedAt = clock.now()
    if (signal.aborted) return
    try {
      const boards = await vault.boards.all()
      if (boards.length === 0) return
      const open = await journal.open()
      const again = await Promise.all(boards.map((board) => this.#bring(board, open)))
      if (again.includes(true)) this.look()
    } catch (error) {
      log.error({ error: messageOf(error) }, 'board.failed')
      this.look()
    }
  }

  /** Makes a board show what is going on. True: it could not be done yet. */
  async #bring(board: Wallboard, open: readonly OpenRun[]): Promise<boolean> {
    const { chat, vault, clock } = this.#tools
    const { place, message } = board
    if (message === null) return (await this.#post(board)) === 'later'
    const text = await this.#textOf(board, open)
    if (text === board.shown) return false
    const now = clock.now()
    if (now < (this.#editableAt.get(place.id) ?? 0)) return true
    const isOld = now - timeOf(message) > chat.pace.editableForMs
    this.#editableAt.set(place.id, now + (isOld ? oldEveryMs : 0))
    const done = await chat.edit(place, message, chat.note(text))
    if (done === 'edited') await vault.boards.change({ ...board, shown: text })
    if (done === 'gone') await vault.boards.forget(place.id, message)
    return done !== 'edited' && done !== 'gone'
  }

  /** Posts and pins a board that is kept as about to be; one that an earlier life may have posted is looked for. */
  async #post(board: Wallboard): Promise<'stands' | 'gone' | 'later'> {
    const { chat, vault, clock } = this.#tools
    const { place, nonce, shown, at } = board
    const sheet = chat.note(shown)
    const isOld = clock.now() - at > chat.pace.nonceForMs
    const found = isOld ? await chat.find(place, sheet, at, []) : null
    const message = found ?? (await chat.post(place, sheet, { nonce, replyTo: null, mention: null }))
    if (message === 'later') return 'later'
    if (message === 'gone' || message === 'closed' || message === 'refused') {
      await vault.boards.forget(place.id, null)
      return 'gone'
    }
    await chat.pin(place, message)
    await vault.boards.change({ ...board, message })
    this.look()
    return 'stands'
  }

  async #textOf({ place, locale }: Pick<Wallboard, 'place' | 'locale'>, open: readonly OpenRun[]): Promise<string> {
    const names = new Map<SessionId, string>()
    for (const { session } of open) {
      if (!names.has(session)) names.set(session, (await this.#tools.vault.session(session))?.name ?? '')
    }
    const lines = wallboardOf(place.id, open, (session) => names.get(session) ?? '')
    return this.#tools.catalogue[locale].board(lines, place.guild)
  }
}
