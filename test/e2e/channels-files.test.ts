import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { Prompt } from '../../src/core/prompt.ts'
import { Scene } from './scene.ts'
import { until } from './stage.ts'
import { patienceMs } from '../patience.ts'

const png = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.from('pixels')])
const digest = createHash('sha256').update(png).digest('hex')

function prompts(scene: Scene): readonly Prompt[] {
  const rows = scene.stage.query<{ json: string }>("select json from run_events where type = 'asked' order by seq")
  return rows.map(({ json }) => (JSON.parse(json) as { prompt: Prompt }).prompt)
}

function kept(scene: Scene): readonly string[] {
  return readdirSync(join(scene.stage.data, 'attachments'))
}

function attaches(scene: Scene, text: string, ...files: readonly { name: string; content: string | Uint8Array }[]) {
  return scene.olivia.says(scene.thread, text, { files })
}

describe('what people attach to a prompt', { concurrency: true }, () => {
  test('is kept once and goes with it, also a picture without a word', async () => {
    await using scene = await Scene.open()
    await attaches(scene, '', { name: 'look.png', content: png })
    await until(() => prompts(scene).length === 1)
    await attaches(
      scene,
      '!say with a note',
      { name: 'same.png', content: png },
      { name: 'note.txt', content: 'a note' },
    )
    await scene.answered('with a note')
    const [first, second] = prompts(scene)
    assert.equal(first?.text, '')
    assert.deepEqual(first?.attachments, [{ sha256: digest, name: 'look.png', type: 'image/png', bytes: png.length }])
    assert.deepEqual(
      second?.attachments.map(({ name, type }) => `${name} ${type}`),
      ['same.png image/png', 'note.txt text/plain'],
    )
    assert.equal(kept(scene).length, 2)
    assert.deepEqual(readFileSync(join(scene.stage.data, 'attachments', digest)), png)
  })

  test('is refused with the reason, and the agent is not asked about half of it', async () => {
    await using scene = await Scene.open({ ownProcess: true })
    await attaches(scene, 'run this', { name: 'note.txt', content: 'x' }, { name: 'setup.exe', content: 'MZ\0\0\0' })
    await scene.olivia.sees(scene.thread, /setup\.exe.*not a kind of file that agents can read/)
    scene.breaks({ kind: 'cdn.missing', times: 1 })
    await attaches(scene, 'and this', { name: 'gone.png', content: png })
    await scene.olivia.sees(scene.thread, /gone\.png.*could not be fetched/)
    assert.equal(scene.runs, 0)
    await attaches(scene, '!say the third time', { name: 'here.png', content: png })
    await scene.answered('the third time')
    assert.equal(scene.runs, 1)
    await scene.bot.kill()
    scene.bot = await scene.stage.startBot()
    await attaches(scene, '!say the fourth time')
    await scene.answered('the fourth time')
    assert.equal(scene.runs, 2, 'what was refused is not asked when it is read again')
  })

  test('that was on its way when the bot was killed is fetched again, and asked once', async () => {
    await using scene = await Scene.open({ ownProcess: true })
    const held = scene.breaks({ kind: 'cdn.hold', times: 1 })
    await attaches(scene, '!say after the kill', { name: 'late.png', content: png })
    await held.struck()
    await until(() => kept(scene).length === 1, patienceMs, 'the file that is coming in')
    await scene.bot.kill()
    held.remove()
    assert.equal(scene.runs, 0)
    scene.bot = await scene.stage.startBot()
    await scene.answered('after the kill')
    assert.deepEqual(kept(scene), [digest])
    assert.equal(scene.runs, 1)
  })

  test('goes when an edit takes it away, while the prompt waits', async () => {
    await using scene = await Scene.open()
    await scene.says('!until edited the one at work')
    await scene.grows('the one')
    const message = await attaches(scene, '!say edited', { name: 'a.png', content: png })
    await until(() => prompts(scene).length === 2)
    const path = `/channels/${message.channelId}/messages/${message.id}`
    await scene.olivia.call('PATCH', path, { content: '!say edited anew', attachments: [] })
    const edits = (): number => scene.stage.query("select 1 from run_events where type = 'reworded'").length
    await until(() => edits() === 1, patienceMs, 'the edit')
    scene.opens('edited')
    await scene.answered('edited anew')
    const [reworded] = scene.stage.query<{ json: string }>("select json from run_events where type = 'reworded'")
    assert.deepEqual(JSON.parse(reworded?.json ?? ''), { type: 'reworded', text: '!say edited anew', attachments: [] })
  })
})
