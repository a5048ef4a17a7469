import { admit, count, line, type Board, type Candidate, type Caps } from '../core/admission.ts'
import type { Held, LinePlace } from '../core/chat.ts'
import type { Checkpoint } from '../core/checkpoint.ts'
import type { Clock, EpochMs } from '../core/clock.ts'
import type { RunEvent } from '../core/event.ts'
import { messageOf } from '../core/failure.ts'
import type { RunId, SessionId } from '../core/ids.ts'
import type { Journal } from '../core/journal.ts'
import type { Hold } from '../core/quota.ts'
import type { Log } from '../core/log.ts'
import type { EventBus } from './bus.ts'

export interface DispatcherTools {
  readonly journal: Journal
  readonly bus: EventBus
  readonly caps: Caps
  readonly clock: Clock
  readonly log: Log
  readonly checkpoint: Checkpoint
  readonly signal: AbortSignal
}

/** Whatever lets the queue move. */
const movers: ReadonlySet<RunEvent['type']> = new Set([
  'asked',
  'refused',
  'stopped',
  'lost',
  'forgotten',
  'metered',
  'parked',
  'allowed',
  'promoted',
  'finished',
])
/** What is held back is looked at this often at least: a clock that is set must not keep it. */
const lookAgainMs = 60_000

/** At least between two looks at where everybody stands, in milliseconds. */
const measureEveryMs = 500
/** A look reads the whole queue: with ten thousand in it that blocks the process, so it gets a fortieth of the time at most. */
const measureShare = 40

/** Admits what may start, and knows where everybody stands who waits. A worker begins what is admitted. */
export class Dispatcher {
  readonly #tools: DispatcherTools
  readonly #moved = new Set<() => void>()
  readonly #listening: Disposable
  #places: ReadonlyMap<RunId, LinePlace> = new Map()
  #round: Promise<void> | null = null
  #again = false
  #measuredAt = Number.NEGATIVE_INFINITY
  #measureAfterMs = measureEveryMs
  #later: Disposable | null = null
  #retry: Disposable | null = null
  /** Fires when something that is held back may start. */
  #due: Disposable | null = null
  #held = true
  #over = false

  constructor(tools: DispatcherTools) {
    this.#tools = tools
    this.#listening = tools.bus.subscribe(({ event }) => {
      if (movers.has(event.type)) this.#look()
    })
  }

  /** From here on prompts are admitted. Before, they only wait. */
  open(): void {
    if (!this.#over) this.#held = false
    this.#look()
  }

  /** Admits nothing more in this life; what waits is left to the next. */
  hold(): void {
    this.#held = true
    this.#over = true
  }

  /** What may start has changed without an event: a budget, or a standstill. */
  look(): void {
    this.#look()
  }

  /** Where the waiting runs stand. */
  places(): ReadonlyMap<RunId, LinePlace> {
    return this.#places
  }

  /** Calls `moved` whenever the queue has moved. */
  onMove(moved: () => void): Disposable {
    this.#moved.add(moved)
    return { [Symbol.dispose]: () => void this.#moved.delete(moved) }
  }

  /** Resolves when nothing is being admitted. */
  async close(): Promise<void> {
    this.#listening[Symbol.dispose]()
    this.#retry?.[Symbol.dispose]()
    this.#later?.[Symbol.dispose]()
    this.#due?.[Symbol.dispose]()
    await this.#round
  }

  #look(): void {
    if (this.#tools.signal.aborted || this.#held) return
    this.#again = true
    this.#round ??= this.#rounds()
  }

  async #rounds(): Promise<void> {
    try {
      while (this.#again && !this.#tools.signal.aborted) {
        this.#again = false
        await this.#admit()
        if (!this.#again && this.#isTimeToMeasure()) await this.#measureSparingly()
      }
    } catch (error) {
      this.#tools.log.error({ error: messageOf(error) }, 'dispatch.failed')
      this.#retry = this.#tools.clock.after(1000, () => this.#look())
    } finally {
      this.#round = null
    }
    if (this.#again) this.#look()
  }

  async #admit(): Promise<void> {
    const { journal, caps, clock, checkpoint } = this.#tools
    const claimed = await journal.claim((board) => (this.#held ? [] : admit(board, caps)), clock.now(), caps.active)
    if (claimed.length > 0) checkpoint('claimed')
  }

  /** Looks again when the first of what is held back may start. */
  #lookWhenDue({ waiting }: Board, now: EpochMs): void {
    this.#due?.[Symbol.dispose]()
    const dueAt = Math.min(...waiting.flatMap(({ hold }) => (hold === null ? [] : [hold.until])))
    const inMs = Math.min(lookAgainMs, Math.max(0, dueAt - now))
    this.#due = dueAt === Number.POSITIVE_INFINITY ? null : this.#tools.clock.after(inMs, () => this.#look())
  }

  /** Nobody reads places that change more often; the queue is read whole for it. */
  #isTimeToMeasure(): boolean {
    const { clock } = this.#tools
    const waitMs = this.#measuredAt + this.#measureAfterMs - clock.monotonic()
    if (waitMs <= 0) {
      this.#measuredAt = clock.monotonic()
      return true
    }
    this.#later ??= clock.after(waitMs, () => {
      this.#later = null
      this.#look()
    })
    return false
  }

  async #measureSparingly(): Promise<void> {
    const { clock } = this.#tools
    const from = clock.monotonic()
    await this.#measure()
    this.#measureAfterMs = Math.max(measureEveryMs, measureShare * (clock.monotonic() - from))
  }

  /** Works out where everyone stands, and tells when that has changed. */
  async #measure(): Promise<void> {
    const { journal, caps, clock } = this.#tools
    const now = clock.now()
    const board = await journal.board(now)
    this.#lookWhenDue(board, now)
    const held = heldOf(board)
    // Asked this very moment: the next round starts them, so nobody needs to be told of a place.
    const about = new Set(admit(board, caps))
    const order = line(board, caps).filter((run) => !about.has(run))
    const typical = order.length === 0 ? null : median(await journal.recentDurations(20))
    const places = new Map<RunId, LinePlace>()
    const waiting = new Map(board.waiting.map((each) => [each.run, each]))
    const ahead = new Map<string, number>()
    /** How many of the same stand in the line before this one. */
    const before = (of: string): number => {
      const those = ahead.get(of) ?? 0
      ahead.set(of, those + 1)
      return those
    }
    order.forEach((run, at) => {
      const candidate = waiting.get(run)
      const atWork = candidate === undefined ? 0 : count(board.live, candidate)
      // However much is free: a session does one thing at a time, and a person has so many at work in a channel.
      const ofSession = before(`session ${candidate?.session}`) + 1
      const ofTheirs = before(`person ${candidate?.person} ${candidate?.channel}`) + atWork
      const ofPerson = Math.floor(ofTheirs / Math.max(1, caps.personActive))
      const rounds = Math.max(Math.floor(at / caps.active) + 1, ofSession, ofPerson)
      const expectedMs = typical === null ? null : typical * rounds
      places.set(run, {
        place: at + 1,
        expectedMs,
        atWork,
        cap: caps.personActive,
        held: held.get(run) ?? null,
        frozen: board.frozen,
      })
    })
    const were = this.#places
    this.#places = places
    if (!isSame(were, places)) for (const moved of this.#moved) moved()
  }
}

/** What is held back, with its place among those that wait for the same account. */
function heldOf({ waiting }: Board): ReadonlyMap<RunId, Held> {
  const together = new Map<string, Candidate[]>()
  for (const each of waiting) {
    if (each.hold === null) continue
    const key = keyOf(each, each.hold)
    const group = together.get(key)
    if (group === undefined) together.set(key, [each])
    else group.push(each)
  }
  const held = new Map<RunId, Held>()
  for (const group of together.values())
    for (const [at, { run, hold }] of group.entries())
      if (hold !== null) held.set(run, { hold, place: at + 1, of: group.length })
  for (const [run, hold] of behindHeld(waiting)) held.set(run, { hold, place: 1, of: 1, isBehind: true })
  return held
}

/** What nothing holds back but an earlier prompt of its session, which has stopped in the middle. */
function behindHeld(waiting: readonly Candidate[]): ReadonlyMap<RunId, Hold> {
  const first = new Map<SessionId, Hold | null>()
  const behind = new Map<RunId, Hold>()
  for (const { run, session, hold, alone } of waiting) {
    const before = first.get(session)
    if (before === undefined && alone !== true) first.set(session, hold)
    if (hold === null && before !== undefined && before !== null) behind.set(run, before)
  }
  return behind
}

/** What waits for the same thing. */
function keyOf({ account, person }: Candidate, { budget, machine, reserve, runtime, model }: Hold): string {
  if (machine !== undefined) return `machine ${machine.id}`
  if (budget !== undefined) return `budget ${budget.id} ${budget.period}`
  return `${runtime} ${account} ${model ?? ''} ${reserve === undefined ? '' : person}`
}

function median(numbers: readonly number[]): number | null {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? null
}

function isSame(a: ReadonlyMap<RunId, LinePlace>, b: ReadonlyMap<RunId, LinePlace>): boolean {
  if (a.size !== b.size) return false
  for (const [run, before] of a) {
    const now = b.get(run)
    if (
      now?.place !== before.place ||
      now.atWork !== before.atWork ||
      now.frozen !== before.frozen ||
      !isSameHold(before.held, now.held)
    )
      return false
  }
  return true
}

function isSameHold(a: Held | null, b: Held | null): boolean {
  return (
    a?.hold.until === b?.hold.until &&
    a?.hold.budget?.id === b?.hold.budget?.id &&
    a?.hold.machine?.id === b?.hold.machine?.id &&
    a?.hold.machine?.why === b?.hold.machine?.why &&
    a?.isBehind === b?.isBehind &&
    a?.place === b?.place &&
    a?.of === b?.of
  )
}
