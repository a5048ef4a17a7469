import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { controlsOf, textOf, type Actor, type SeenPlace } from 'loopback-discord'
import { grant, openTeam } from './approving.ts'
import { until, type Stage } from './stage.ts'

interface Scene {
  readonly olivia: Actor
  readonly mary: Actor
  readonly shop: SeenPlace
  readonly docs: SeenPlace
}

/** Two sessions at work, and a prompt that waits for the first. */
async function atWork(stage: Stage): Promise<Scene> {
  grant(stage, { mary: 'member' })
  const olivia = await stage.sandbox.actor('olivia')
  const mary = await stage.sandbox.actor('mary')
  const shop = await stage.session(olivia, 'shop')
  const docs = await stage.session(olivia, 'docs')
  await olivia.says(shop, '!until never first words here')
  await mary.says(docs, '!until never other words here')
  await stage.botShows(olivia, shop, /first words/)
  await stage.botShows(olivia, docs, /other words/)
  await olivia.says(shop, '!say what waited')
  return { olivia, mary, shop, docs }
}

function running(stage: Stage): number {
  return stage.query("select 1 from runs where state <> 'over' and state <> 'waiting'").length
}

describe('/panic', { concurrency: true }, () => {
  test('everything stops, nothing begins, and an owner lets it go on', async () => {
    await using stage = await openTeam()
    await stage.startBot()
    const { olivia, mary, shop, docs } = await atWork(stage)
    const no = await (await mary.runs(docs, '/panic', {})).settled()
    assert.match(textOf(no), /You are a member here/)

    const answer = await (await olivia.runs(shop, '/panic', {})).settled()
    assert.match(textOf(answer), /Everything stands still/)
    assert.match(textOf(answer), /Stopped: 2 runs/)
    assert.match(textOf(answer), /\*\*shop\*\*.*@olivia: !until never first words/)
    assert.match(textOf(answer), /\*\*docs\*\*.*@mary: !until never other words/)
    await stage.botShows(olivia, shop, /Stopped by @olivia/)
    await stage.botShows(olivia, docs, /Stopped by @olivia/)
    await until(() => running(stage) === 0)
    await until(async () => (await stage.agents()).length === 0)

    // Whoever writes meanwhile waits, and is told why; so does what waited before.
    await mary.says(docs, '!say asked meanwhile')
    await stage.botShows(mary, docs, /everything stands still/)
    await stage.botShows(olivia, shop, /everything stands still/)
    assert.equal(running(stage), 0)
    await until(async () => {
      const health = await (await olivia.runs(shop, '/health', {})).settled()
      return textOf(health).includes('olivia has brought everything to a stop')
    })

    const twice = await (await olivia.runs(docs, '/panic', {})).settled()
    assert.match(textOf(twice), /Nothing was at work/)
    assert.ok(answer.ephemeral, 'what ran elsewhere is for who asked')
    const card = await mary.sees(shop, (message) => !message.ephemeral && /Stopped: 2 runs/.test(textOf(message)))
    assert.doesNotMatch(textOf(card), /words/)
    const [button] = controlsOf(card)
    assert.ok(button)
    await mary.clicks(card, button.label ?? '')
    await mary.sees(shop, (message) => message.ephemeral && /You are a member here/.test(textOf(message)))
    assert.equal(running(stage), 0)
    await olivia.clicks(card, button.label ?? '')
    await stage.botShows(olivia, shop, /what waited/)
    await stage.botShows(mary, docs, /asked meanwhile/)
    await stage.botShows(olivia, shop, /Everything goes on, by @olivia/)
    await olivia.clicks(card, button.label ?? '')
    await olivia.sees(shop, (message) => /Nothing stands still/.test(textOf(message)))
  })

  test('killed when it was written and nothing stopped yet: the next life stops it all, and says what ran', async () => {
    await using stage = await openTeam({ ownProcess: true })
    const bot = await stage.startBot({ dieAt: 'frozen' })
    const { olivia, mary, shop, docs } = await atWork(stage)
    const asked = await olivia.runs(shop, '/panic', {})
    await bot.died()
    const next = await stage.startBot({ ownProcess: true })
    const answer = await asked.settled()
    assert.match(textOf(answer), /Everything stands still/)
    assert.match(textOf(answer), /Stopped: 2 runs/)
    await stage.botShows(olivia, shop, /Stopped by @olivia/)
    await stage.botShows(olivia, docs, /Stopped by @olivia/)
    await until(async () => (await stage.agents()).length === 0)
    await mary.says(docs, '!say asked meanwhile')
    await stage.botShows(mary, docs, /everything stands still/)
    await next.kill()
    await stage.startBot()
    assert.equal(running(stage), 0)
    await (await olivia.runs(docs, '/panic', { lift: true })).settled()
    await stage.botShows(mary, docs, /asked meanwhile/)
    await stage.botShows(olivia, shop, /what waited/)
  })
})
