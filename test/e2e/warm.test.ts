import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Stage, until } from './stage.ts'

function one(pids: readonly number[]): number | null {
  return pids.length === 1 ? (pids[0] ?? null) : null
}

describe('agents that are there before anybody asks', { concurrency: true }, () => {
  test('a session starts its process at once, and the first prompt finds it', async () => {
    await using stage = await Stage.open()
    await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop')
    const pid = await until(async () => one(await stage.agents()))
    await olivia.says(thread, '!say quickly')
    await stage.botShows(olivia, thread, 'quickly')
    assert.deepEqual(await stage.agents(), [pid])
  })

  test('whoever begins to type wakes a session whose process was closed; a person without rights does not', async () => {
    await using stage = await Stage.open({ env: { OMC_IDLE_CLI_MS: '1000' } })
    const bot = await stage.startBot()
    const [olivia, bob] = [await stage.sandbox.actor('olivia'), await stage.sandbox.actor('bob')]
    const thread = await stage.session(olivia, 'shop')
    // By the log: on a busy machine the process has come and gone before anybody looks.
    const starts = (): number => bot.log.filter(({ msg }) => msg === 'agent.started').length
    await until(() => starts() === 1)
    await until(async () => (await stage.agents()).length === 0, 30_000, 'the idle process to go')
    await bob.typing(thread)
    const saysNo = (line: Record<string, unknown>): boolean =>
      line['msg'] === 'gate.asked' && line['person'] === bob.id && line['allowed'] === false
    await until(() => bot.log.some(saysNo))
    assert.equal(starts(), 1)
    await olivia.typing(thread)
    await until(() => starts() === 2)
  })
})
