import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { product } from '../features/product.ts'
import { Stage } from './stage.ts'

/** Lines of the seed's sections 4, 7, 10 and 11 as they stand there. docs/shown/16.md says where the others are tried. */
test("what the seed's operator types and reads, with the seed's .env", async () => {
  await using stage = await Stage.open()
  const olivia = await stage.sandbox.actor('olivia')
  const bob = await stage.sandbox.actor('bob')
  const work = olivia.place('work')
  const login = join(stage.home, '.claude-bot')
  mkdirSync(login, { mode: 0o700 })
  const expiresAt = Date.now() + 347.5 * 60_000
  const tokens = { accessToken: 'made up', refreshToken: 'made up, too', expiresAt }
  writeFileSync(join(login, '.credentials.json'), JSON.stringify({ claudeAiOauth: tokens }), { mode: 0o600 })
  mkdirSync(stage.data, { recursive: true })
  writeFileSync(join(stage.data, 'token-refresh.json'), '{"version":')
  const env = {
    OMC_OWNER_USER_ID: olivia.id,
    OMC_ALERTS_CHANNEL_ID: work.id,
    CLAUDE_CONFIG_DIR: login,
    OMC_MAX_ACTIVE_CLIS: '6',
    OMC_MAX_QUEUED_SESSIONS: '20',
    OMC_PER_USER_MAX_ACTIVE: '2',
    OMC_PER_USER_MAX_QUEUED: '5',
    OMC_CHANNEL_OWNER_ONLY: 'true',
    OMC_CHANNEL_INCLUDE_BYSTANDERS: 'false',
    OMC_CHANNEL_HISTORY_N: '10',
  }
  const first = await stage.startBot({ env })

  // 7: grep "slash.registered"
  const commands = new Set(product.commands.map(({ path }) => path[0]))
  assert.equal((await first.logged('slash.registered'))['updated'], commands.size)
  // 7, 10: curl -s 127.0.0.1:7707/healthz | jq .tokenStatus, and jq .
  const health = (await first.health()) as unknown as Readonly<Record<string, unknown>>
  const token = health['tokenStatus'] as Readonly<Record<string, unknown>>
  assert.equal(token['daemonRunning'], 'running')
  const { hasToken, remainingMin, refreshFailures, persistedFailures, authFailuresTotal } = token
  assert.deepEqual([hasToken, refreshFailures, persistedFailures, authFailuresTotal], [true, 0, 0, 0])
  const least = Math.floor((expiresAt - Date.now()) / 60_000)
  assert.ok(Number(remainingMin) >= least && Number(remainingMin) <= 347, String(remainingMin))
  for (const name of ['activeSessions', 'queuedCount', 'oldestQueuedAgeMs', 'accountSlotsHealth'])
    assert.ok(name in health, name)
  // 11: state.read-corrupt. It goes on by itself, with the counters at their beginning.
  await first.logged('state.read-corrupt')

  // 7: /health answers, and another member is let in.
  assert.ok((await (await bob.runs('general', '/health')).settled()).content.length > 0)
  const refused = await (await bob.runs('general', '/session list')).settled()
  assert.match(refused.content, /`\/permission set`/)
  await (await olivia.runs('general', '/permission set', { user: bob.id, tier: 'member' })).settled()
  assert.doesNotMatch((await (await bob.runs('general', '/session list')).settled()).content, /`\/permission set`/)

  // 11: nobody has to write that any more, and whoever does, while it works, loses the conversation and nothing else.
  const thread = await stage.session(olivia, 'shop')
  await olivia.says(thread, '!say before it')
  await stage.botShows(olivia, thread, 'before it')
  const db = new DatabaseSync(join(stage.data, 'orchestrator.sqlite'), { timeout: 10_000 })
  db.exec('UPDATE omc_sessions SET cli_session_id = NULL')
  db.close()
  await olivia.says(thread, '!say behind it')
  await stage.botShows(olivia, thread, 'behind it')
  await first.terminate()

  // 11: updated:0 only says that nothing had changed.
  const second = await stage.startBot({ env })
  assert.equal((await second.logged('slash.registered'))['updated'], 0)
})
