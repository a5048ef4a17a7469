import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Server } from './server-away.ts'
import { Stage, until } from './stage.ts'

/** What nobody could see of an outage: as Discord says it, and as it says it when it knows nothing of the server. */
const answers = [
  { outage: true, status: 503, code: 0 },
  { outage: false, status: 404, code: 10_004 },
] as const

describe('a server that is away', { concurrency: true }, () => {
  for (const { outage, status, code } of answers)
    test(`takes nothing with it, and goes on when it is back (${status})`, async () => {
      let stage: Stage | null = null
      const server = new Server(() => stage ?? assert.fail())
      await using open = await Stage.open({
        env: { OMC_MAX_ACTIVE_CLIS: '1' },
        timings: { standingEveryMs: 200, closedAgainAfterMs: 60_000 },
        sandbox: { watchers: [server] },
      })
      stage = open
      const bot = await open.startBot()
      const [olivia, alice] = [await open.sandbox.actor('olivia'), await open.sandbox.actor('alice')]
      const [first, second] = [await open.session(olivia, 'first'), await open.session(alice, 'second')]
      await alice.says(first, '!until back one two three')
      await open.botShows(olivia, first, 'one')
      await alice.says(second, '!say after the other')
      await open.botShows(olivia, second, /place 1/)

      server.goes(outage)
      await bot.logged('discord.server-away')
      const path = String.raw`^/(guilds|channels)/`
      const fault = open.sandbox.faults.add({ kind: 'rest.error', path, status, code })
      const deaf = open.sandbox.faults.add({ kind: 'gateway.lose', event: 'MESSAGE_CREATE' })
      await fault.struck(3)
      open.opens('back')
      await until(() => open.query("select 1 from run_events where type = 'said' and json like '%three%'").length > 0)
      await olivia.says(second, '!say said while nobody heard')
      await deaf.struck()
      assert.equal(open.query("select 1 from run_events where type in ('stopped', 'refused')").length, 0)

      deaf.remove()
      fault.remove()
      server.comes()
      await bot.logged('discord.server-back')
      await open.botShows(olivia, first, 'one two three')
      await open.botShows(olivia, second, 'after the other')
      await open.botShows(olivia, second, 'said while nobody heard')
      await until(() => open.query("select 1 from runs where state <> 'over'").length === 0)
      const own = [first, second].flatMap(({ id }) => [...open.sandbox.world.history(id).values()])
      for (const words of ['one two three', 'after the other', 'said while nobody heard'])
        assert.equal(
          own.filter(({ authorId, content }) => authorId === open.sandbox.bot.id && content.startsWith(words)).length,
          1,
          words,
        )
      assert.equal(open.query('select 1 from omc_sessions where ended_at is null').length, 2)
    })
})
