import assert from 'node:assert/strict'
import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { textOf } from 'loopback-discord'
import { asked, decided } from './approving.ts'
import { pinging, pressesForged } from './forging.ts'
import { Scene } from './scene.ts'
import { assertNothingOfTheBot } from './secrets.ts'

/**
 * What an attacker gets out of the bot: nothing of its own, and nothing that others did not give. Where each attack of
 * the table is tried, beside the tests below; `claude` and `codex` are the real CLIs, in test/clis:
 *
 * the login file: a login is the real CLIs' only · attacks.test.ts, codex-attacks.test.ts
 * a hostile repository: echo loads nothing of one · attacks.test.ts, codex-attacks.test.ts, claude-safety, codex-safety
 * `@path`, `/command`: below · "text of people is inert" (contract of every runtime) · attacks, codex-attacks
 * a bystander's click on an approval: approvals.test.ts "who may" · afternoon.test.ts
 * an approval replayed for another input, an agent that pings, a name with control characters: below · shown.test.ts
 * a guest's prompt in an owner's session: contracts ("a guest's prompt …", every runtime), attacks, codex-asks
 * further names that hide: approvals.test.ts "cannot break out" · test/runtimes/claude/meaning.test.ts
 * a path out of the roots: below, also test/workspaces/roots.test.ts · out of the sandbox: codex-attacks
 */

/** Characters that show nothing or turn the text around. */
const hidden = /[\u200b\u202a-\u202e\u2066-\u2069]/

describe('what an attacker gets', { concurrency: true }, () => {
  test('an agent that prints its environment shows nothing of the bot', async () => {
    await using scene = await Scene.open({
      ownProcess: true,
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
    await using scene = await Scene.open({ ownProcess: true })
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
    assert.ok(!pinging(scene.stage, scene.thread, scene.olivia))
  })

  test('a consent holds for the input it was given to: its old buttons and made-up ones decide nothing else', async () => {
    await using scene = await Scene.open()
    const { olivia, thread, stage } = scene
    await scene.says('!ask Bash npm test')
    const harmless = await asked(olivia, thread, 'npm test')
    const pressed = structuredClone(harmless.components)
    await olivia.clicks(harmless, 'Approve')
    await decided(olivia, harmless, 'Approved')
    await scene.settled()

    await scene.says('!ask Bash rm -rf build')
    const harmful = await asked(olivia, thread, 'rm -rf build')
    await pressesForged(stage, olivia, harmful, pressed)
    const answered = "select 1 from run_events where type = 'answered'"
    assert.equal(stage.query(answered).length, 1, 'only the harmless one')
    assert.equal(stage.query('select 1 from approvals where closed = 0').length, 1, 'the other still waits')
    assert.ok(!scene.standing().includes('Done: rm -rf build'))
  })

  test('a name that hides or turns its characters is written out in a tool line and in an approval', async () => {
    await using scene = await Scene.open()
    const { olivia, thread } = scene
    const name = 'invoice\u202efdp.exe\u200b\u0007'
    await scene.says(`!ask Write ${name}`)
    const ask = await asked(olivia, thread, 'invoice')
    assert.ok(textOf(ask).includes('invoice⟨U+202E⟩fdp.exe⟨U+200B⟩'), textOf(ask))
    await olivia.clicks(ask, 'Approve')
    await decided(olivia, ask, 'Approved')
    await scene.settled()
    for (const message of await scene.stage.botMessages(olivia, thread)) {
      const description = message.embeds.map((embed) => embed.description ?? '').join('\n')
      assert.doesNotMatch(description, hidden, 'on a card')
      if (textOf(message).includes('**Echo')) assert.doesNotMatch(textOf(message), hidden, 'in an approval')
    }
  })

  test('a folder that a symlink leads out of the roots is no folder to work in', async () => {
    await using scene = await Scene.open()
    const { olivia, stage } = scene
    symlinkSync(stage.home, join(stage.project, 'way-out'))
    const place = await olivia.opensThread('general', 'out')
    for (const workdir of [join(stage.project, 'way-out'), 'shop/way-out', join(stage.project, '..', '..', 'home')]) {
      const reply = await (
        await olivia.runs(place, '/session start', { name: 'out', runtime: 'echo', workdir })
      ).settled()
      assert.match(reply.content, /projects/, 'the roots are named')
    }
    const moved = await (await olivia.runs(scene.thread, '/cd', { path: join(stage.project, 'way-out') })).settled()
    assert.match(moved.content, /projects/)
    const folders = stage.query<{ workdir: string }>('select workdir from omc_sessions')
    assert.equal(folders.length, 1)
    assert.ok(!folders[0]?.workdir.startsWith(stage.home))
  })
})
