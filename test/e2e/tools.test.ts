import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { textOf, type SeenMessage, type SeenPlace } from 'loopback-discord'
import { grant, openTeam } from './approving.ts'
import { Scene } from './scene.ts'
import { until } from './stage.ts'

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

  test('a stop while it is called ends it, and whoever is less by now is refused', async () => {
    await using stage = await openTeam()
    await stage.startBot()
    grant(stage, { gwen: 'guest' })
    const olivia = await stage.sandbox.actor('olivia')
    const gwen = await stage.sandbox.actor('gwen')
    const shop = await stage.session(olivia, 'shop')
    await gwen.says(shop, '!until gone !tool Bash ls\n!post_update not any more\n!say the end')
    await until(() => stage.query("select 1 from run_events where type = 'acted'").length > 0)
    grant(stage, { gwen: null })
    stage.opens('gone')
    await until(() => stage.query("select 1 from runs where state = 'over'").length === 1)
    const shown = (await stage.botMessages(olivia, shop)).map((message: SeenMessage) => textOf(message)).join('\n')
    assert.doesNotMatch(shown, /in between/)
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
