import type { Asker, Board, Candidate, Caps } from '../../src/core/admission.ts'
import type { Refusal } from '../../src/core/failure.ts'
import type { AccountId, PersonId, RunId, Seq } from '../../src/core/ids.ts'

// SPEC F4 word by word, looking at everything again for each decision: slow, and plain enough to believe. The product's
// own rule must give the same answers.

/**
 * Which waiting runs may start now, in this order. One run per session at a time; the session's earlier prompts go
 * first, but for those that wait for themselves alone; people take turns (whoever was served longest ago is next), first
 * come first served within a person. What somebody has put first goes before all of that; the caps hold for it as well.
 * Pure: the same board gives the same answer, so a crash in between changes nothing.
 */
export function admit(board: Board, caps: Caps): readonly RunId[] {
  const live = [...board.live]
  const served = new Map(board.served)
  const waiting = [...board.waiting].sort((a, b) => a.asked - b.asked)
  const admitted: RunId[] = []
  let turn = Math.max(0, ...served.values())
  while (live.length < caps.active) {
    const next = waiting
      .filter((candidate, at) => mayStart(candidate, waiting.slice(0, at), live, caps))
      .reduce<Candidate | null>((best, each) => (best === null || isBefore(each, best, served) ? each : best), null)
    if (next === null) break
    waiting.splice(waiting.indexOf(next), 1)
    live.push(next)
    served.set(next.person, ++turn)
    admitted.push(next.run)
  }
  return admitted
}

/** Why one more prompt of this person in this channel may not even wait; null when it may. */
export function refuseToWait(board: Board, asker: Asker, caps: Caps): Refusal | null {
  const mine = (candidate: Candidate): boolean => isOf(candidate, asker)
  const active = board.live.filter(mine).length
  const waiting = board.waiting.filter(mine).length
  if (startsAtOnce(board, asker, caps)) return null
  if (waiting >= caps.personWaiting) {
    return { code: 'person-queue-full', active, cap: caps.personWaiting, waiting }
  }
  if (board.waiting.length >= caps.waiting) {
    return { code: 'queue-full', cap: caps.waiting, waiting: board.waiting.length }
  }
  return null
}

/**
 * The waiting runs in the order in which they will be admitted if nobody asks for more and the live runs end one by
 * one, the one that is at work longest first. So a place in the line only ever moves up until somebody else comes.
 */
export function line(board: Board, caps: Caps): readonly RunId[] {
  const order: RunId[] = []
  const served = new Map(board.served)
  let turn = Math.max(0, ...served.values())
  let { live, waiting } = board
  while (waiting.length > 0) {
    const next = admit({ waiting, live, served, frozen: board.frozen }, caps).flatMap((run) =>
      waiting.filter((each) => each.run === run),
    )
    // Nothing is live and nothing may start: the caps admit nobody.
    if (next.length === 0 && live.length === 0) break
    for (const { person } of next) served.set(person, ++turn)
    order.push(...next.map((each) => each.run))
    waiting = waiting.filter((each) => !next.includes(each))
    live = [...live, ...next].slice(1)
  }
  return [...order, ...waiting.toSorted((a, b) => a.asked - b.asked).map((each) => each.run)]
}

/** Whether one more prompt would be admitted right away, so that it takes no place in the queue. */
function startsAtOnce(board: Board, asker: Asker, caps: Caps): boolean {
  const last = Math.max(0, ...board.waiting.map((each) => each.asked), ...board.live.map((each) => each.asked)) + 1
  const candidate: Candidate = { ...asker, run: '' as RunId, account: '' as AccountId, asked: last }
  return admit({ ...board, waiting: [...board.waiting, candidate] }, caps).includes(candidate.run)
}

function mayStart(
  candidate: Candidate,
  earlier: readonly Candidate[],
  live: readonly Candidate[],
  caps: Caps,
): boolean {
  const sameSession = (other: Candidate): boolean => other.session === candidate.session
  if (candidate.hold !== null || live.some(sameSession)) return false
  const isInTheWay = (other: Candidate): boolean =>
    sameSession(other) && (other.person === candidate.person || !isPassed(other, earlier))
  if (earlier.some(isInTheWay)) return false
  return live.filter((other) => isOf(other, candidate)).length < caps.personActive
}

/** It waits for itself alone, or behind one of the same person that does. */
function isPassed(candidate: Candidate, all: readonly Candidate[]): boolean {
  const isAlone = ({ alone, session, person, asked }: Candidate): boolean =>
    alone === true && session === candidate.session && person === candidate.person && asked <= candidate.asked
  return all.some(isAlone)
}

function isBefore(a: Candidate, b: Candidate, served: ReadonlyMap<PersonId, Seq>): boolean {
  const [putA, putB] = [a.promoted ?? Number.POSITIVE_INFINITY, b.promoted ?? Number.POSITIVE_INFINITY]
  if (putA !== putB) return putA < putB
  const turnOfA = served.get(a.person) ?? 0
  const turnOfB = served.get(b.person) ?? 0
  return turnOfA === turnOfB ? a.asked < b.asked : turnOfA < turnOfB
}

function isOf(candidate: Candidate, asker: Pick<Candidate, 'person' | 'channel'>): boolean {
  return candidate.person === asker.person && candidate.channel === asker.channel
}
