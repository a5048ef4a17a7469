import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ChannelScene } from './channel-scene.ts'
import { noon } from './stage-clock.ts'
import { Stage } from './stage.ts'

describe('being told no', { concurrency: true }, () => {
  test('a prompt that was answered is not refused by a later life, when its speaker may ask no more', async () => {
    await using scene = await ChannelScene.open({ ownProcess: true })
    const { stage, olivia, bob } = scene
    scene.grants(bob, 'member')
    await scene.asks(bob, '!say answered in time')
    await stage.botShows(olivia, olivia.place('general'), 'answered in time')
    await scene.settled()
    scene.grants(bob, 'public')
    await scene.restarts()
    await scene.asks(olivia, '!say the next life is there')
    await stage.botShows(olivia, olivia.place('general'), 'the next life is there')
    await scene.settled()
    assert.ok(!scene.said().some((text) => text.includes('left your message alone')), scene.said().join('\n'))
  })

  test('who may not ask is told so in private, once a day, and the place sees a sign; the button says why, also in the next life', async () => {
    await using scene = await ChannelScene.open({ ownProcess: true, startsAt: noon })
    const { stage, olivia, bob } = scene
    const messages = [await scene.asks(bob, 'please?'), await scene.asks(bob, 'and now?')]
    for (const { id } of messages) {
      await bob.sees('general', (each) => each.id === id && each.reactions.some(({ emoji }) => emoji === '🚫'))
    }
    const direct = await bob.opensDm()
    const told = await stage.botShows(bob, direct, 'you may not ask an agent there')
    assert.match(told.content, new RegExp(`<#${bob.place('general').id}>.*/${messages[0]?.id}\\)`))
    await scene.asks(olivia, '!say to the owner')
    await stage.botShows(olivia, olivia.place('general'), 'to the owner')
    assert.ok(!scene.said().some((text) => text.includes('alone')), 'the channel hears nothing')
    assert.equal((await stage.botMessages(bob, direct)).length, 1)
    const said = stage.query<{ key: string }>("select key from notices where key like 'not-for-you:%' order by key")
    assert.deepEqual(
      said.map(({ key }) => key.slice(key.lastIndexOf(':') + 1)),
      [String(Math.floor(noon / 86_400_000))],
      'tomorrow it is said again',
    )

    await scene.restarts()
    const why = await (await bob.clicks(told, 'Why?')).settled()
    assert.match(why.content, /you wanted to .* in <#\d+>\. It takes \*\*guest\*\* or more, and you are \*\*public\*\*/)
    assert.match(why.content, /whoever has the owners' role/)
    const latest = await (await bob.runs('work', '/why')).settled()
    assert.ok(latest.ephemeral)
    assert.match(latest.content, new RegExp(`in <#${bob.place('general').id}>`))
    scene.grants(bob, 'member')
    assert.match((await (await bob.clicks(told, 'Why?')).settled()).content, /By now you may/)
  })

  test('a refused command has a button that explains it, to the blocked as well', async () => {
    await using stage = await Stage.open({ env: { OMC_PER_USER_MAX_QUEUED: '1' } })
    await stage.startBot()
    const [olivia, bob] = [await stage.sandbox.actor('olivia'), await stage.sandbox.actor('bob')]
    assert.match((await (await bob.runs('general', '/why')).settled()).content, /Nothing was refused to you/)
    await (await olivia.runs('general', '/permission set', { user: bob.id, tier: 'blocked' })).settled()
    const refused = await (await bob.runs('general', '/health')).settled()
    assert.equal(
      refused.content,
      'You are blocked here, so you cannot see how the bot is doing. Ask an owner if that is a mistake.',
    )
    const why = await (await bob.clicks(refused, 'Why?')).settled()
    assert.match(why.content, new RegExp(`You are blocked there: <@${olivia.id}> set that in <#\\d+>`))

    const thread = await stage.session(olivia, 'shop')
    const taken = await (await olivia.runs(thread, '/session start', { name: 'shop', runtime: 'echo' })).settled()
    assert.deepEqual(taken.components, [], 'its words say everything')
    assert.match((await (await olivia.runs(thread, '/why')).settled()).content, /> \*\*shop\*\* is open here already/)
    for (const word of ['one', 'two', 'three']) await olivia.says(thread, `!until never ${word}`)
    await stage.botShows(olivia, thread, /You already have/)
    const own = await (await olivia.runs('work', '/why')).settled()
    assert.match(own.content, /You already have.*OMC_PER_USER_MAX_QUEUED/s)
  })

  test('who takes no direct messages hears in the place that /why tells them', async () => {
    await using scene = await ChannelScene.open()
    const { stage, bob } = scene
    stage.sandbox.world.user(bob.id).acceptsDms = false
    await scene.asks(bob, 'please?')
    const word = await stage.botShows(bob, bob.place('general'), '`/why` tells its author')
    assert.doesNotMatch(word.content, /tier|blocked/)
  })

  test('a changed tier is told to who changed it, and to the audit channel; the channel hears nothing', async () => {
    await using stage = await Stage.open()
    await stage.startBot({ env: { OMC_AUDIT_CHANNEL_ID: stage.sandbox.channel('work') } })
    const olivia = await stage.sandbox.actor('olivia')
    const bob = await stage.sandbox.actor('bob')
    const set = await olivia.runs('general', '/permission set', { user: bob.id, tier: 'blocked' })
    assert.ok((await set.settled()).ephemeral)
    const told = await olivia.sees('work', 'is now **blocked**')
    assert.match(told.content, new RegExp(`<@${bob.id}>.*By @olivia in <#${olivia.place('general').id}>`))
    assert.deepEqual(await stage.botMessages(bob, bob.place('general')), [])
  })
})
