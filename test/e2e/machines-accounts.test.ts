import assert from 'node:assert/strict'
import { test } from 'node:test'
import { textOf, type SeenPlace } from 'loopback-discord'
import { startAnthropic } from '../models/anthropic.ts'
import { scripted } from '../models/script.ts'
import { standIn } from '../models/stand-in.ts'
import { noPostgres, startCluster } from '../stores/cluster.ts'
import { Stage } from './stage.ts'

const timings = { leadIdleMs: 60_000, machinesEveryMs: 100, machineAwayAfterMs: 0, standingForMs: 0 }
const team = { slot: 'team', runtime: 'claude', env: { ANTHROPIC_API_KEY: 'dummy-key-of-the-team' }, share: true }
const ofW1 = JSON.stringify([{ slot: 'default', runtime: 'claude', share: true }, team])

test(
  'sessions on machines work with the accounts of their machine, and move among those',
  { skip: noPostgres() },
  async () => {
    using claude = standIn('claude')
    await using model = await startAnthropic()
    await using cluster = await startCluster()
    const env = {
      OMC_DATABASE_URL: await cluster.fresh(),
      TEST_ROLE: 'control',
      OMC_CLAUDE_BIN: claude.binary,
      ANTHROPIC_BASE_URL: model.url,
    }
    await using stage = await Stage.open({ ownProcess: true, env, timings })
    const bot = await stage.startBot()
    await stage.startMachine('w1', { env: { ANTHROPIC_API_KEY: 'dummy-key-of-w1', OMC_ACCOUNTS_JSON: ofW1 } })
    await stage.startMachine('w2', { env: { ANTHROPIC_API_KEY: 'dummy-key-of-w2' } })
    const olivia = await stage.sandbox.actor('olivia')
    const tells = async (place: SeenPlace | string, command: string, options: Record<string, string> = {}) =>
      textOf(await (await olivia.runs(place, command, options)).settled())
    const starts = async (name: string, options: Record<string, string>): Promise<SeenPlace> => {
      const place = await olivia.opensThread('general', name)
      assert.match(await tells(place, '/session start', { name, runtime: 'claude', ...options }), new RegExp(name))
      return place
    }
    const answered = async (place: SeenPlace, text: string, key: string): Promise<void> => {
      await olivia.says(place, scripted([{ text }]))
      await stage.botShows(olivia, place, text)
      assert.equal(model.requests.at(-1)?.headers['x-api-key'], key)
    }

    const hall = await olivia.opensThread('general', 'hall')
    const wish = { name: 'x', runtime: 'claude', account: 'team' }
    assert.match(await tells(hall, '/session start', { ...wish, worker: 'w2' }), /no account `team`.*default/s)
    // Only one of them has it.
    const named = await starts('named', { account: 'team' })
    await answered(named, 'By the team.', 'dummy-key-of-the-team')
    const [one, two] = [await starts('one', { worker: 'w1' }), await starts('two', { worker: 'w2' })]
    await answered(one, 'By the usual one of w1.', 'dummy-key-of-w1')
    await answered(two, 'By the usual one of w2.', 'dummy-key-of-w2')
    const list = await tells(hall, '/account list')
    assert.match(list, /`team` · `w1` · 1 session · sessions may move/)
    assert.match(list, /`default` · `w1`, `w2` · 2 sessions/)
    const { accountSlotsHealth } = await bot.health()
    assert.ok(JSON.stringify(accountSlotsHealth).includes('"slot":"team"'))

    assert.match(await tells(hall, '/account rest', { account: 'claude:default', for: '2h' }), /is set aside/)
    await olivia.says(one, scripted([{ text: 'By another one of w1.' }]))
    await stage.botShows(olivia, one, /`default` rests for now.*goes on with `team`/)
    await stage.botShows(olivia, one, 'By another one of w1.')
    assert.equal(model.requests.at(-1)?.headers['x-api-key'], 'dummy-key-of-the-team')
    await olivia.says(two, scripted([{ text: 'When it serves again.' }]))
    await stage.botShows(olivia, two, "Claude's account was set aside by an owner")
    assert.match(await tells(two, '/account use', { account: 'team' }), /no account `team`.*where it works.*`default`/)
    assert.match(await tells(hall, '/account unrest', { account: 'claude:default' }), /serves again/)
    await stage.botShows(olivia, two, 'When it serves again.')
    assert.equal(model.requests.at(-1)?.headers['x-api-key'], 'dummy-key-of-w2')
    assert.match(await tells(one, '/account use', { account: 'default' }), /works with the account `default`/)
    await answered(one, 'By the usual one again.', 'dummy-key-of-w1')
  },
)
