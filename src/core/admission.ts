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
}

/** Everything admission looks at, read in one transaction. */
export interface Board {
  readonly waiting: readonly Candidate[]
  /** In the order in which they were admitted. */
  readonly live: readonly Candidate[]
  /** Per person, the journal position of their latest admission: whose turn it is. */
  readonly served: ReadonlyMap<PersonId, Seq>
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
 * first; people take turns (whoever was served longest ago is next), first come first served within a person.
 * Pure: the same board gives the same answer, so a crash in between changes nothing.
 */
export function admit(board: Board, caps: Caps): readonly RunId[] {
  // With ten thousand waiting, this is what most looks at the board come to.
  if (board.live.length >= caps.active) return []
  return new Floor(board, caps).fill().map((each) => each.run)
}

/** Somebody with one more prompt for a session. */
export type Asker = Pick<Candidate, 'person' | 'channel' | 'session' | 'hold'>

/** Why one more prompt of this person in this channel may not even wait; null when it may. */
export function refuseToWait(board: Board, asker: Asker, caps: Caps): Refusal | null {
  const waiting = count(board.waiting, asker)
  const isFull = board.waiting.length >= caps.waiting
  if ((waiting < caps.personWaiting && !isFull) || startsAtOnce(board, asker, caps)) return null
  if (waiting >= caps.personWaiting) {
    return { code: 'person-queue-full', active: count(board.live, asker), cap: caps.personWaiting, waiting }
  }
  return { code: 'queue-full', cap: caps.waiting, waiting: board.waiting.length }
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
  /** The next prompt of each of their sessions that has nobody at work, in the order in which they were asked. */
  readonly next: Candidate[]
}

/** Whose turn it is: one person, and what they have where. */
interface Turn {
  /** When they were last served; grows with each admission. */
  served: Seq
  readonly shares: Map<PlaceId, Share>
}

/**
 * The board while runs come and go on it: who is next, in steps that do not grow with the queue. Only the first waiting
 * prompt of a session can start, so that is all that is looked at; those behind it come up when it has left.
 */
class Floor {
  readonly #caps: Caps
  readonly #people = new Map<PersonId, Turn>()
  /** The same as a list: it is gone through for every admission. */
  readonly #turns: Turn[] = []
  readonly #served: Board['served']
  readonly #waiting: readonly Candidate[]
  /** Sessions that had a run at work from the beginning: all that waits for them is behind it. */
  readonly #busy: ReadonlySet<SessionId>
  /** Per session, what waits behind its first; made when somebody leaves for the first time. */
  #behind: Map<SessionId, Candidate[]> | null = null
  #live: number
  #turn: Seq

  constructor(board: Board, caps: Caps) {
    this.#caps = caps
    this.#served = board.served
    this.#live = board.live.length
    this.#turn = 0
    for (const seq of board.served.values()) this.#turn = Math.max(this.#turn, seq)
    this.#waiting = inOrder(board.waiting)
    this.#busy = new Set(board.live.map(({ session }) => session))
    for (const each of board.live) this.#shareOf(each).active++
    const seen = new Set(this.#busy)
    for (const each of this.#waiting) {
      if (seen.has(each.session)) continue
      seen.add(each.session)
      if (each.hold === null) this.#shareOf(each).next.push(each)
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
    const next = this.#behind.get(live.session)?.shift()
    if (next === undefined || next.hold !== null) return
    const { next: waiting } = this.#shareOf(next)
    const at = waiting.findIndex((each) => each.asked > next.asked)
    waiting.splice(at === -1 ? waiting.length : at, 0, next)
  }

  #next(): Candidate | null {
    let turn: Turn | null = null
    let best: { readonly share: Share; readonly first: Candidate } | null = null
    for (const each of this.#turns) {
      if (turn !== null && each.served > turn.served) continue
      const own = this.#firstOf(each)
      if (own === null) continue
      if (turn !== null && best !== null && each.served === turn.served && own.first.asked > best.first.asked) continue
      turn = each
      best = own
    }
    if (turn === null || best === null) return null
    best.share.next.shift()
    best.share.active++
    turn.served = ++this.#turn
    this.#live++
    return best.first
  }

  /** A person's earliest prompt in a channel where they are not at their cap. */
  #firstOf({ shares }: Turn): { readonly share: Share; readonly first: Candidate } | null {
    let best: { readonly share: Share; readonly first: Candidate } | null = null
    for (const share of shares.values()) {
      const [first] = share.next
      if (first === undefined || share.active >= this.#caps.personActive) continue
      if (best === null || first.asked < best.first.asked) best = { share, first }
    }
    return best
  }

  #lineUp(): Map<SessionId, Candidate[]> {
    const behind = new Map<SessionId, Candidate[]>()
    const passed = new Set(this.#busy)
    for (const each of this.#waiting) {
      if (!passed.has(each.session)) passed.add(each.session)
      else {
        const others = behind.get(each.session)
        if (others === undefined) behind.set(each.session, [each])
        else others.push(each)
      }
    }
    return behind
  }

  #shareOf({ person, channel }: Candidate): Share {
    let each = this.#people.get(person)
    if (each === undefined) {
      each = { served: this.#served.get(person) ?? 0, shares: new Map() }
      this.#people.set(person, each)
      this.#turns.push(each)
    }
    let share = each.shares.get(channel)
    if (share === undefined) each.shares.set(channel, (share = { active: 0, next: [] }))
    return share
  }
}

/** In the order in which they were asked. The store gives them so; then nothing is copied. */
function inOrder(waiting: readonly Candidate[]): readonly Candidate[] {
  let last = Number.NEGATIVE_INFINITY
  for (const { asked } of waiting) {
    if (asked < last) return [...waiting].sort((a, b) => a.asked - b.asked)
    last = asked
  }
  return waiting
}
