import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { controlsOf, textOf, type Actor, type SeenMessage, type SeenPlace } from 'loopback-discord'
import { grant, openTeam } from './approving.ts'
import { Stage, until } from './stage.ts'

test('/broadcast asks every session that the owner can see, once each, and nobody else may', async () => {
  await using stage = await openTeam({ env: { OMC_PER_USER_MAX_QUEUED: '20' } })
  await stage.startBot()
  grant(stage, { mary: 'member', oscar: 'owner' })
  const olivia = await stage.sandbox.actor('olivia')
  const mary = await stage.sandbox.actor('mary')
  const oscar = await stage.sandbox.actor('oscar')
  const shop = await stage.session(olivia, 'shop')
  const docs = await stage.session(olivia, 'docs')
  const name = 'secret'
  const path = `/channels/${olivia.place('general').id}/threads`
  const hidden = await olivia.call<SeenPlace>('POST', path, { name, type: 12 })
  await (await olivia.runs(hidden, '/session start', { name, runtime: 'echo' })).settled()
  const refused = await (await mary.runs(shop, '/broadcast', { text: '!say no' })).settled()
  assert.match(refused.content, /You are a member here/)
  const sent = await (await oscar.runs(shop, '/broadcast', { text: '!say heard by all' })).settled()
  assert.match(sent.content, /^Asked 2 sessions: \*\*shop\*\*, \*\*docs\*\*\./)
  assert.doesNotMatch(sent.content, /secret/)
  for (const place of [shop, docs]) await stage.botShows(olivia, place, /^heard by all/)
  assert.equal(stage.query('select 1 from runs').length, 2)
})

const call = (text: string): string => `!call broadcast ${JSON.stringify({ text })}`

function consent(actor: Actor, place: SeenPlace): Promise<SeenMessage> {
  return actor.sees(place, (message) => controlsOf(message).length > 0 && textOf(message).includes('wants to tell'))
}

function letters(stage: Stage): readonly string[] {
  return stage
    .query<{ line: string }>("select kind || ' ' || state as line from letters order by seq")
    .map(({ line }) => line)
}

async function quiet(stage: Stage): Promise<void> {
  await until(
    () =>
      stage.query("select 1 from runs where state <> 'over'").length === 0 &&
      stage.query("select 1 from letters where state in ('waiting', 'delivered')").length === 0,
  )
}

describe('broadcasts of agents', { concurrency: true }, () => {
  test('it reaches those that its person may ask, when somebody consents; nobody tells it on, and nobody answers', async () => {
    await using stage = await openTeam()
    await stage.startBot()
    grant(stage, { mary: 'member', gwen: 'guest' })
    const olivia = await stage.sandbox.actor('olivia')
    const mary = await stage.sandbox.actor('mary')
    const gwen = await stage.sandbox.actor('gwen')
    const shop = await stage.session(olivia, 'shop')
    const docs = await stage.session(olivia, 'docs')
    const site = await stage.session(olivia, 'site')
    const name = 'secret'
    const path = `/channels/${olivia.place('general').id}/threads`
    const hidden = await olivia.call<SeenPlace>('POST', path, { name, type: 12 })
    await (await olivia.runs(hidden, '/session start', { name, runtime: 'echo' })).settled()
    await gwen.says(shop, call('!say no'))
    await stage.botShows(gwen, shop, /broadcast: Refused: the person you work for is guest here/)

    await mary.says(shop, call(`!say heard by all\n${call('!say and again')}\n!reply to it\n!say the end`))
    await stage.botShows(mary, shop, /Asked whether it may go to docs, site \(chain C\w{7}\)/)
    const panel = await consent(olivia, shop)
    assert.match(
      textOf(panel),
      /^\*\*shop\*\* \(Echo, for <@\d+>\) wants to tell \*\*docs\*\*, \*\*site\*\*:\n> !say heard by all/,
    )
    const labels = controlsOf(panel).flatMap((control) => ('label' in control ? [control.label] : []))
    assert.deepEqual(labels, ['Approve', 'Deny…', 'Change…'])
    assert.deepEqual(letters(stage), ['broadcast asked', 'broadcast asked'], 'nothing goes before that')
    await olivia.clicks(panel, 'Approve')
    for (const place of [docs, site]) {
      await stage.botShows(olivia, place, /✉ \*\*shop\*\* tells/)
      await stage.botShows(olivia, place, /broadcast: Refused: this chain has had its broadcast/)
      await stage.botShows(olivia, place, /reply: Refused: no other agent waits for an answer of yours/)
    }
    await quiet(stage)
    assert.deepEqual(letters(stage), ['broadcast closed', 'broadcast closed'])

    await mary.says(shop, call('!say once more'))
    await stage.botShows(mary, shop, /broadcast: Refused: you told everybody something just now\. Wait \d+ s/)
    await olivia.says(docs, call('!say from docs'))
    const form = await olivia.clicks(await consent(olivia, docs), 'Deny…')
    assert.ok(form.modal)
    await olivia.submits(form.modal, { 'Why not': 'too loud' })
    await stage.botShows(olivia, docs, /> A person said no \(olivia\): too loud/)
    await quiet(stage)
    // Three others see it: shop, site, and the hidden one, which its owner may ask.
    assert.deepEqual(letters(stage).slice(2), [...Array(3).fill('broadcast denied'), 'report closed'])
  })

  test('killed when the first letter has become a prompt: each arrives once', async () => {
    await using stage = await Stage.open({ ownProcess: true })
    const first = await stage.startBot({ dieAt: 'letter-asked' })
    const olivia = await stage.sandbox.actor('olivia')
    const shop = await stage.session(olivia, 'shop')
    const docs = await stage.session(olivia, 'docs')
    const site = await stage.session(olivia, 'site')
    await olivia.says(shop, call('!say heard by all'))
    await olivia.clicks(await consent(olivia, shop), 'Approve').catch(() => undefined)
    await first.died()
    await stage.startBot()
    for (const place of [docs, site]) {
      await stage.botShows(olivia, place, /✉ \*\*shop\*\* tells/)
      await stage.botShows(olivia, place, /^heard by all/)
    }
    await quiet(stage)
    assert.equal(stage.query('select 1 from runs').length, 3)
    assert.deepEqual(letters(stage), ['broadcast closed', 'broadcast closed'])
  })
})
