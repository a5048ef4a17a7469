import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ChannelScene } from './channel-scene.ts'
import { patienceMs, Stage, until } from './stage.ts'

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

  test('who may not ask is told so, and not again on the same day', async () => {
    await using scene = await ChannelScene.open()
    const { stage, olivia, bob } = scene
    for (const text of ['please?', 'and now?']) await scene.asks(bob, text)
    await scene.asks(olivia, '!say to the owner')
    await stage.botShows(olivia, olivia.place('general'), 'to the owner')
    await until(() => scene.said().find((text) => text.includes('left your message alone')) ?? null, patienceMs, 'a no')
    assert.equal(scene.said().filter((text) => text.includes('left your message alone')).length, 1)
    const [said] = stage.query<{ key: string }>("select key from notices where key like 'not-for-you:%'")
    assert.match(said?.key ?? '', new RegExp(`:${Math.floor(Date.now() / 86_400_000)}$`), 'tomorrow it is said again')
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
