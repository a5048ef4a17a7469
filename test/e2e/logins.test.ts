import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { textOf } from 'loopback-discord'
import { BotBench } from '../clis/bot-bench.ts'
import { TokenStage } from '../egress/token-stage.ts'
import { scripted } from '../models/script.ts'
import { standIn } from '../models/stand-in.ts'
import { Stage, until } from './stage.ts'
import { patienceMs } from '../patience.ts'

const hourMs = 3_600_000

/** `tokenStatus` and `accountSlotsHealth` of /healthz. */
interface Told {
  readonly tokenStatus: Readonly<Record<string, unknown>>
  readonly accountSlotsHealth: readonly { readonly slot: string; readonly runtime: string; readonly state: string }[]
}

describe('logins', { concurrency: true }, () => {
  test('a run whose login is not taken is tried once more by itself; renewals that fail are told, and their end', async () => {
    await using tokens = await TokenStage.open()
    await using stage = await Stage.open({
      timings: { checkAfterMs: 0, checkEveryMs: 600_000, loginAgainAfterMs: 50, loginEveryMs: 100 },
      env: { CLAUDE_CONFIG_DIR: dirname(tokens.path), OMC_OAUTH_TOKEN_URL: tokens.url },
    })
    // Two failures, some time ago: the next one is the third.
    const before = { failures: 2, failedAt: Date.now() - hourMs, reason: 'HTTP 500' }
    mkdirSync(stage.data, { recursive: true })
    const record = JSON.stringify({ version: 1, logins: { [tokens.path]: before } })
    writeFileSync(join(stage.data, 'token-refresh.json'), record)
    tokens.meanwhile = (answered) => answered.writeHead(500).end('{}')

    const olivia = await stage.sandbox.actor('olivia')
    const work = olivia.place('work')
    const bot = await stage.startBot({ env: { OMC_ALERTS_CHANNEL_ID: work.id } })
    await stage.botShows(
      olivia,
      work,
      /Renewing Claude's login \(default\) failed 3 times \(HTTP 500\); it is good until/,
    )
    const failing = (await bot.health()) as unknown as Told
    assert.equal(failing.tokenStatus['persistedFailures'], 3)
    assert.equal(failing.tokenStatus['daemonRunning'], 'running')

    const thread = await stage.session(olivia, 'shop')
    await olivia.says(thread, '!barred 1\n!say let in again')
    await stage.botShows(olivia, thread, 'let in again')
    await stage.botShows(olivia, work, /The login of echo, account default was not taken/)
    await stage.botShows(olivia, work, /^✓ The login of echo.* is taken again/)
    assert.equal(stage.query("select 1 from run_events where type = 'parked'").length, 1)

    await olivia.says(thread, '!barred 2\n!say never')
    await olivia.sees(thread, (message) => /login was not accepted/.test(JSON.stringify(message.embeds)), {
      within: patienceMs,
    })
    assert.equal(stage.query("select 1 from run_events where type = 'parked'").length, 2, 'once for a run')

    // Somebody logs in again.
    tokens.meanwhile = (_, answer) => answer()
    tokens.current = 'by hand'
    tokens.writes({ accessToken: 'new', refreshToken: 'by hand', expiresAt: Date.now() + hourMs })
    await stage.botShows(olivia, work, /^✓ .*Claude's login \(default\) is renewed in time/s)
    const status = await until(
      async () => {
        const { tokenStatus } = (await bot.health()) as unknown as Told
        return tokenStatus['persistedFailures'] === 0 ? tokenStatus : null
      },
      patienceMs,
      'the failures are over',
    )
    assert.equal(status['authFailuresTotal'], 2)
    assert.equal(status['hasToken'], true)
    const told = (await stage.botMessages(olivia, work)).filter(({ content }) => /Renewing/.test(content))
    assert.equal(told.length, 1)
    const { accountSlotsHealth } = (await bot.health()) as unknown as Told
    assert.deepEqual(
      accountSlotsHealth.map(({ slot, runtime }) => `${runtime} ${slot}`),
      ['claude default', 'codex default'],
    )
  })

  test('an account that an owner sets aside begins nothing: sessions move where they may, else wait, also in the next life', async () => {
    using claude = standIn('claude')
    const accounts = [
      { slot: 'default', runtime: 'claude', share: true },
      { slot: 'team', runtime: 'claude', env: { ANTHROPIC_API_KEY: 'dummy-key-of-the-team' }, share: true },
    ]
    await using bench = await BotBench.open(claude.binary, { OMC_ACCOUNTS_JSON: JSON.stringify(accounts) })
    const { stage, model } = bench
    const first = await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop', 'claude')
    const tells = async (command: string, options: Readonly<Record<string, string>>): Promise<string> =>
      textOf(await (await olivia.runs('work', command, options)).settled())

    assert.match(
      await tells('/account rest', { account: 'claude:default', for: 'a while' }),
      /no stretch of time.*`2h`/,
    )
    assert.match(await tells('/account rest', { account: 'default' }), /no account `default`.*`claude:team`/)
    assert.match(
      await tells('/account rest', { account: 'claude:default', for: '2h' }),
      /`claude:default` is set aside until <t:/,
    )
    assert.match(await tells('/account list', {}), /⏸ \*\*Claude\*\* · set aside until <t:/)
    await olivia.says(thread, scripted([{ text: 'By the team.' }]))
    await stage.botShows(olivia, thread, /`default` rests for now.*goes on with `team`/)
    await stage.botShows(olivia, thread, 'By the team.')
    assert.equal(model.requests.at(-1)?.headers['x-api-key'], 'dummy-key-of-the-team')

    assert.match(
      await tells('/account rest', { account: 'team' }),
      /`claude:team` is set aside until `\/account unrest`/,
    )
    await olivia.says(thread, scripted([{ text: 'When it serves again.' }]))
    const held = "Claude's account was set aside by an owner. This starts by itself when it serves again"
    await stage.botShows(olivia, thread, held)
    await first.terminate()
    const second = await stage.startBot()
    const asked = model.requests.length
    assert.match(await tells('/account unrest', { account: 'team' }), /✓ `claude:team` serves again/)
    await stage.botShows(olivia, thread, 'When it serves again.')
    assert.equal(model.requests.length > asked, true)

    // The operator takes it out of the configuration while something waits for it.
    await tells('/account rest', { account: 'team' })
    await olivia.says(thread, scripted([{ text: 'By the usual one.' }]))
    await stage.botShows(olivia, thread, held)
    await second.terminate()
    await stage.startBot({ env: { OMC_ACCOUNTS_JSON: '' } })
    for (const command of ['/account list', '/usage', '/health'])
      assert.doesNotMatch(await tells(command, {}), /team/, command)
    await tells('/account unrest', { account: 'claude:default' })
    const moved = await (await olivia.runs(thread, '/account use', { account: 'default' })).settled()
    assert.match(textOf(moved), /works with the account `default`/)
    await stage.botShows(olivia, thread, 'By the usual one.')
    assert.equal(model.requests.at(-1)?.headers['x-api-key'], 'dummy-key-for-the-scripted-model')
  })
})
