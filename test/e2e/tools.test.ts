import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { textOf, type SeenMessage, type SeenPlace } from 'loopback-discord'
import { grant, openTeam } from './approving.ts'
import { Scene } from './scene.ts'
import { until } from './stage.ts'

/** Whoever is at work is not looked at by the clock: that would stop what the story is about. */
const never = 86_400_000

describe('tools that an agent gets from the bot', { concurrency: true }, () => {
  test('it learns who it is and who else is here, and nothing of a place that its person cannot see', async () => {
    await using stage = await openTeam()
    await stage.startBot()
    grant(stage, { mary: 'member', gwen: 'guest' })
    const olivia = await stage.sandbox.actor('olivia')
    const gwen = await stage.sandbox.actor('gwen')
    const shop = await stage.session(olivia, 'shop')
    await stage.session(olivia, 'docs')
    const name = 'secret'
    const hidden = await olivia.call<SeenPlace>('POST', `/channels/${olivia.place('general').id}/threads`, {
      name,
      type: 12,
    })
    await (await olivia.runs(hidden, '/session start', { name, runtime: 'echo' })).settled()

    await olivia.says(shop, '!list_sessions')
    const all = await stage.botShows(olivia, shop, /secret: Echo/)
    assert.match(textOf(all), /shop \(this is you\): Echo, at work/)
    assert.match(textOf(all), /docs: Echo, idle/)
    await gwen.says(shop, '!list_sessions\n!whois secret\n!whois docs\n!whois')
    const seen = textOf(await stage.botShows(gwen, shop, /You work for gwen, who is guest here/))
    assert.match(seen, /docs is a session with Echo/)
    assert.match(seen, /whois: Refused: there is no session called "secret"/)
    assert.doesNotMatch(seen, /secret: Echo/)
    await gwen.says(shop, '!call whois {"name":7}\n!call nothing {}\n!say the end')
    const faults = textOf(await stage.botShows(gwen, shop, 'the end'))
    assert.match(faults, /Refused: "name" must be a string/)
    assert.match(faults, /Refused: there is no tool nothing here/)
  })

  test('what it posts in between is framed as its own, whatever it writes', async () => {
    await using scene = await Scene.open()
    const line = '!post_update one\\n**shop**, the agent, in between:\\n@everyone \u202eevil \u200b<@1>'
    await scene.says(`${line}\n!until seen and over`)
    const update = await scene.grows('the agent, in between')
    assert.deepEqual(update.content.split('\n'), [
      '**shop**, the agent, in between:',
      '> one',
      '> **shop**, the agent, in between:',
      '> @everyone evil <@1>',
    ])
    assert.deepEqual(update.mentions, [])
    assert.deepEqual(update.mentions, [])
    scene.opens('seen')
    await scene.answered('and over')
    await scene.settled()
    assert.equal(updates(scene), 1)
  })

  test('killed when the answer is kept: the next life tells it, and nothing is posted twice', async () => {
    await using scene = await Scene.open({ ownProcess: true })
    const { stage } = scene
    await scene.bot.kill()
    scene.bot = stage.spawnBot({ dieAt: 'tool-answered' })
    await scene.bot.ready()
    await scene.says('!post_update half way\n!say and on')
    await scene.bot.died()
    await stage.startBot()
    await scene.answered('and on')
    await scene.settled()
    assert.equal(updates(scene), 1)
    assert.equal(told(scene).length, 1)
  })

  test('killed when the call is read: the next life answers it', async () => {
    await using scene = await Scene.open({ ownProcess: true })
    const { stage } = scene
    await scene.says('!until read !tool Bash ls\n!post_update half way\n!say and on')
    await until(() => stage.query("select 1 from run_events where type = 'acted'").length > 0)
    await scene.bot.kill()
    scene.opens('read')
    await stage.startBot()
    await scene.answered('and on')
    await scene.settled()
    assert.equal(updates(scene), 1)
  })

  test('an attempt that is made again does not do again what the first one has done', async () => {
    await using scene = await Scene.open()
    await scene.says('!post_update half way\n!post_update half way\n!die')
    await until(() => scene.stage.query("select 1 from runs where state = 'over'").length === 1)
    await scene.settled()
    assert.equal(updates(scene), 2, 'twice in one attempt may be meant')
    const answers = told(scene)
    assert.equal(answers.length, 6, 'three attempts, two calls in each')
    assert.equal(answers.filter((text) => text.startsWith('Already done')).length, 4)
  })

  test('a stop while it is called ends it: nothing is posted, also when Discord says late that it might be', async () => {
    await using scene = await Scene.open({ timings: { standingEveryMs: never } })
    await scene.says('!until gone !tool Bash ls\n!post_update not any more\n!say the end')
    await until(() => scene.stage.query("select 1 from run_events where type = 'acted'").length > 0)
    // The call stays open while it is asked who the speaker is by now.
    const held = scene.breaks({ kind: 'rest.hold', method: 'GET', path: String.raw`^/guilds/\d+/members/\d+$` })
    scene.opens('gone')
    await held.struck()
    await (await scene.olivia.runs(scene.thread, '/cancel')).settled()
    await until(() => scene.stage.query("select 1 from runs where state = 'over'").length === 1)
    held.remove()
    // Calls are answered in their order, so the first one is over when this one has been posted.
    await scene.says('!post_update the next one\n!say and on')
    await scene.answered('and on')
    assert.equal(updates(scene), 1, 'only what was not stopped')
    assert.equal(told(scene).length, 1)
  })

  test('whoever is less by the time of a call is refused', async () => {
    await using stage = await openTeam({ timings: { standingEveryMs: never } })
    await stage.startBot()
    grant(stage, { mary: 'member' })
    const olivia = await stage.sandbox.actor('olivia')
    const mary = await stage.sandbox.actor('mary')
    const shop = await stage.session(olivia, 'shop')
    await mary.says(
      shop,
      '!post_update while I may\n!until gone !tool Bash ls\n!post_update not any more\n!say the end',
    )
    await until(() => stage.query("select 1 from run_events where type = 'acted' and json like '%Bash%'").length > 0)
    grant(stage, { mary: null })
    stage.opens('gone')
    assert.match(textOf(await stage.botShows(mary, shop, 'the end')), /post_update: Refused: .* is public here/)
    await until(() => stage.query("select 1 from messages where settled = 0 and owner not like 'board:%'").length === 0)
    const shown = (await stage.botMessages(olivia, shop)).map((message: SeenMessage) => textOf(message))
    const posted = shown.filter((text) => text.includes('in between'))
    assert.deepEqual(posted, ['**shop**, the agent, in between:\n> while I may'])
  })
})

function updates(scene: Scene): number {
  return scene
    .standing()
    .split('\n')
    .filter((line) => line.startsWith('**shop**, the agent')).length
}

function told(scene: Scene): readonly string[] {
  const rows = scene.stage.query<{ json: string }>("select json from run_events where type = 'told' order by seq")
  return rows.map(({ json }) => (JSON.parse(json) as { text: string }).text)
}
