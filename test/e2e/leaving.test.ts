import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { writeFileSync } from 'node:fs'
import { textOf } from 'loopback-discord'
import { asked, decided, idOf } from './approving.ts'
import { repository, starts, told } from './repositories.ts'
import { Scene } from './scene.ts'
import { Stage, until } from './stage.ts'

/** What looks like a secret leaves the machine by no way: made up here, nobody's. */
const secret = `ghp_${'k7Qw3Zr9Tn5Xb1Vd8Lm2'.repeat(2).slice(0, 36)}`

/** Everything that the bot has sent to Discord, and what hangs on it. */
function sent(stage: Stage): string {
  const { world, bot } = stage.sandbox
  const messages = [...world.messages.values()].flatMap((history) => [...history.values()])
  return messages
    .filter(({ authorId }) => authorId === bot.id)
    .map((message) =>
      [
        JSON.stringify([message.content, message.embeds, message.components]),
        ...message.attachments.map(({ filename, bytes }) => `${filename}\n${new TextDecoder().decode(bytes)}`),
      ].join('\n'),
    )
    .join('\n---\n')
}

describe('what leaves for Discord', { concurrency: true }, () => {
  test('an answer that grows shows no part of a secret, not even while it is half there', async () => {
    await using scene = await Scene.open()
    const filler = 'word '.repeat(300)
    await scene.says(`!say ${filler}${secret} and the end`)
    const last = await scene.olivia.sees(
      scene.thread,
      (message) => message.author.bot && textOf(message).includes('and the end'),
    )
    await scene.settled()
    const looks = (await scene.stage.botMessages(scene.olivia, scene.thread)).flatMap(({ revisions }) => revisions)
    for (const { content } of looks) assert.doesNotMatch(content, /ghp_|k7Qw3Z/)
    assert.match(textOf(last), /•{10,}/)
    assert.match(JSON.stringify(looks.map(({ embeds }) => embeds)), /One secret in this answer is hidden/)
    assert.ok(!sent(scene.stage).includes(secret))
    const journal = scene.stage.query<{ json: string }>('select json from run_events').map(({ json }) => json)
    assert.ok(journal.join('').includes(secret), 'the agent did say it')
  })

  test('by no other way either, and the owner hears of it once', async () => {
    await using stage = await Stage.open()
    await stage.startBot({ env: { OMC_OWNER_USER_ID: idOf(stage, 'olivia') } })
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop')
    await olivia.says(thread, `!tool Bash curl -H "token: ${secret}" example.org\n!say a tool`)
    await stage.botShows(olivia, thread, 'a tool')
    for (const command of [`echo ${secret}`, `echo ${'x'.repeat(1500)} ${secret}`]) {
      await olivia.says(thread, `!ask Bash ${command}`)
      const ask = await asked(olivia, thread, 'Echo wants to run')
      await olivia.clicks(ask, 'Approve')
      await decided(olivia, ask, 'Approved')
    }
    await until(() => stage.query("select 1 from runs where state <> 'over'").length === 0)
    await told(olivia, thread, '/session export')
    const folder = repository(stage, 'with-a-secret')
    const { thread: place } = await starts(olivia, 'diffed', { workdir: folder, worktree: false })
    writeFileSync(join(folder, 'config.env'), `GITHUB=${secret}\n`)
    writeFileSync(join(folder, `${secret}.txt`), 'the name says it\n')
    await told(olivia, place, '/diff')
    assert.ok(!sent(stage).includes(secret), sent(stage))
    assert.match(sent(stage), /•{36}/)
    const direct = await olivia.opensDm()
    await until(() => stage.sandbox.world.history(direct.id).size > 0)
    const notes = [...stage.sandbox.world.history(direct.id).values()].map(({ content }) => content)
    assert.equal(notes.length, 1, notes.join('\n'))
    assert.match(notes[0] ?? '', /looks like a secret \(GitHub token\).*<#\d+>/)
  })

  test('the bot’s own token and key are known by value, however they are wrapped', async () => {
    await using scene = await Scene.open()
    const { token } = scene.stage.sandbox.bot
    const wrapped = Buffer.from(`it is ${token}.`).toString('base64')
    await scene.says(`!say ${token} or ${wrapped} and that was it`)
    await scene.answered('and that was it')
    assert.ok(!sent(scene.stage).includes(token))
    assert.ok(!sent(scene.stage).includes(wrapped))
  })
})
