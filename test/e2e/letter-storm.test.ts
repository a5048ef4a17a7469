import assert from 'node:assert/strict'
import { test } from 'node:test'
import { textOf } from 'loopback-discord'
import { openTeam } from './approving.ts'
import { until } from './stage.ts'
import { Traffic } from './traffic.ts'

test('a storm of letters: each session hears it once, the rest is refused with a reason, and Discord is not flooded', async () => {
  // Longer than any run of tests.
  const env = { OMC_INTER_AGENT_COOLDOWN_MS: '3600000' }
  const traffic = new Traffic()
  await using stage = await openTeam({ env, sandbox: { watchers: [traffic] } })
  await stage.startBot()
  const olivia = await stage.sandbox.actor('olivia')
  const shop = await stage.session(olivia, 'shop')
  const names = ['docs', 'till', 'depot']
  const places = await Promise.all(names.map((name) => stage.session(olivia, name)))
  stage.sandbox.limits.mode = 'real'
  // One that waits has its speaker's roles read: so the first word of the limits is heard before many are read at once.
  await olivia.says(shop, '!until noon')
  await olivia.says(shop, '!say it waited')
  await stage.botShows(olivia, shop, 'Waiting')
  stage.opens('noon')
  await stage.botShows(olivia, shop, 'it waited')
  assert.ok(traffic.count('GET', /\/members\/\d+$/) > 0)
  const asks = Array.from({ length: 4 }, (_, at) => names.map((name) => `!consult ${name} !say ${name} has ${at}`))
  await olivia.says(shop, [...asks.flat(), '!say all asked'].join('\n'))
  await until(
    () =>
      stage.query("select 1 from letters where state = 'closed'").length === 2 * names.length &&
      stage.query("select 1 from runs where state <> 'over'").length === 0 &&
      stage.query("select 1 from messages where settled = 0 and owner not like 'board:%'").length === 0,
  )
  const back = (await stage.botMessages(olivia, shop)).map(textOf).join('\n')
  assert.equal(back.split('Refused: you wrote to that session just now. Wait 3').length - 1, 3 * names.length)
  for (const [at, name] of names.entries()) {
    const place = places[at]
    assert.ok(place !== undefined)
    const there = (await stage.botMessages(olivia, place)).map(textOf)
    assert.deepEqual(
      there
        .slice(1)
        .flatMap((text) => text.split('\n').slice(-1))
        .sort(),
      [`> !say ${name} has 0`, `${name} has 0`],
      'the letter and the answer, each once; a quick answer may stand before what it answers is shown',
    )
    assert.equal(back.split(`> ${name} has 0`).length - 1, 1, 'what comes back')
  }
  assert.deepEqual(traffic.limited, [])
})
