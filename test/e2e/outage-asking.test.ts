import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asked } from './approving.ts'
import { Server } from './server-away.ts'
import { Stage, until } from './stage.ts'

const hourMs = 3_600_000
const now = Date.now.bind(Date)

test('what is asked while its server is away has the time that nobody could be heard in given back', async (t) => {
  t.after(() => void (Date.now = now))
  let stage: Stage | null = null
  const server = new Server(() => stage ?? assert.fail())
  await using open = await Stage.open({
    env: { OMC_APPROVAL_TIMEOUT_MS: '25000' },
    timings: { closedAgainAfterMs: 60_000 },
    sandbox: { watchers: [server], clock: { now } },
  })
  stage = open
  const bot = await open.startBot()
  const olivia = await open.sandbox.actor('olivia')
  const thread = await open.session(olivia, 'shop')
  await olivia.says(thread, '!until away one two three\n!ask Bash npm test')
  await open.botShows(olivia, thread, 'two')

  server.goes(true)
  await bot.logged('discord.server-away')
  const fault = open.sandbox.faults.add({ kind: 'rest.error', path: '^/(guilds|channels)/', status: 503, code: 0 })
  open.opens('away')
  await until(() => open.query('select 1 from approvals').length > 0)
  const health = await (await olivia.runs(thread, '/health')).settled()
  assert.match(health.content, /cannot serve everybody[^]*the server Team is away[^]*what is asked waits/)
  // Hours pass, and nobody has to wait for them.
  Date.now = () => now() + hourMs
  await until(() => bot.log.some(({ msg, awayMs }) => msg === 'approval.prolonged' && Number(awayMs) >= hourMs))
  assert.equal(open.query("select 1 from run_events where type = 'answered'").length, 0)

  fault.remove()
  server.comes()
  await bot.logged('discord.server-back')
  const ask = await asked(olivia, thread, 'npm test')
  await olivia.clicks(ask, 'Approve')
  await open.botShows(olivia, thread, 'Done: npm test')
  const well = await (await olivia.runs(thread, '/health')).settled()
  assert.doesNotMatch(well.content, /is away/)
})
