import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { Scene } from './scene.ts'

test('/skill asks the agent what a file says, and the place sees who asked for what', async () => {
  await using scene = await Scene.open()
  const { stage, olivia, thread } = scene
  const bob = await stage.sandbox.actor('bob')
  for (const [folder, name, text] of [
    [stage.project, 'greet', '!say hello $ARGUMENTS'],
    [dirname(stage.data), 'house', '!say the rules of the house'],
  ] as const) {
    mkdirSync(join(folder, 'skills'), { recursive: true })
    writeFileSync(join(folder, 'skills', `${name}.md`), text)
  }
  // The session works in the root, so the project's own skills are another session's.
  const work = await olivia.opensThread('general', 'in the shop')
  const started = await olivia.runs(work, '/session start', { name: 'shop2', runtime: 'echo', workdir: 'shop' })
  await started.settled()

  const offered = await olivia.completes(work, '/skill', {}, 'name')
  assert.deepEqual(
    offered.map(({ value }) => value),
    ['greet', 'house'],
  )
  assert.deepEqual(
    (await olivia.completes(thread, '/skill', {}, 'name')).map(({ value }) => value),
    ['house'],
  )
  assert.deepEqual(await bob.completes(work, '/skill', {}, 'name'), [])

  const told = await (await olivia.runs(work, '/skill', { name: 'greet', arguments: 'the team' })).settled()
  assert.match(told.content, /olivia.*`greet`.*the team/)
  assert.equal(told.ephemeral, false)
  await stage.botShows(olivia, work, 'hello the team')

  const unknown = await (await olivia.runs(work, '/skill', { name: '../README' })).settled()
  assert.ok(unknown.ephemeral)
  assert.match(unknown.content, /`greet`, `house`/)
  const refused = await (await bob.runs(work, '/skill', { name: 'greet' })).settled()
  assert.ok(refused.ephemeral)
  assert.equal(scene.runs, 1)
})
