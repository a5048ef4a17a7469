import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { admit, line, refuseToWait, type Board, type Candidate, type Caps } from '../../src/core/admission.ts'
import type { Hold } from '../../src/core/quota.ts'
import type { PersonId, RunId, RuntimeName, Seq, SessionId } from '../../src/core/ids.ts'
import * as model from './admission-model.ts'
import { accountId, placeId, runId } from '../stores/cast.ts'
import { fc } from '../random.ts'

const wide: Caps = { active: 6, waiting: 20, personActive: 2, personWaiting: 5 }

const anyCaps: fc.Arbitrary<Caps> = fc.record({
  active: fc.integer({ min: 1, max: 6 }),
  waiting: fc.integer({ min: 0, max: 12 }),
  personActive: fc.integer({ min: 1, max: 3 }),
  personWaiting: fc.integer({ min: 0, max: 5 }),
})

/** Its account's quota is used up. */
const held: Hold = { until: 9_000, runtime: 'echo' as RuntimeName, window: 'five_hour', model: null }

const anyAsker = fc.record({
  person: fc.constantFrom('ann', 'bob', 'cy', 'di'),
  channel: fc.constantFrom('100', '101'),
  session: fc.constantFrom('s1', 's2', 's3', 's4', 's5', 's6'),
})

/** Boards as the store can give them: one live run per session, every asked position once. */
const anyBoard: fc.Arbitrary<Board> = fc
  .record({
    waiting: fc.array(anyAsker, { maxLength: 14 }),
    live: fc.uniqueArray(anyAsker, { maxLength: 6, selector: (each) => each.session }),
    served: fc.dictionary(fc.constantFrom('ann', 'bob', 'cy', 'di'), fc.integer({ min: 1, max: 50 })),
  })
  .map(({ waiting, live, served }) => ({
    live: live.map((each, nth) => candidate(`live${nth}`, { ...each, hold: null }, nth + 1)),
    waiting: waiting.map((each, nth) => candidate(`run${nth}`, each, nth + 100)),
    frozen: false,
    served: new Map(Object.entries(served) as [PersonId, Seq][]),
  }))

/** The same while some accounts rest, and with some that were put first. */
const anyHeldBoard = fc.tuple(anyBoard, fc.infiniteStream(fc.nat(3))).map(([board, chance]): Board => {
  const waiting = board.waiting.map((each, nth): Candidate => {
    const { value } = chance.next()
    if (value === 2) return { ...each, promoted: 300 + (nth % 3) * 20 - nth }
    return value === 0 ? { ...each, hold: held } : value === 1 ? { ...each, hold: held, alone: true } : each
  })
  return { ...board, waiting }
})
const anyHeldAsker = fc.record({ who: anyAsker, isHeld: fc.boolean() }).map(({ who, isHeld }) => ({
  ...who,
  hold: isHeld ? held : null,
}))

suite('admission', () => {
  test('people take turns: whoever was served longest ago is next', () => {
    const board = boardOf([
      ['a1', 'ann', 's1'],
      ['a2', 'ann', 's2'],
      ['a3', 'ann', 's3'],
      ['b1', 'bob', 's4'],
      ['c1', 'cy', 's5'],
    ])
    assert.deepEqual(admit(board, { ...wide, personActive: 9 }), ['a1', 'b1', 'c1', 'a2', 'a3'])
    const served = new Map([['ann' as PersonId, 9]])
    assert.deepEqual(admit({ ...board, served }, { ...wide, active: 3 }), ['b1', 'c1', 'a1'])
  })

  test('what was put first goes before whose turn it is, in the order in which that was done, and within the caps', () => {
    const board = boardOf([
      ['a1', 'ann', 's1'],
      ['b1', 'bob', 's2'],
      ['b2', 'bob', 's3'],
      ['c1', 'cy', 's4'],
    ])
    const put = (first: Readonly<Record<string, number>>): Board => ({
      ...board,
      served: new Map([['cy' as PersonId, 9]]),
      waiting: board.waiting.map((each) => {
        const promoted = first[each.run]
        return promoted === undefined ? each : { ...each, promoted }
      }),
    })
    assert.deepEqual(line(put({}), { ...wide, active: 1 }), ['a1', 'b1', 'c1', 'b2'])
    assert.deepEqual(line(put({ c1: 50, b2: 51 }), { ...wide, active: 1 }), ['c1', 'b2', 'a1', 'b1'])
    assert.deepEqual(admit(put({ b2: 50, b1: 51 }), { ...wide, active: 2, personActive: 1 }), ['b2', 'a1'])
  })

  test('while everything stands still nobody is admitted, and everybody keeps their place', () => {
    fc.assert(
      fc.property(anyHeldBoard, (board) => {
        assert.deepEqual(admit({ ...board, frozen: true }, wide), [])
        assert.deepEqual(line({ ...board, frozen: true }, wide), line(board, wide))
      }),
    )
  })

  test('somebody with three turns is served three times where others are once, whatever was before', () => {
    const many = Array.from({ length: 60 }, (_, nth) => nth)
    const asked = many.map((nth) => [`r${nth}`, nth % 2 === 0 ? 'ann' : 'bob', `s${nth}`] as const)
    const board = boardOf(asked)
    const weights = new Map([['ann' as PersonId, { turns: 3, recent: [] }]])
    const order = line({ ...board, weights }, { ...wide, active: 1, personActive: 1 })
    const first = order.slice(0, 40).map((run) => (Number(run.slice(1)) % 2 === 0 ? 'ann' : 'bob'))
    assert.equal(first.filter((who) => who === 'ann').length, 30)
    assert.ok(!first.join('').includes('annannannann'), 'never more than three in a row')
    // Between two decisions, and over a death, the last admissions say where in their turns they are.
    const recent = new Map([['ann' as PersonId, { turns: 3, recent: [3, 4, 5] }]])
    const next = admit({ ...board, served: new Map([['bob' as PersonId, 2]]), weights: recent }, { ...wide, active: 1 })
    assert.equal(Number(next[0]?.slice(1)) % 2, 1, 'it is the turn of bob')
  })

  test('what is left of a budget is kept for those at work: no more begin than it will probably pay', () => {
    const board = boardOf(Array.from({ length: 6 }, (_, nth) => [`r${nth}`, `p${nth}`, `s${nth}`] as const))
    const waiting = board.waiting.map((each, nth) => (nth < 5 ? { ...each, purses: [0] } : each))
    const of = (left: number) => admit({ ...board, waiting, purses: [{ left, each: 2 }] }, wide)
    assert.deepEqual(of(3), ['r0', 'r1', 'r5'], 'who is not paid from it is held up by nobody')
    assert.deepEqual(of(0), ['r5'])
    assert.equal(of(100).length, 6)
    assert.deepEqual(line({ ...board, waiting, purses: [{ left: 0, each: 2 }] }, wide).length, 6, 'all have a place')
  })

  test("a session's prompts go one by one and in order, whoever asked", () => {
    const board = boardOf([
      ['a1', 'ann', 's1'],
      ['b1', 'bob', 's1'],
      ['b2', 'bob', 's2'],
    ])
    assert.deepEqual(admit(board, wide), ['a1', 'b2'])
  })

  test('a prompt whose person has no money left is passed by others of its session; theirs, and what was begun, are not', () => {
    const board = boardOf([
      ['a1', 'ann', 's1'],
      ['a2', 'ann', 's1'],
      ['b1', 'bob', 's1'],
      ['a3', 'ann', 's2'],
      ['b2', 'bob', 's2'],
    ])
    const waiting = board.waiting.map((each) =>
      each.run === 'a1' ? { ...each, hold: held, alone: true } : each.run === 'a3' ? { ...each, hold: held } : each,
    )
    assert.deepEqual(admit({ ...board, waiting }, wide), ['b1'])
    assert.deepEqual(line({ ...board, waiting }, wide), ['b1', 'a1', 'a2', 'a3', 'b2'])
  })

  test('a person who is at the cap in one channel still gets a turn in another', () => {
    const board = boardOf([
      ['a1', 'ann', 's1', '100'],
      ['a2', 'ann', 's2', '100'],
      ['a3', 'ann', 's3', '101'],
    ])
    assert.deepEqual(admit(board, { ...wide, personActive: 1 }), ['a1', 'a3'])
  })

  test('no cap is ever exceeded, and every session has one live run', () => {
    fc.assert(
      fc.property(anyBoard, anyCaps, (board, caps) => {
        const admitted = admit(board, caps)
        assert.equal(new Set(admitted).size, admitted.length)
        const chosen = admitted.map((run) => find(board, run))
        assert.ok(admitted.length === 0 || board.live.length + admitted.length <= caps.active)
        for (const each of chosen) {
          const live = [...board.live, ...chosen]
          assert.equal(live.filter((other) => other.session === each.session).length, 1)
          assert.ok(live.filter((other) => isOf(other, each)).length <= caps.personActive)
        }
      }),
      { numRuns: 400 },
    )
  })

  test('no place stays empty that somebody could have', () => {
    fc.assert(
      fc.property(anyBoard, anyCaps, (board, caps) => {
        const after = start(board, admit(board, caps))
        if (after.live.length >= caps.active) return
        for (const each of after.waiting) {
          const busy = after.live.some((other) => other.session === each.session)
          const behind = after.waiting.some((other) => other.session === each.session && other.asked < each.asked)
          const capped = after.live.filter((other) => isOf(other, each)).length >= caps.personActive
          assert.ok(busy || behind || capped, `${each.run} could have started`)
        }
      }),
      { numRuns: 400 },
    )
  })

  test('within a person and within a session, first come first served', () => {
    fc.assert(
      fc.property(anyBoard, anyCaps, (board, caps) => {
        const chosen = admit(board, caps).map((run) => find(board, run))
        for (const person of new Set(chosen.map((each) => each.person))) {
          const asked = chosen.filter((each) => each.person === person).map((each) => each.asked)
          assert.deepEqual(
            asked,
            asked.toSorted((a, b) => a - b),
          )
        }
        for (const each of chosen) {
          const earlier = board.waiting.find((other) => other.session === each.session && other.asked < each.asked)
          assert.equal(earlier, undefined)
        }
      }),
      { numRuns: 400 },
    )
  })

  test('the same board gives the same answer, in whatever order it is handed over', () => {
    fc.assert(
      fc.property(anyBoard, anyCaps, fc.infiniteStream(fc.nat()), (board, caps, random) => {
        const mixed = <Item>(items: readonly Item[]): Item[] =>
          items
            .map((item) => ({ item, rank: random.next().value ?? 0 }))
            .toSorted((a, b) => a.rank - b.rank)
            .map(({ item }) => item)
        const frozen = structuredClone(board)
        const admitted = admit(board, caps)
        assert.deepEqual(board, frozen, 'the board is only looked at')
        const other = {
          waiting: mixed(board.waiting),
          live: mixed(board.live),
          served: new Map(mixed([...board.served])),
          frozen: board.frozen,
        }
        assert.deepEqual(admit(other, caps), admitted)
      }),
    )
  })

  test('nobody starves: with everything finishing, whoever waits is admitted within bounded rounds', () => {
    fc.assert(
      fc.property(anyBoard, anyCaps, fc.array(anyAsker, { minLength: 1, maxLength: 4 }), (board, caps, pushy) => {
        const people = 4
        // The last has most before it: everything asked earlier, and before each of these everybody's turn.
        const target = board.waiting.at(-1)
        if (target === undefined) return
        const bound = board.waiting.length * people + 1
        let now: Board = { ...board, live: [] }
        let seq = 1_000
        for (let round = 1; ; round++) {
          assert.ok(round <= bound, `${target.run} still waits after ${bound} rounds`)
          const admitted = admit(now, caps)
          if (admitted.includes(target.run)) return
          now = { ...start(now, admitted, () => ++seq), live: [] }
          // Others go on asking for more, for the same sessions too.
          const more = pushy.map((each, nth) => candidate(`more${round}-${nth}`, each, ++seq))
          now = { ...now, waiting: [...now.waiting, ...more] }
        }
      }),
    )
  })

  test('the line names every waiting run once, and is the order in which they are then admitted', () => {
    fc.assert(
      fc.property(anyBoard, anyCaps, (board, caps) => {
        const promised = line(board, caps)
        assert.deepEqual(promised.toSorted(), board.waiting.map((each) => each.run).toSorted())
        const order: RunId[] = []
        let now = board
        let seq = 1_000
        while (now.waiting.length > 0) {
          const admitted = admit(now, caps)
          order.push(...admitted)
          now = start(now, admitted, () => ++seq)
          // As promised from here: a place in the line only ever moves up.
          assert.deepEqual(line(now, caps), promised.slice(order.length))
          now = { ...now, live: now.live.slice(1) }
        }
        assert.deepEqual(order, promised)
      }),
      { numRuns: 400 },
    )
  })

  test('it answers as the rule told word by word does', () => {
    fc.assert(
      fc.property(anyHeldBoard, anyCaps, anyHeldAsker, fc.boolean(), ({ waiting, ...rest }, caps, who, reversed) => {
        const board: Board = { ...rest, waiting: reversed ? waiting.toReversed() : waiting }
        const asker = candidate('new', who, 1_000)
        assert.deepEqual(admit(board, caps), model.admit(board, caps))
        assert.deepEqual(line(board, caps), model.line(board, caps))
        assert.deepEqual(refuseToWait(board, asker, caps), model.refuseToWait(board, asker, caps))
      }),
      { numRuns: 3_000 },
    )
  })

  test('a crash at any point changes nothing: what was admitted in two goes is what one would have admitted', () => {
    fc.assert(
      fc.property(anyBoard, anyCaps, fc.nat(6), (board, caps, nth) => {
        const whole = admit(board, caps)
        const first = whole.slice(0, nth)
        let seq = 1_000
        const after = start(board, first, () => ++seq)
        assert.deepEqual([...first, ...admit(after, caps)], whole)
      }),
      { numRuns: 400 },
    )
  })

  test('caps that admit nothing still leave everybody a place in the line', () => {
    const board = boardOf([
      ['a1', 'ann', 's1'],
      ['a2', 'ann', 's1'],
    ])
    assert.deepEqual(line(board, { ...wide, active: 0 }), ['a1', 'a2'])
    assert.deepEqual(line(board, { ...wide, personActive: 0 }), ['a1', 'a2'])
  })

  test('what is held back keeps its session waiting, and nobody else', () => {
    const board = boardOf([
      ['a1', 'ann', 's1'],
      ['a2', 'ann', 's1'],
      ['b1', 'bob', 's2'],
    ])
    const waiting = board.waiting.map((each) => (each.run === 'a1' ? { ...each, hold: held } : each))
    assert.deepEqual(admit({ ...board, waiting }, wide), ['b1'])
    assert.deepEqual(line({ ...board, waiting }, wide), ['b1', 'a1', 'a2'])
    assert.deepEqual(admit(board, wide), ['a1', 'b1'], 'and then its turn is the one it had')
  })

  test('a prompt that would start at once is never refused, and one over a cap is, with the numbers', () => {
    const none: Caps = { active: 1, waiting: 0, personActive: 1, personWaiting: 0 }
    const empty = boardOf([])
    const ann = { person: 'ann' as PersonId, channel: placeId('100'), session: 's1' as SessionId, hold: null }
    assert.equal(refuseToWait(empty, ann, none), null)
    const busy = start(boardOf([['b1', 'bob', 's2']]), [runId('b1')])
    assert.deepEqual(refuseToWait(busy, ann, none), { code: 'person-queue-full', active: 0, cap: 0, waiting: 0 })
    assert.deepEqual(refuseToWait(busy, ann, { ...none, personWaiting: 1 }), { code: 'queue-full', cap: 0, waiting: 0 })
    assert.equal(refuseToWait(busy, ann, { ...none, personWaiting: 1, waiting: 1 }), null)
  })

  test('whoever comes and goes, no more wait than the caps allow', () => {
    const deed = fc.oneof(
      fc.record({ do: fc.constant('ask' as const), asker: anyAsker }),
      fc.record({ do: fc.constant('finish' as const), nth: fc.nat(5) }),
    )
    fc.assert(
      fc.property(fc.array(deed, { maxLength: 60 }), anyCaps, (deeds, caps) => {
        let now: Board = { waiting: [], live: [], served: new Map(), frozen: false }
        let seq = 0
        for (const each of deeds) {
          if (each.do === 'finish') {
            now = { ...now, live: now.live.filter((_, nth) => nth !== each.nth) }
          } else {
            const asker = candidate(`run${seq}`, each.asker, ++seq)
            const refusal = refuseToWait(now, asker, caps)
            const after = { ...now, waiting: [...now.waiting, asker] }
            const starts = admit(after, caps).includes(asker.run)
            const mine = now.waiting.filter((other) => isOf(other, asker)).length
            const full = mine >= caps.personWaiting || now.waiting.length >= caps.waiting
            assert.equal(refusal !== null, full && !starts)
            if (refusal !== null) continue
            now = after
          }
          now = start(now, admit(now, caps), () => ++seq)
          assert.ok(now.waiting.length <= caps.waiting)
          for (const one of now.waiting) {
            assert.ok(now.waiting.filter((other) => isOf(other, one)).length <= caps.personWaiting)
          }
        }
      }),
      { numRuns: 300 },
    )
  })
})

interface AskerNames {
  readonly person: string
  readonly channel: string
  readonly session: string
  readonly hold?: Hold | null
}

function candidate(run: string, { person, channel, session, hold = null }: AskerNames, asked: Seq): Candidate {
  return {
    run: runId(run),
    session: session as SessionId,
    person: person as PersonId,
    channel: placeId(channel),
    account: accountId('default'),
    asked,
    hold,
  }
}

/** A board on which these wait: run, person, session and channel. */
function boardOf(waiting: readonly (readonly [string, string, string, string?])[]): Board {
  return {
    waiting: waiting.map(([run, person, session, channel = '100'], nth) =>
      candidate(run, { person, session, channel }, nth + 1),
    ),
    live: [],
    served: new Map(),
    frozen: false,
  }
}

/** The board after these were admitted, in this order. */
function start(board: Board, admitted: readonly RunId[], nextSeq: () => Seq = () => 1_000): Board {
  const chosen = admitted.map((run) => find(board, run))
  const served = new Map(board.served)
  for (const each of chosen) served.set(each.person, nextSeq())
  return {
    waiting: board.waiting.filter((each) => !admitted.includes(each.run)),
    live: [...board.live, ...chosen],
    served,
    frozen: board.frozen,
  }
}

function find(board: Board, run: RunId): Candidate {
  const found = board.waiting.find((each) => each.run === run)
  assert.ok(found, `${run} does not wait`)
  return found
}

function isOf(a: Candidate, b: Candidate): boolean {
  return a.person === b.person && a.channel === b.channel
}
