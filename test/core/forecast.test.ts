import assert from 'node:assert/strict'
import { test } from 'node:test'
import { learn, unheardOf } from '../../src/core/account.ts'
import { endOf } from '../../src/core/budget.ts'
import { forecastsOf, spendForecast } from '../../src/core/forecast.ts'
import type { AccountId, RunId, RuntimeName } from '../../src/core/ids.ts'
import { Chance } from '../random.ts'

const [hour, day] = [3_600_000, 86_400_000]
const begin = Date.UTC(2026, 10, 23, 9)

/** An account's window as its CLI tells it with each answer, while a team works. */
function worked(length: number, name: string, until: (used: number) => boolean) {
  const chance = new Chance(7)
  let account = unheardOf('claude' as RuntimeName, 'default' as AccountId)
  let [now, used] = [begin, 0]
  const resetsAt = begin + length
  while (!until(used) && now < resetsAt) {
    now += (0.2 + chance.next() * 1.6) * (length / 1000)
    used += (0.2 + chance.next() * 1.6) * 0.0016
    const reading = { windows: [{ name, used: Math.min(1, used), resetsAt }], request: 'served', window: name } as const
    account = learn(account, { run: 'r' as RunId, seq: 1, at: now, event: { type: 'metered', reading } }, 0)
  }
  return { account, now }
}

for (const [name, length] of [
  ['five_hour', 5 * hour],
  ['seven_day', 7 * day],
  ['90_minutes', 1.5 * hour],
] as const)
  test(`${name}: a third of the way, it is told within 10 % when the window is full`, () => {
    const part = worked(length, name, (used) => used >= 0.33)
    const whole = worked(length, name, (used) => used >= 1)
    const [forecast] = forecastsOf(part.account, part.now)
    assert.ok(forecast !== undefined && forecast.fullAt !== null)
    const real = whole.now - begin
    assert.ok(Math.abs(forecast.fullAt - whole.now) < real * 0.1, `${forecast.fullAt - whole.now} of ${real}`)
  })

test('a pace that lasts until the reset fills nothing, and of what has just begun nothing is said', () => {
  const { account, now } = worked(5 * hour, 'five_hour', (used) => used >= 0.1)
  const [forecast] = forecastsOf(account, now + 3 * hour)
  assert.equal(forecast?.fullAt, null)
  assert.deepEqual(forecastsOf(account, begin + 60_000), [])
  assert.deepEqual(forecastsOf(account, begin + 5 * hour), [], 'that window is over')
})

test('what is spent goes on as until now', () => {
  const month = [Date.UTC(2026, 10, 1), endOf('month', begin)] as const
  const at = Date.UTC(2026, 10, 11)
  assert.deepEqual(spendForecast(10, null, month, at), { atEnd: 30, reachedAt: null })
  assert.equal(spendForecast(10, 15, month, at)?.reachedAt, Date.UTC(2026, 10, 16))
  assert.equal(spendForecast(10, 31, month, at)?.reachedAt, null)
  assert.equal(spendForecast(10, 5, month, at)?.reachedAt, at, 'it is reached already')
  assert.equal(spendForecast(10, 5, month, month[0] + 1000), null, 'nobody knows the pace yet')
})
