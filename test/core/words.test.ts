import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { pause, type Clock } from '../../src/core/clock.ts'
import { localeOf } from '../../src/core/person.ts'
import { isModelName, isSessionName } from '../../src/core/session.ts'
import { before, isLater, timeOf } from '../../src/core/snowflake.ts'
import { messageId } from '../stores/cast.ts'
import { fc } from '../random.ts'

const snowflake = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }).map(String)

suite('words', () => {
  test('a snowflake is later by number, not by letter', () => {
    assert.equal(isLater('1000000000000000000', '999999999999999999'), true)
    assert.equal(isLater('999999999999999999', '1000000000000000000'), false)
    assert.equal(isLater('7', '7'), false)
    fc.assert(fc.property(snowflake, snowflake, (a, b) => assert.equal(isLater(a, b), BigInt(a) > BigInt(b))))
  })

  test('a snowflake knows when it was made', () => {
    // The example of Discord's own documentation (docs/reference, Snowflakes).
    assert.equal(new Date(timeOf('175928847299117063')).toISOString(), '2016-04-30T11:18:25.796Z')
    fc.assert(
      fc.property(snowflake, fc.nat(86_400_000), (id, ms) => {
        const earlier = before(messageId(id), ms)
        assert.equal(isLater(earlier, id), false)
        if (earlier !== '0') assert.equal(timeOf(id) - timeOf(earlier), ms)
      }),
    )
    assert.equal(before(messageId('1'), 1_000), '0')
  })

  test('a session name can be part of a branch name', () => {
    for (const name of ['a', 'fix-login', 'Fix_2', '로그인', 'x'.repeat(32), '7'])
      assert.equal(isSessionName(name), true, name)
    for (const name of [
      '',
      '-a',
      '_a',
      'a b',
      'a/b',
      '../a',
      'a.lock',
      'a~1',
      'x'.repeat(33),
      'a\n',
      '🙂',
      '\u3164',
      'a\u115f',
    ]) {
      assert.equal(isSessionName(name), false, name)
    }
  })

  test('a model is one word that can be seen, and no option', () => {
    for (const name of ['opus', 'gpt-5.1-codex', 'org/model:7b', 'claude-opus-4-5[1m]', '모델'])
      assert.equal(isModelName(name), true, name)
    for (const name of ['', 'a b', 'a\nb', 'a\u0000b', '\u202eo', 'a\u200b', '\u3164', '--print', 'x'.repeat(201)])
      assert.equal(isModelName(name), false, name)
  })

  test('Korean is Korean, everything else is English', () => {
    for (const code of ['ko', 'ko-KR', 'KO']) assert.equal(localeOf(code), 'ko')
    for (const code of ['en-US', 'de', 'ja', '', null, undefined]) assert.equal(localeOf(code), 'en')
  })

  test('a pause ends with its time or with its signal, and leaves no timer', async () => {
    const clock = new HandClock()
    const timed = pause(clock, 50)
    clock.strike()
    await timed
    const stop = new AbortController()
    const cut = pause(clock, 50, stop.signal)
    assert.equal(clock.pending, 1)
    stop.abort()
    await cut
    assert.equal(clock.pending, 0)
    await pause(clock, 50, stop.signal)
    assert.equal(clock.pending, 0, 'nothing is begun for a signal that has fired')
  })
})

/** A clock whose timers go off when the test says so. */
class HandClock implements Clock {
  readonly #timers = new Set<() => void>()

  get pending(): number {
    return this.#timers.size
  }

  now(): number {
    return 0
  }

  monotonic(): number {
    return 0
  }

  after(_ms: number, run: () => void): Disposable {
    this.#timers.add(run)
    return { [Symbol.dispose]: () => void this.#timers.delete(run) }
  }

  strike(): void {
    for (const run of this.#timers) run()
    this.#timers.clear()
  }
}
