import { inOrder, isBefore, putInLine } from './queue-order.ts'
import type { Hold } from './quota.ts'
import type { Refusal } from './failure.ts'
import type { AccountId, PersonId, PlaceId, RunId, Seq, SessionId } from './ids.ts'

/** What admission knows of a run that is not over. */
export interface Candidate {
  readonly run: RunId
  readonly session: SessionId
  readonly person: PersonId
  /** The channel whose caps count (a thread's parent). */
  readonly channel: PlaceId
  readonly account: AccountId
  /** When it was asked, as the journal orders it. A run that was lost keeps its place. */
  readonly asked: Seq
  /** Why it may not start now; null: it may. It keeps its place, and its session's later prompts stay behind it. */
  readonly hold: Hold | null
  /**
   * The hold is about money or a share of its person's, and nothing of it was begun: other people's prompts for its session
   * pass it. Left out: they stay behind it.
   */
  readonly alone?: boolean
  /** Where in the journal somebody put it before all that were not; left out: nobody did. */
  readonly promoted?: Seq
  /** Which of the board's purses it is paid from; left out: none. */
  readonly purses?: readonly number[]
}

/** What budgets leave: how much is neither spent nor kept for those at work. */
export interface Purse {
  readonly left: number
  /** What is kept for one more run. */
  readonly each: number
}

/** Somebody whose turns count for less, so that they get so many where others get one. */
export interface Weight {
  readonly turns: number
  /** The positions of their last admissions, so many at the most, oldest first. */
  readonly recent: readonly Seq[]
}

/** Turns by the id of a person or of a role; whoever is not named has one. */
export type Shares = Readonly<Record<string, number>>

/** Everything admission looks at, read in one transaction. */
export interface Board {
  readonly waiting: readonly Candidate[]
  /** In the order in which they were admitted. */
  readonly live: readonly Candidate[]
  /** Per person, the journal position of their latest admission: whose turn it is. */
  readonly served: ReadonlyMap<PersonId, Seq>
  /** Those who get more than one turn where others get one; left out: nobody does. */
  readonly weights?: ReadonlyMap<PersonId, Weight>
  /** Left out: there are no budgets. */
  readonly purses?: readonly Purse[]
  /** Everything stands still: see `Freeze`. */
  readonly frozen: boolean
}

/** How many wait and are at work: in all, and of one person in one channel. */
export interface Crowd {
  readonly waiting: number
  readonly live: number
  readonly own: { readonly waiting: number; readonly live: number }
}

/** SPEC F4: at work at once and waiting, in all and per (person, channel). */
export interface Caps {
  /** OMC_MAX_ACTIVE_CLIS */
  readonly active: number
  /** OMC_MAX_QUEUED_SESSIONS */
  readonly waiting: number
  /** OMC_PER_USER_MAX_ACTIVE */
  readonly personActive: number
  /** OMC_PER_USER_MAX_QUEUED */
  readonly personWaiting: number
}

/**
 * Which waiting runs may start now, in this order. One run per session at a time; the session's earlier prompts go
 * first, but for those that wait for themselves alone; people take turns (whoever was served longest ago is next), first
 * come first served within a person. What somebody has put first goes before all of that; the caps hold for it as well.
 * Pure: the same board gives the same answer, so a crash in between changes nothing.
 */
export function admit(board: Board, caps: Caps): readonly RunId[] {
  if (board.frozen) return []
  // With ten thousand waiting, this is what most looks at the board come to.
  if (board.live.length >= caps.active) return []
  return new Floor(board, caps).fill().map((each) => each.run)
}

/** Somebody with one more prompt for a session. */
export type Asker = Pick<Candidate, 'person' | 'channel' | 'session' | 'hold'>

/** Why one more prompt of this person in this channel may not even wait; null when it may. */
export function refuseToWait(board: Board, asker: Asker, caps: Caps): Refusal | null {
  const crowd = {
    waiting: board.waiting.length,
    live: board.live.length,
    own: { waiting: count(board.waiting, asker), live: count(board.live, asker) },
  }
  const full = fullFor(crowd, caps)
  return full === null || startsAtOnce(board, asker, caps) ? null : full
}

/** The same, with the board read only where it decides: it is full, and yet a place at work is free. */
export async function refuseByNumbers(
  crowd: Crowd,
  asker: Asker,
  caps: Caps,
  board: () => Promise<Board>,
): Promise<Refusal | null> {
  const full = fullFor(crowd, caps)
  return full === null || crowd.live >= caps.active ? full : refuseToWait(await board(), asker, caps)
}

/** What the numbers alone say against one more that would wait. */
function fullFor({ waiting, own }: Crowd, caps: Caps): Refusal | null {
  if (own.waiting >= caps.personWaiting) {
    return { code: 'person-queue-full', active: own.live, cap: caps.personWaiting, waiting: own.waiting }
  }
  return waiting >= caps.waiting ? { code: 'queue-full', cap: caps.waiting, waiting } : null
}

/**
 * The waiting runs in the order in which they will be admitted if nobody asks for more and the live runs end one by
 * one, the one that is at work longest first. So a place in the line only ever moves up until somebody else comes.
 */
export function line(board: Board, caps: Caps): readonly RunId[] {
  const floor = new Floor(board, caps)
  const order: RunId[] = []
  const live = [...board.live]
  for (let ended = 0; ; ended++) {
    const next = floor.fill()
    for (const each of next) {
      order.push(each.run)
      live.push(each)
    }
    const oldest = live[ended]
    // Nothing is live any more: all have been admitted, or the caps admit nobody.
    if (oldest === undefined) break
    floor.leave(oldest)
  }
  const named = new Set(order)
  return [...order, ...inOrder(board.waiting).flatMap(({ run }) => (named.has(run) ? [] : [run]))]
}

/** How many of these are this person's in this channel. */
export function count(candidates: readonly Candidate[], of: Pick<Candidate, 'person' | 'channel'>): number {
  let found = 0
  for (const each of candidates) if (each.person === of.person && each.channel === of.channel) found++
  return found
}

/** Whether one more prompt would be admitted right away, so that it takes no place in the queue. */
function startsAtOnce(board: Board, asker: Asker, caps: Caps): boolean {
  if (board.live.length >= caps.active) return false
  let last = 0
  for (const each of board.waiting) last = Math.max(last, each.asked)
  for (const each of board.live) last = Math.max(last, each.asked)
  const candidate: Candidate = { ...asker, run: '' as RunId, account: '' as AccountId, asked: last + 1 }
  return admit({ ...board, waiting: [...board.waiting, candidate] }, caps).includes(candidate.run)
}

/** What one person has in one channel. */
interface Share {
  active: number
  /** The next prompt of each of their sessions that has nobody at work: what was put first, then as they were asked. */
  readonly next: Candidate[]
}

/** Whose turn it is: one person, and what they have where. */
interface Turn {
  /** When they were last served, or with more turns than one: before the last so many. Grows with each admission. */
  served: Seq
  readonly turns: number
  readonly recent: Seq[]
  readonly shares: Map<PlaceId, Share>
}

/**
 * The board while runs come and go on it: who is next, in steps that do not grow with the queue. Only one waiting prompt
 * of a session can start, so that is all that is looked at; those behind it come up when it has left.
 */
class Floor {
  readonly #caps: Caps
  readonly #people = new Map<PersonId, Turn>()
  /** The same as a list: it is gone through for every admission. */
  readonly #turns: Turn[] = []
  readonly #served: Board['served']
  readonly #weights: Board['weights']
  readonly #waiting: readonly Candidate[]
  /** What is next in its session. */
  readonly #up = new Set<Candidate>()
  /** Per session, what waits behind that; made when somebody leaves for the first time. */
  #behind: Map<SessionId, Candidate[]> | null = null
  readonly #purses: readonly Purse[]
  readonly #left: number[]
  readonly #hasPromoted: boolean
  #live: number
  #turn: Seq

  constructor(board: Board, caps: Caps) {
    this.#caps = caps
    this.#served = board.served
    this.#weights = board.weights
    this.#purses = board.purses ?? []
    this.#left = this.#purses.map(({ left }) => left)
    this.#live = board.live.length
    this.#turn = 0
    for (const seq of board.served.values()) this.#turn = Math.max(this.#turn, seq)
    this.#waiting = inOrder(board.waiting)
    this.#hasPromoted = board.waiting.some(({ promoted }) => promoted !== undefined)
    for (const each of board.live) this.#shareOf(each).active++
    // All that waits for a session with a run at work is behind that.
    const seen = new Set(board.live.map(({ session }) => session))
    const passed = new Passed()
    for (const each of this.#waiting) {
      if (seen.has(each.session) || passed.passes(each)) continue
      seen.add(each.session)
      this.#up.add(each)
      if (each.hold === null) putInLine(this.#shareOf(each).next, each)
    }
  }

  /** Admits all that may start now, in order. */
  fill(): readonly Candidate[] {
    const admitted: Candidate[] = []
    while (this.#live < this.#caps.active) {
      const next = this.#next()
      if (next === null) break
      admitted.push(next)
    }
    return admitted
  }

  /** A live run ends: its place is free, and its session's next prompt comes up. */
  leave(live: Candidate): void {
    this.#live--
    this.#shareOf(live).active--
    this.#behind ??= this.#lineUp()
    const behind = this.#behind.get(live.session) ?? []
    const passed = new Passed()
    const first = behind.findIndex((each) => !passed.passes(each))
    const [next] = first === -1 ? [] : behind.splice(first, 1)
    if (next === undefined || next.hold !== null) return
    putInLine(this.#shareOf(next).next, next)
  }

  #next(): Candidate | null {
    let turn: Turn | null = null
    let best: { readonly share: Share; readonly first: Candidate } | null = null
    for (const each of this.#turns) {
      // Nothing of theirs is looked at while it could not come first.
      if (turn !== null && each.served > turn.served && !this.#hasPromoted) continue
      const own = this.#firstOf(each)
      if (own === null) continue
      if (turn !== null && best !== null && !isNext(each, own.first, turn, best.first)) continue
      turn = each
      best = own
    }
    if (turn === null || best === null) return null
    best.share.next.shift()
    best.share.active++
    serve(turn, ++this.#turn)
    this.#live++
    for (const at of best.first.purses ?? []) this.#left[at] = (this.#left[at] ?? 0) - (this.#purses[at]?.each ?? 0)
    return best.first
  }

  /** A person's earliest prompt in a channel where they are not at their cap. */
  #firstOf({ shares }: Turn): { readonly share: Share; readonly first: Candidate } | null {
    let best: { readonly share: Share; readonly first: Candidate } | null = null
    for (const share of shares.values()) {
      const [first] = share.next
      if (first === undefined || share.active >= this.#caps.personActive || !this.#isPaidFor(first)) continue
      if (best === null || isBefore(first, best.first)) best = { share, first }
    }
    return best
  }

  /** Something is left in every purse that it is paid from. */
  #isPaidFor({ purses = [] }: Candidate): boolean {
    return purses.every((at) => (this.#left[at] ?? 1) > 0)
  }

  #lineUp(): Map<SessionId, Candidate[]> {
    const behind = new Map<SessionId, Candidate[]>()
    for (const each of this.#waiting) {
      if (this.#up.has(each)) continue
      const others = behind.get(each.session)
      if (others === undefined) behind.set(each.session, [each])
      else others.push(each)
    }
    return behind
  }

  #shareOf({ person, channel }: Candidate): Share {
    let each = this.#people.get(person)
    if (each === undefined) {
      each = turnOf(this.#served.get(person), this.#weights?.get(person))
      this.#people.set(person, each)
      this.#turns.push(each)
    }
    let share = each.shares.get(channel)
    if (share === undefined) each.shares.set(channel, (share = { active: 0, next: [] }))
    return share
  }
}

/** Those whose prompts for a session are passed by others', looked at in the order in which they were asked. */
class Passed {
  #people: Map<SessionId, Set<PersonId>> | null = null

  /** Whether this one waits for itself alone, or behind one of the same person that does. */
  passes({ session, person, alone }: Candidate): boolean {
    if (alone !== true) return this.#people?.get(session)?.has(person) ?? false
    this.#people ??= new Map()
    const people = this.#people.get(session)
    if (people === undefined) this.#people.set(session, new Set([person]))
    else people.add(person)
    return true
  }
}

/** Whether one person's first is admitted before another's. */
function isNext(turn: Turn, own: Candidate, other: Turn, theirs: Candidate): boolean {
  if (own.promoted !== theirs.promoted) return isBefore(own, theirs)
  return turn.served === other.served ? own.asked < theirs.asked : turn.served < other.served
}

/** Whose turn it is counts from their last admission; from an earlier one for who has more turns than one. */
function turnOf(served: Seq | undefined, weight: Weight | undefined): Turn {
  const turns = weight?.turns ?? 1
  const recent = weight === undefined ? (served === undefined ? [] : [served]) : weight.recent.slice(-turns)
  return { served: recent.length < turns ? 0 : (recent[0] ?? 0), turns, recent, shares: new Map() }
}

function serve(turn: Turn, at: Seq): void {
  turn.recent.push(at)
  if (turn.recent.length > turn.turns) turn.recent.shift()
  turn.served = turn.recent.length < turn.turns ? 0 : (turn.recent[0] ?? 0)
}
