import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Deed } from '../../src/core/pace.ts'
import { usualTimings } from '../../src/core/timings.ts'
import { Budgets } from '../../src/discord/budgets.ts'
import type { Urgency } from '../../src/messages/pace.ts'
import { Throttle } from '../../src/messages/throttle.ts'
import { ModelLimit } from '../discord/discord-limits.ts'
import { VirtualClock } from '../engine/virtual-clock.ts'
import { thread } from '../stores/cast.ts'

const { id: place } = thread('200000000000000001')
const tripMs = 40

/** A place of Discord's behind a throttle: every call is counted by both. */
function open(kind: 'standing' | 'sliding') {
  const clock = new VirtualClock(0)
  const budgets = new Budgets(clock)
  const limits = new Map((['post', 'edit', 'remove'] as const).map((deed) => [deed, new ModelLimit(kind, 5, 5000)]))
  const letGo = new AbortController()
  const pace = {
    budget: (at: string, deed: Deed) => budgets.of(at, deed),
    total: () => budgets.total(),
    claim: (at: string, deed: Deed) => budgets.claim(at, deed),
    editableForMs: 1,
    nonceForMs: 1,
  }
  const throttle = new Throttle({ clock, pace, timings: usualTimings, signal: letGo.signal })
  const written: { readonly what: string; readonly at: number; readonly status: number }[] = []
  async function call(deed: Deed, what: string): Promise<boolean> {
    const method = { post: 'POST', edit: 'PATCH', remove: 'DELETE' }[deed]
    const counted = budgets.call(method, `/channels/${place}/messages${deed === 'post' ? '' : '/9'}`)
    const at = clock.now()
    await new Promise<void>((resolve) => clock.after(tripMs, resolve))
    const answer = limits.get(deed)?.call(clock.now())
    assert.ok(answer !== undefined)
    counted?.answered(answer.status, answer.headers)
    written.push({ what, at, status: answer.status })
    return true
  }
  return {
    clock,
    throttle,
    written,
    letGo,
    call,
    write: (deed: Deed, urgency: Urgency | (() => Urgency), what: string = String(urgency)) =>
      throttle.turn(place, deed, typeof urgency === 'string' ? () => urgency : urgency, () => call(deed, what)),
  }
}

describe('whose turn it is in a place', () => {
  test('the most urgent goes first, whoever came first', async () => {
    const { clock, write, written } = open('standing')
    // The first goes at once; the others meet behind it.
    const order = ['card', 'card', 'growth', 'first', 'question', 'end'] as const
    for (const urgency of order) write('edit', urgency)
    await clock.goTo(60_000)
    assert.deepEqual(
      written.map(({ what }) => what),
      ['card', 'end', 'question', 'first', 'growth', 'card'],
    )
  })

  test('what has become an end while it waited goes as an end', async () => {
    const { clock, throttle, write, written } = open('standing')
    throttle.keep({ place, works: true })
    let urgency: Urgency = 'growth'
    for (const name of ['one', 'two', 'three', 'four']) write('edit', 'first', name)
    await clock.goTo(1000)
    assert.equal(written.length, 4)
    const turn = write('edit', () => urgency, 'the end')
    await clock.goTo(2000)
    assert.equal(written.length, 4)
    urgency = 'end'
    turn.look()
    await clock.goTo(2000 + tripMs)
    assert.equal(written.at(-1)?.what, 'the end')
    assert.equal(written.at(-1)?.at, 2000)
  })

  test('a post does not wait for edits', async () => {
    const { clock, write, written } = open('standing')
    for (let count = 0; count < 6; count++) write('edit', 'end', 'edit')
    await clock.goTo(300)
    write('post', 'question', 'post')
    await clock.goTo(300 + tripMs)
    assert.deepEqual(
      written.map(({ what }) => what),
      ['edit', 'edit', 'edit', 'edit', 'edit', 'post'],
    )
  })

  test('nothing is written any more once the process lets go', async () => {
    const { clock, write, written, letGo } = open('standing')
    const turns = Array.from({ length: 9 }, () => write('edit', 'end'))
    await clock.goTo(100)
    letGo.abort()
    await clock.goTo(30_000)
    await Promise.all(turns.map(({ done }) => done))
    assert.ok(written.length < 5)
  })

  test('what fails is told to whoever wanted it, and the next one goes on', async () => {
    const { clock, throttle, write, written } = open('standing')
    const failing = throttle.turn(
      place,
      'edit',
      () => 'end',
      () => Promise.reject(new Error('no')),
    )
    const outcome = assert.rejects(failing.done, /no/)
    write('edit', 'end', 'next')
    await clock.goTo(1)
    await clock.goTo(1000)
    await outcome
    assert.equal(written.length, 1)
  })

  test('a run that is over twice gives back one edit: those at work keep theirs', async () => {
    const { clock, throttle, write, written } = open('standing')
    for (const _ of [1, 2, 3]) write('edit', 'first')
    await clock.goTo(1000)
    const [over] = [1, 2, 3].map(() => throttle.keep({ place, works: true }))
    for (const _ of [1, 2]) over?.[Symbol.dispose]()
    // Of five edits two are left, and two are at work.
    write('edit', 'growth')
    await clock.goTo(3000)
    assert.equal(written.length, 3)
    await clock.goTo(6000)
    assert.equal(written.length, 4)
  })

  test('a post between two edits does not keep back the second', async () => {
    const { clock, write, written } = open('sliding')
    for (const _ of [1, 2, 3]) write('edit', 'first')
    await clock.goTo(2000)
    write('post', 'first')
    await clock.goTo(2000 + tripMs)
    write('edit', 'growth', 'more words')
    await clock.goTo(10_000)
    assert.deepEqual([written.at(-1)?.what, written.at(-1)?.at], ['more words', 2000 + usualTimings.growEveryMs])
  })

  for (const kind of ['standing', 'sliding'] as const) {
    test(`a long answer alone flows without gaps over 1.3 s, its end at once, ${kind} windows`, async () => {
      const { clock, throttle, write, written } = open(kind)
      throttle.keep({ place, works: true })
      const run = { isOver: false }
      async function grow(): Promise<void> {
        await write('post', 'first').done
        while (!run.isOver) await write('edit', () => (run.isOver ? 'end' : 'growth'), 'edit').done
      }
      const growing = grow()
      for (let at = 0; at <= 60_000; at += 50) await clock.goTo(at)
      const gaps = written.slice(1).map(({ at }, index) => at - (written[index]?.at ?? 0))
      assert.ok(Math.max(...gaps) <= 1300, `the longest gap was ${Math.max(...gaps)} ms`)
      assert.ok(written.length > 45, String(written.length))
      run.isOver = true
      const before = written.length
      throttle.keep({ place, works: true })[Symbol.dispose]()
      await clock.goTo(60_000 + 2 * tripMs)
      await clock.goTo(60_100 + 2 * tripMs)
      assert.ok(written.length > before, 'the end did not go at once')
      await growing
      assert.deepEqual(
        written.filter(({ status }) => status !== 200),
        [],
      )
    })

    test(`a question has a post whatever else is posted, ${kind} windows`, async () => {
      const { clock, write, written } = open(kind)
      const day = { isOver: false }
      const others = (['first', 'growth', 'end', 'card', 'card', 'first'] as const).map(async (urgency) => {
        while (!day.isOver) await write('post', urgency).done
      })
      const waits: number[] = []
      const questions = (async () => {
        for (let nth = 0; nth < 10; nth++) {
          await new Promise<void>((resolve) => clock.after(5_500, resolve))
          const from = clock.now()
          await write('post', 'question').done
          waits.push(clock.now() - from - tripMs)
        }
        day.isOver = true
      })()
      for (let at = 0; at <= 90_000; at += 50) await clock.goTo(at)
      assert.equal(waits.length, 10)
      await Promise.all([...others, questions])
      assert.ok(Math.max(...waits) <= 300, `the longest wait of a question was ${Math.max(...waits)} ms`)
      assert.ok(written.length > 50, 'the others went on')
      assert.deepEqual(
        written.filter(({ status }) => status !== 200),
        [],
      )
    })

    test(`ends never wait for what only grows or counts, and nothing is refused, ${kind} windows`, async () => {
      const { clock, throttle, write, call, written } = open(kind)
      const waits: number[] = []
      const day = { ended: 0 }
      // Ten that wait, each with a card that counts; one at work at a time, which ends every four seconds.
      const cards = Array.from({ length: 9 }, async () => {
        while (day.ended < 10) await write('edit', 'card').done
      })
      const boards = (async () => {
        while (day.ended < 10) {
          await new Promise<void>((resolve) => clock.after(5000, resolve))
          await write('edit', 'card', 'board').done
        }
      })()
      const runs = (async () => {
        for (; day.ended < 10; day.ended++) {
          const work = throttle.keep({ place, works: true })
          await write('edit', 'first').done
          const run = { isOver: false, isSaid: false }
          clock.after(4000, () => void (run.isOver = true))
          let endedAt = 0
          const growing = (async () => {
            while (!run.isSaid) {
              await throttle.turn(
                place,
                'edit',
                () => (run.isOver ? 'end' : 'growth'),
                () => {
                  run.isSaid = run.isOver
                  return call('edit', run.isOver ? 'end' : 'growth')
                },
              ).done
            }
            waits.push(clock.now() - endedAt - tripMs)
          })()
          await new Promise<void>((resolve) =>
            clock.after(4000, () => {
              endedAt = clock.now()
              throttle.keep({ place, works: true })[Symbol.dispose]()
              resolve()
            }),
          )
          await growing
          work[Symbol.dispose]()
        }
      })()
      for (let at = 0; at <= 100_000; at += 50) await clock.goTo(at)
      await Promise.all([...cards, boards, runs])
      assert.equal(waits.length, 10)
      assert.ok(Math.max(...waits) <= 150, `the longest wait of an end was ${Math.max(...waits)} ms`)
      assert.deepEqual(
        written.filter(({ status }) => status !== 200),
        [],
      )
    })
  }
})
