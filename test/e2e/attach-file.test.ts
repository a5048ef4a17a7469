import assert from 'node:assert/strict'
import { rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { textOf } from 'loopback-discord'
import { Scene } from './scene.ts'
import { plantedSecret } from './stage.ts'

const png = Buffer.from('89504e470d0a1a0a0000000d49484452deadbeef', 'hex')
const call = (path: string, text = ''): string => `!call attach_file ${JSON.stringify({ path, text })}`

describe('attach_file', { concurrency: true }, () => {
  test('what the agent has made is shown as its own, byte for byte; what lies elsewhere or holds a secret is not', async () => {
    await using scene = await Scene.open()
    const { stage } = scene
    const folder = dirname(stage.project)
    writeFileSync(join(folder, 'shot.png'), png)
    writeFileSync(join(folder, 'notes.txt'), 'token = "sk-ant-api03-' + 'Ab3dEf6hIj9k'.repeat(8) + '"')
    writeFileSync(join(folder, 'own.txt'), `it is ${stage.sandbox.bot.token}`)
    writeFileSync(join(folder, 'what.zip'), Buffer.from('504b0304ffff', 'hex'))
    symlinkSync('/etc/passwd', join(folder, 'link'))
    const paths = ['../../../etc/passwd', 'link', 'notes.txt', 'own.txt', 'what.zip', 'none']
    await scene.says(
      [...paths.map((path) => call(path)), call('shot.png', 'The *page* @everyone'), '!say the end'].join('\n'),
    )
    const shown = await scene.grows('the agent, shows')
    assert.equal(shown.content, '**shop**, the agent, shows `shot.png`:\n> The *page* @everyone')
    assert.deepEqual(shown.mentions, [])
    const [file] = shown.attachments
    assert.ok(file && shown.attachments.length === 1)
    assert.deepEqual([file.filename, file.size], ['shot.png', png.length])
    assert.deepEqual(Buffer.from(await (await fetch(file.url)).arrayBuffer()), png)
    const answer = textOf(await scene.answered('the end'))
    for (const words of [
      'only files of your own working folder',
      'a link is on the way to it',
      'looks like a secret',
      'only text, pictures',
      'there is no such file',
      'Posted shot.png (image/png, 20 bytes)',
    ])
      assert.ok(answer.includes(words), `${words}: ${answer}`)
    assert.equal(answer.split('looks like a secret').length - 1, 2)
    assert.ok(!answer.includes(plantedSecret))
  })

  test('a guest’s agent shows files where boxes say at what it looks, and nowhere else', async () => {
    await using scene = await Scene.open()
    const { stage, thread, olivia } = scene
    writeFileSync(join(dirname(stage.project), 'notes.txt'), 'the words of the team')
    const bob = await stage.sandbox.actor('bob')
    await (await olivia.runs(thread, '/permission set', { user: bob.id, tier: 'guest' })).settled()
    await bob.says(thread, `${call('notes.txt')}\n!say for a guest`)
    assert.match(textOf(await stage.botShows(olivia, thread, 'for a guest')), /this machine has no boxes/)
    await olivia.says(thread, `${call('notes.txt')}\n!say for an owner`)
    assert.match(textOf(await stage.botShows(olivia, thread, 'for an owner')), /Posted notes\.txt/)
  })

  test('killed when the answer is kept: it is posted once, also when the file is gone by then', async () => {
    await using scene = await Scene.open({ ownProcess: true })
    const { stage } = scene
    const folder = dirname(stage.project)
    await scene.bot.kill()
    scene.bot = stage.spawnBot({ dieAt: 'tool-answered' })
    await scene.bot.ready()
    writeFileSync(join(folder, 'a.txt'), 'as it was')
    await scene.says(`${call('a.txt')}\n!say and on`)
    await scene.bot.died()
    rmSync(join(folder, 'a.txt'))
    await stage.startBot()
    await scene.answered('and on')
    await scene.settled()
    const shown = await scene.grows('the agent, shows')
    assert.equal(await (await fetch(shown.attachments[0]?.url ?? '')).text(), 'as it was')
    assert.equal(stage.query("select 1 from messages where owner like 'note:file:%'").length, 1)
  })
})
