import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { DiscordAPIError, type OAuthErrorData } from '@discordjs/rest'
import { Budgets } from '../../src/discord/budgets.ts'
import { isKeptFromUs, isNoMore, meaningOf, RequestQueues, type Meaning } from '../../src/discord/request-queues.ts'
import { quietLog, realClock } from '../stores/cast.ts'

/** `code` null: nothing was said in Discord's way. */
function refused(status: number, code: number | null): DiscordAPIError {
  if (code === null) {
    const page = { error: undefined } as unknown as OAuthErrorData
    return new DiscordAPIError(page, undefined as unknown as string, status, 'POST', '/channels/1/messages', {})
  }
  return new DiscordAPIError({ message: 'no', code }, code, status, 'POST', '/channels/1/messages', {})
}

/** Status, Discord's code, what it means: only what is said to be no more is no more; unknown codes go by their status. */
const meanings: readonly (readonly [number, number | null, Meaning['kind']])[] = [
  [404, 10_003, 'gone'],
  [404, 10_004, 'gone'],
  [404, 10_008, 'deleted'],
  [404, 99_999, 'closed'],
  [404, 0, 'closed'],
  [403, 50_001, 'closed'],
  [403, 50_013, 'closed'],
  [403, 50_007, 'closed'],
  [403, 99_999, 'closed'],
  [403, 0, 'trouble'],
  [400, 160_005, 'closed'],
  [400, 50_083, 'archived'],
  [400, 50_035, 'rejected'],
  [400, 50_006, 'rejected'],
  [400, 99_999, 'rejected'],
  [400, 0, 'rejected'],
  [413, 40_005, 'rejected'],
  [429, 30_046, 'too-old'],
  [400, 30_046, 'too-old'],
  [429, 20_016, 'trouble'],
  [400, null, 'trouble'],
  [404, null, 'trouble'],
  [405, null, 'trouble'],
  [410, null, 'trouble'],
  [413, null, 'rejected'],
  [421, null, 'trouble'],
  [401, 40_001, 'trouble'],
  [401, 0, 'trouble'],
  [500, 0, 'trouble'],
  [503, 99_999, 'trouble'],
  [404, 10_062, 'expired'],
  [404, 10_015, 'expired'],
]

describe('what an error of REST means', () => {
  for (const [status, code, kind] of meanings) {
    test(`${status} with code ${code}: ${kind}`, () => {
      const error = refused(status, code)
      assert.equal(meaningOf(error).kind, kind)
      assert.equal(isNoMore(error), kind === 'gone' || kind === 'deleted')
      assert.equal(isKeptFromUs(error), kind === 'gone' || kind === 'deleted' || kind === 'closed')
    })
  }

  test('what never came is trouble on the way', () => {
    assert.equal(meaningOf(new TypeError('fetch failed')).kind, 'trouble')
  })
})

describe('a server that is away', () => {
  test('has nothing that is no more, also when the answer comes as it is back', async () => {
    let away = true
    const queues = new RequestQueues(realClock, new Budgets(realClock), quietLog, [], () => away)
    const asked = async (code: number): Promise<boolean> => {
      const done = await queues.attempt('1', () => {
        away = false
        return Promise.reject(refused(404, code))
      })
      return !done.ok && isNoMore(done.error)
    }
    for (const code of [10_003, 10_004, 10_008]) {
      away = true
      assert.equal(await asked(code), false)
      assert.equal(await asked(code), true, 'the control: it is there again')
    }
  })
})
