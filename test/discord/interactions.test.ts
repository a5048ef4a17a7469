import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { OptionValue } from '../../src/core/command.ts'
import type { Desk } from '../../src/core/desk.ts'
import type { MessageId } from '../../src/core/ids.ts'
import type { Verdict } from '../../src/core/policy.ts'
import { echoCommand, nonce, Scene, sheetSaying, until, words } from './scene.ts'

const silent = { replyTo: null, mention: null }

/** A scene with these commands, registered. */
async function withCommands(...commands: readonly ReturnType<typeof echoCommand>[]): Promise<Scene> {
  const scene = await Scene.open({ discord: { commands } })
  await scene.chat.registered
  return scene
}

describe('interactions', { concurrency: true }, () => {
  test('a command is answered where all can see it, or only the person, as its answer wants', async () => {
    await using scene = await withCommands(
      echoCommand(['health']),
      echoCommand(['session', 'list'], { hidden: true, run: async () => ({ text: 'for your eyes', hidden: true }) }),
      echoCommand(['session', 'start'], {
        hidden: false,
        run: async () => ({ text: 'that name is taken', hidden: true }),
      }),
      echoCommand(['session', 'stop'], { hidden: true, run: async () => ({ text: 'stopped for all', hidden: false }) }),
    )
    const olivia = await scene.sandbox.actor('olivia')
    const minji = await scene.sandbox.actor('minji')
    for (const [line, text, hidden] of [
      ['/health', 'health by olivia in channel', false],
      ['/session list', 'for your eyes', true],
      ['/session start', 'that name is taken', true],
      ['/session stop', 'stopped for all', false],
    ] as const) {
      const outcome = await olivia.runs('general', line)
      assert.equal(outcome.failed, false, line)
      const seen = await olivia.sees('general', text)
      assert.equal(seen.ephemeral, hidden, line)
      if (!hidden) await minji.sees('general', text)
    }
    const left = (await olivia.messages('general')).filter((message) => message.content === '')
    assert.deepEqual(left, [], 'no waiting sign is left')
  })

  test('options arrive as what they are, in a thread and in a DM', async () => {
    const calls: { place: string; options: Record<string, OptionValue> }[] = []
    await using scene = await withCommands(
      echoCommand(['session', 'start'], {
        right: 'health',
        options: [
          { name: 'name', type: 'text', required: true },
          { name: 'trust', type: 'flag', required: false },
          {
            name: 'runtime',
            type: 'text',
            required: true,
            choices: () => [{ name: 'Echo', value: 'echo' }],
          },
        ],
        run: async (call) => {
          calls.push({ place: call.place.kind, options: Object.fromEntries(call.options) })
          const name = call.options.get('name')
          return { text: `started ${typeof name === 'string' ? name : ''}`, hidden: false }
        },
      }),
    )
    const olivia = await scene.sandbox.actor('olivia')
    const thread = await olivia.opensThread('general', 'shop')
    const outcome = await olivia.runs(thread, '/session start', { name: 'shop', runtime: 'echo', trust: true })
    assert.equal((await outcome.settled()).content, 'started shop')
    assert.deepEqual(calls, [{ place: 'thread', options: { name: 'shop', runtime: 'echo', trust: true } }])
  })

  test('the gate is asked first, and its no is seen by the person only, in their language', async () => {
    let ran = 0
    await using scene = await withCommands(
      echoCommand(['health'], {
        run: async () => ({ text: `ran ${++ran}`, hidden: false }),
        complete: async () => [`${++ran}`],
      }),
    )
    const alice = await scene.sandbox.actor('alice')
    const outcome = await alice.runs('general', '/health')
    const expected = words.en.refusal({
      code: 'not-allowed',
      action: 'session.list',
      tier: 'public',
      needs: 'member',
    })
    assert.equal(outcome.message?.content, expected)
    assert.equal(outcome.ephemeral, true)
    assert.equal(ran, 0)
  })

  test('a gate that cannot say in time is asked again before anything is done', async () => {
    let ran = 0
    let asked = 0
    const refusal = { code: 'not-allowed', action: 'session.list', tier: 'public', needs: 'member' } as const
    const no = { allowed: false, tier: 'public', ground: { kind: 'none' }, needs: 'member', refusal } as const
    const desk: Pick<Desk, 'judge' | 'refused'> = {
      refused: async () => [],
      judge: () => (++asked === 1 ? Promise.withResolvers<Verdict>().promise : Promise.resolve(no)),
    }
    const commands = [echoCommand(['health'], { run: async () => ({ text: `ran ${++ran}`, hidden: false }) })]
    await using scene = await Scene.open({ discord: { commands, desk: () => desk as Desk } })
    await scene.chat.registered
    const olivia = await scene.sandbox.actor('olivia')
    const outcome = await olivia.runs('general', '/health')
    const told = await outcome.settled()
    assert.equal(told.content, words.en.refusal(refusal))
    assert.ok(told.ephemeral)
    assert.equal(ran, 0)
    assert.equal(asked, 2)
  })

  test('autocomplete offers what the command suggests, to whom the gate lets in', async () => {
    await using scene = await withCommands(
      echoCommand(['cancel'], {
        options: [{ name: 'workdir', type: 'text', required: false, suggests: true }],
        complete: async (_call, option, typed) => [
          `${option}:${typed}`,
          'x'.repeat(101),
          ...Array.from({ length: 40 }, (_, index) => `more ${index}`),
        ],
      }),
    )
    const olivia = await scene.sandbox.actor('olivia')
    const alice = await scene.sandbox.actor('alice')
    const offered = await olivia.completes('general', '/cancel', { workdir: 'pro' }, 'workdir')
    assert.equal(offered.length, 25)
    assert.deepEqual(offered[0], { name: 'workdir:pro', value: 'workdir:pro' })
    assert.deepEqual(await alice.completes('general', '/cancel', { workdir: 'pro' }, 'workdir'), [])
  })

  test('a command that throws is left to the inbox, which tries it again', async () => {
    await using scene = await withCommands(
      echoCommand(['health'], {
        run: async () => {
          throw new Error('the store is on fire')
        },
      }),
    )
    const olivia = await scene.sandbox.actor('olivia')
    await olivia.runs('general', '/health')
    await until(() => scene.inbox.failures.length > 0, 'the failure')
    assert.match(String(scene.inbox.failures[0]), /the store is on fire/)
  })

  test('an interaction that comes twice is worked on once', async () => {
    let ran = 0
    await using scene = await withCommands(
      echoCommand(['health'], { run: async () => ({ text: `ran ${++ran}`, hidden: false }) }),
    )
    const olivia = await scene.sandbox.actor('olivia')
    scene.sandbox.faults.add({ kind: 'gateway.duplicate', event: 'INTERACTION_CREATE', times: 1 })
    await olivia.runs('general', '/health')
    await olivia.sees('general', 'ran 1')
    await olivia.runs('general', '/health')
    await olivia.sees('general', 'ran 2')
    assert.equal(ran, 2)
  })

  test('what is acknowledged too late is not worked on, and nothing breaks', async () => {
    let ran = 0
    await using scene = await Scene.open({
      sandbox: { deadlines: { answer: 50 } },
      discord: { commands: [echoCommand(['health'], { run: async () => ({ text: `ran ${++ran}`, hidden: false }) })] },
    })
    await scene.chat.registered
    const olivia = await scene.sandbox.actor('olivia')
    scene.sandbox.faults.add({ kind: 'gateway.delay', event: 'INTERACTION_CREATE', ms: 300, times: 1 })
    const outcome = await olivia.runs('general', '/health')
    assert.equal(outcome.failed, true)
    await until(() => scene.log.all('discord.interaction-expired').length > 0, 'the log line')
    assert.equal(ran, 0)
  })

  test('an answer that comes after the interaction’s time is left to whoever can say it elsewhere', async () => {
    const release = Promise.withResolvers<void>()
    let aheadMs = 0
    await using scene = await Scene.open({
      sandbox: { clock: { now: () => Date.now() + aheadMs } },
      discord: {
        commands: [
          echoCommand(['health'], {
            run: async () => {
              await release.promise
              return { text: 'late but here', hidden: false }
            },
          }),
          echoCommand(['cancel'], {
            hidden: true,
            run: async () => {
              await release.promise
              return { text: 'late and private', hidden: true }
            },
          }),
        ],
      },
    })
    await scene.chat.registered
    const olivia = await scene.sandbox.actor('olivia')
    await olivia.runs('general', '/health')
    await olivia.runs('general', '/cancel')
    // A quarter of an hour is what Discord gives.
    aheadMs = 16 * 60_000
    release.resolve()
    await until(() => scene.inbox.unsaid.length === 2, 'both')
    const messages = await olivia.messages('general')
    assert.equal(
      messages.some(({ content }) => content.includes('late')),
      false,
    )
  })

  test('the Stop button brings its run, its person and its place', async () => {
    await using scene = await Scene.open()
    const { chat, inbox } = scene
    const place = scene.place('general')
    const olivia = await scene.sandbox.actor('olivia')
    const rendering = sheetSaying(chat, place, 'at work')
    await chat.post(place, rendering, { ...silent, nonce: nonce() })
    const seen = await olivia.sees('general', 'at work')
    inbox.answer = async () => ({ text: 'stopped', hidden: true })
    const outcome = await olivia.clicks(seen, 'Stop')
    assert.equal((await outcome.settled()).content, 'stopped')
    assert.equal(outcome.ephemeral, true)
    const [press] = inbox.presses
    assert.equal(press?.argument, rendering.mark)
    assert.equal(press?.person.name, 'olivia')
    assert.deepEqual(press?.place, place)
  })

  test('a button of something else is answered, not passed on', async () => {
    await using scene = await Scene.open()
    const olivia = await scene.sandbox.actor('olivia')
    const route = `/channels/${scene.place('general').id}/messages`
    await fetch(`${scene.sandbox.api}/v10${route}`, {
      method: 'POST',
      headers: { Authorization: `Bot ${scene.sandbox.bot.token}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({
        content: 'old button',
        components: [{ type: 1, components: [{ type: 2, style: 1, label: 'Old', custom_id: 'from-another-age' }] }],
      }),
    })
    const seen = await olivia.sees('general', 'old button')
    const outcome = await olivia.clicks(seen, 'Old')
    assert.equal(outcome.ephemeral, true)
    assert.equal(scene.inbox.presses.length, 0)
    assert.ok((seen.id as MessageId).length > 0)
  })
})

test('Discord has the acknowledgement before the work begins, which may hold up everything', async () => {
  const stages: unknown[] = []
  await using scene = await withCommands(
    echoCommand(['health'], {
      run: async () => {
        // What stands in Discord's books while a store under load would block the process.
        stages.push(...[...scene.sandbox.world.interactions.values()].map(({ state }) => state))
        return { text: 'done at last', hidden: false }
      },
    }),
  )
  const olivia = await scene.sandbox.actor('olivia')
  const outcome = await olivia.runs('general', '/health')
  assert.equal(outcome.failed, false)
  await olivia.sees('general', 'done at last')
  assert.deepEqual(stages, ['answered'])
})
