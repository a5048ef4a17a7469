import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Scene } from './scene.ts'
import { assertNothingOfTheBot } from './secrets.ts'

/** What the scripted agent shows of its surroundings when a person asks it to: nothing of the bot's. */

test('an agent that prints its environment shows nothing of the bot', async () => {
  await using scene = await Scene.open({
    env: { OMC_PLANTED: 'x', AWS_SECRET_ACCESS_KEY: 'planted-too', HTTP_PROXY: '' },
  })
  await scene.says('!env\n!say that was it')
  await scene.answered('that was it')
  const shown = scene.standing()
  assert.match(shown, /^OMC_SPOOL=/m, 'the environment was printed')
  assert.match(shown, /^PATH=/m)
  assert.ok(!shown.includes('planted-too'))
  assertNothingOfTheBot(scene.stage, shown)
})

test('an agent that lists its open files holds nothing of the bot', async () => {
  await using scene = await Scene.open()
  await scene.says('!files\n!say that was it')
  await scene.answered('that was it')
  const shown = scene.standing()
  const open = shown.split('\n').filter((line) => /^\d+ (\/|socket:|pipe:|anon_inode:)/.test(line))
  assert.ok(
    open.some((line) => line.startsWith('0 ')),
    shown,
  )
  // Its spool is its own: the pipe it reads from, the file it writes to.
  const foreign = open.filter(
    (line) => line.includes(scene.stage.data) && !line.includes(join(scene.stage.data, 'spools')),
  )
  assert.deepEqual(foreign, [], 'no file of the data folder')
  assert.ok(!open.some((line) => line.includes('.sqlite')), shown)
  const sockets = open.filter((line) => line.includes('socket:'))
  assert.deepEqual(sockets, [], 'no connection of the bot')
  assertNothingOfTheBot(scene.stage, shown)
})

test('a path behind an @ is only text, and so are a command and a dash', async () => {
  await using scene = await Scene.open()
  const planted = join(scene.stage.home, 'planted.txt')
  writeFileSync(planted, 'the-content-of-the-planted-file')
  for (const text of [`@${planted} what does it say?`, '/compact', '--help `!env`']) {
    const { id } = await scene.says(text)
    await scene.olivia.sees(
      scene.thread,
      (message) =>
        message.repliesTo === id && message.components.length === 0 && JSON.stringify(message.embeds).includes('✓'),
    )
  }
  assert.equal(scene.runs, 3)
  const shown = scene.standing()
  assert.ok(!shown.includes('the-content-of-the-planted-file'))
  assertNothingOfTheBot(scene.stage, shown)
})

test('an answer can ping nobody, whatever the agent says', async () => {
  await using scene = await Scene.open()
  const bob = await scene.stage.sandbox.actor('bob')
  await scene.says(`!say hear me @everyone @here <@${bob.id}> <@&${scene.stage.roleId('owner')}>`)
  const answer = await scene.answered('hear me')
  assert.deepEqual(
    answer.mentions.filter((id) => id !== scene.olivia.id),
    [],
  )
  const history = [...scene.stage.sandbox.world.history(scene.thread.id).values()]
  const pinging = history.filter(
    (message) => message.authorId === scene.stage.sandbox.bot.id && message.mentionEveryone,
  )
  assert.deepEqual(pinging, [])
})
