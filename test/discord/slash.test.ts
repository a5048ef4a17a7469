import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { product } from '../features/product.ts'
import { echoCommand, Scene, until } from './scene.ts'

describe('registration of commands', { concurrency: true }, () => {
  test('all commands are registered once, in both languages; the second start sends nothing', async () => {
    const all = product.commands
    const names = [...new Set(all.map(({ path }) => path[0]))].sort()
    await using scene = await Scene.open({ discord: { features: product } })
    await scene.chat.registered
    // Those of a guild are offered in no direct message: there they are another list, which is one request.
    const sent = (nth: number): readonly unknown[] => {
      const { updated, inDms } = scene.log.all('slash.registered')[nth] ?? {}
      return [updated, inDms]
    }
    assert.deepEqual(sent(0), [names.length, names.length])
    const olivia = await scene.sandbox.actor('olivia')
    for (const place of ['general', await olivia.opensDm()]) {
      const offered = await olivia.commands(place)
      assert.deepEqual(offered.map((command) => command.name).sort(), names)
    }
    await scene.chat.close()

    const writes = scene.sandbox.faults.add({ kind: 'rest.hold', path: '/commands', ms: 0 })
    const second = scene.another()
    await second.open(scene.inbox)
    await second.registered
    assert.deepEqual(sent(1), [0, 0])
    assert.equal(writes.hits, 2, 'the lists are read, nothing is sent')
    await second.close()

    // And when it serves all servers from now on, they are no longer for direct messages alone.
    const third = scene.another({ guild: null })
    await third.open(scene.inbox)
    await third.registered
    assert.deepEqual(sent(2), [names.length, undefined])
  })

  test('only what has changed is sent, and what is gone is taken away', async () => {
    const options = [{ name: 'workdir', type: 'text', required: false, suggests: true }] as const
    await using scene = await Scene.open({
      discord: { commands: [echoCommand(['health']), echoCommand(['cancel']), echoCommand(['session', 'list'])] },
    })
    await scene.chat.registered
    await scene.chat.close()
    const second = scene.another({
      commands: [
        echoCommand(['health']),
        echoCommand(['session', 'list']),
        echoCommand(['session', 'stop'], { options }),
      ],
    })
    await second.open(scene.inbox)
    await second.registered
    // One taken away, one replaced.
    assert.equal(scene.log.all('slash.registered')[1]?.['updated'], 2)
    const olivia = await scene.sandbox.actor('olivia')
    const offered = await olivia.commands('general')
    assert.deepEqual(offered.map((command) => command.name).sort(), ['health', 'session'])
  })

  test('without a guild they are registered for all', async () => {
    await using scene = await Scene.open({ discord: { guild: null } })
    await scene.chat.registered
    const olivia = await scene.sandbox.actor('olivia')
    const dm = await olivia.opensDm()
    assert.deepEqual(
      (await olivia.commands(dm)).map((command) => command.name),
      ['health'],
    )
  })

  test('a failed registration leaves the bot at work and says what to do', async () => {
    await using scene = await Scene.open({ closed: true })
    scene.sandbox.faults.add({ kind: 'rest.error', path: '/commands', status: 403 })
    await scene.chat.open(scene.inbox)
    const alice = await scene.sandbox.actor('alice')
    await alice.says('general', 'are you there?')
    await until(() => scene.inbox.story.includes('are you there?'), 'the message')
    await until(() => scene.log.all('slash.failed').length > 0, 'the log line')
    assert.match(String(scene.log.all('slash.failed')[0]?.['hint']), /applications\.commands/)
    const owners = { role: null, user: null }
    const found = await scene.chat.check({ owners, auditChannel: null, alertsChannel: null, places: [] })
    const commands = found.find(({ id }) => id === 'discord.commands')
    assert.equal(commands?.stopsAll, true)
    assert.match(commands?.mend ?? '', /scope applications\.commands/)
  })

  test('a command that is no longer there is answered with a sentence', async () => {
    await using scene = await Scene.open({ discord: { commands: [echoCommand(['health']), echoCommand(['cancel'])] } })
    await scene.chat.registered
    await scene.chat.close()
    const second = scene.another({ commands: [echoCommand(['health'])] })
    scene.sandbox.faults.add({ kind: 'rest.error', path: '/commands', status: 403 })
    await second.open(scene.inbox)
    const olivia = await scene.sandbox.actor('olivia')
    const outcome = await olivia.runs('general', '/cancel')
    assert.equal(outcome.failed, false)
    assert.equal(outcome.ephemeral, true)
  })
})
