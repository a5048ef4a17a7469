import { admit, line, refuseToWait, type Board, type Candidate, type Caps } from '../src/core/admission.ts'
import type { AccountId, PersonId, PlaceId, RunId, SessionId } from '../src/core/ids.ts'
import { perSecond, repeat, type Figure, type Measurement, type Size } from './figure.ts'

const caps: Caps = { active: 6, waiting: 20_000, personActive: 2, personWaiting: 100 }
const people = 500
const sessions = 2000

/** Decisions a second: who starts next, may one more wait, and where everybody stands. */
export const admissionDecisions: Measurement = {
  name: 'Admission',
  async run(size: Size): Promise<readonly Figure[]> {
    const [times, ms] = size === 'full' ? [9, 2500] : [3, 800]
    const many = board(10_000)
    const usual = board(20)
    const rate = (calls: number, decide: () => unknown) => (): number => {
      const from = performance.now()
      for (let nth = 0; nth < calls; nth++) decide()
      return perSecond(calls, performance.now() - from)
    }
    const next = await repeat(
      times,
      ms,
      rate(1, () => admit(many, caps)),
    )
    const nextUsual = await repeat(
      times,
      ms / 4,
      rate(500, () => admit(usual, caps)),
    )
    const asker = { person: 'p1' as PersonId, channel: '100' as PlaceId, session: 'a new one' as SessionId, hold: null }
    const may = await repeat(
      times,
      ms,
      rate(1, () => refuseToWait(many, asker, caps)),
    )
    const mayUsual = await repeat(
      times,
      ms / 4,
      rate(500, () => refuseToWait(usual, asker, caps)),
    )
    const standing = await repeat(
      times,
      ms,
      rate(1, () => line(many, caps)),
    )
    const standingUsual = await repeat(
      times,
      ms / 4,
      rate(50, () => line(usual, caps)),
    )
    return [
      {
        what: 'who starts next, 10 000 waiting',
        unit: 'per s',
        values: next,
        against: { what: '20 waiting', values: nextUsual },
      },
      {
        what: 'may one more wait, 10 000 waiting',
        unit: 'per s',
        values: may,
        against: { what: '20 waiting', values: mayUsual },
      },
      {
        what: 'the whole line, 10 000 waiting',
        unit: 'per s',
        values: standing,
        against: { what: '20 waiting', values: standingUsual },
      },
    ]
  },
}

/** So many waiting, of five hundred people in two thousand sessions; one more may start. */
function board(waiting: number): Board {
  const live = Array.from({ length: caps.active - 1 }, (_, nth) => candidate(nth))
  const rest = Array.from({ length: waiting }, (_, nth) => candidate(caps.active + nth))
  return { live, waiting: rest, frozen: false, served: new Map(live.map((each) => [each.person, each.asked])) }
}

function candidate(nth: number): Candidate {
  return {
    run: `run-${nth}` as RunId,
    session: `session-${nth % sessions}` as SessionId,
    person: `p${nth % people}` as PersonId,
    channel: '100' as PlaceId,
    account: 'default' as AccountId,
    asked: nth + 1,
    hold: null,
  }
}
