import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Bot } from './bots.ts'
import { Stage, until } from './stage.ts'
import { patienceMs } from '../patience.ts'

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

  test('an agent that a bot had stopped to end it, and died before it did, goes on in the next life', async () => {
    await using stage = await Stage.open({ ownProcess: true })
    const first = await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop')
    await olivia.says(thread, '!until gate begun and then done')
    await stage.botShows(olivia, thread, 'begun')
    const agents = await stage.agents()
    await first.kill()
    for (const pid of agents) process.kill(pid, 'SIGSTOP')
    await stage.startBot()
    stage.opens('gate')
    await olivia.says(thread, '!say and goes on')
    await stage.botShows(olivia, thread, 'and goes on')
    assert.deepEqual(await stage.agents(), agents)
  })

  test('after a restart whoever was asked lately is there again, unless the last to ask may no more, or all stands still', async () => {
    await using stage = await Stage.open({ env: { OMC_IDLE_CLI_MS: '1000' }, timings: { warmAgainAfterMs: 0 } })
    const first = await stage.startBot()
    const [olivia, alice] = [await stage.sandbox.actor('olivia'), await stage.sandbox.actor('alice')]
    const used = await stage.session(olivia, 'used')
    const left = await stage.session(olivia, 'left')
    await stage.session(olivia, 'unused')
    await olivia.says(used, '!say before')
    await stage.botShows(olivia, used, 'before')
    await alice.says(left, '!say for the last time')
    await stage.botShows(alice, left, 'for the last time')
    await until(async () => (await stage.agents()).length === 0, patienceMs, 'the idle processes to go')
    await first.terminate()
    await olivia.call('DELETE', `/guilds/${stage.sandbox.guildId}/members/${alice.id}/roles/${stage.roleId('owner')}`)

    const second = await stage.startBot()
    const session = stage.query<{ id: string }>(`select id from omc_sessions where key like '%${used.id}'`)[0]?.id
    const started = await second.logged('agent.started')
    assert.equal(started['session'], session)
    const saysNo = (line: Record<string, unknown>): boolean =>
      line['msg'] === 'gate.asked' && line['person'] === alice.id && line['allowed'] === false
    await until(() => second.log.some(saysNo))
    await (await olivia.runs(used, '/panic', {})).settled()
    const starts = (bot: Bot): number => bot.log.filter(({ msg }) => msg === 'agent.started').length
    assert.equal(starts(second), 1)
    await second.terminate()

    const third = await stage.startBot()
    await (await olivia.runs(used, '/panic', { lift: true })).settled()
    assert.equal(starts(third), 0)
    await olivia.says(used, '!say after')
    await stage.botShows(olivia, used, 'after')
  })

  test('whoever begins to type wakes a session whose process was closed; a person without rights does not', async () => {
    await using stage = await Stage.open({ env: { OMC_IDLE_CLI_MS: '1000' } })
    const bot = await stage.startBot()
    const [olivia, bob] = [await stage.sandbox.actor('olivia'), await stage.sandbox.actor('bob')]
    const thread = await stage.session(olivia, 'shop')
    // By the log: on a busy machine the process has come and gone before anybody looks.
    const starts = (): number => bot.log.filter(({ msg }) => msg === 'agent.started').length
    await until(() => starts() === 1)
    await until(async () => (await stage.agents()).length === 0, patienceMs, 'the idle process to go')
    await bob.typing(thread)
    const saysNo = (line: Record<string, unknown>): boolean =>
      line['msg'] === 'gate.asked' && line['person'] === bob.id && line['allowed'] === false
    await until(() => bot.log.some(saysNo))
    assert.equal(starts(), 1)
    await olivia.typing(thread)
    await until(() => starts() === 2)
  })
})
