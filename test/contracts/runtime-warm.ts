import assert from 'node:assert/strict'
import { makeSession, makeTurn, until } from './runtime-bench.ts'
import type { Story } from './runtime-stage.ts'

/** A process that is there before it is needed. */
export function warmContract(story: Story): void {
  story('a process that was started before anything was asked takes the first prompt', async (stage) => {
    const { bench, runtime, session } = stage
    await runtime.prepare(makeTurn(session, ''))
    const [prepared, ...others] = runtime.processes()
    assert.ok(prepared !== undefined && others.length === 0 && !prepared.busy)
    await runtime.prepare(makeTurn(session, ''))
    const first = stage.begin(makeTurn(session, bench.words.say('the first')))
    await first.done
    assert.equal(stage.outcome(first), 'done')
    assert.deepEqual([first.text, first.pid], ['the first', prepared.pid])
    const second = stage.begin(makeTurn(stage.after(first), bench.words.say('the second')))
    await second.done
    assert.deepEqual([second.text, second.pid, second.warm], ['the second', prepared.pid, true])
  })

  story('a prompt that comes while a process is being prepared goes to that one', async (stage) => {
    const { bench, runtime, session } = stage
    const preparing = runtime.prepare(makeTurn(session, ''))
    const first = stage.begin(makeTurn(session, bench.words.say('at once')))
    await Promise.all([preparing, first.done])
    assert.equal(stage.outcome(first), 'done')
    assert.equal(first.text, 'at once')
    assert.deepEqual(
      runtime.processes().map(({ pid }) => pid),
      [first.pid],
    )
  })

  story('preparing makes nobody go, whether at work or at rest', async (stage) => {
    const { bench, session } = stage
    stage.within({ maxProcesses: 1 })
    const first = stage.begin(makeTurn(session, bench.words.say('the only one')))
    await first.done
    await stage.runtime.prepare(makeTurn(makeSession(stage.name, bench.workdir), ''))
    const pids = stage.runtime.processes().map(({ pid }) => pid)
    assert.deepEqual(pids, [first.pid])
    const second = stage.begin(makeTurn(stage.after(first), bench.words.say('still there')))
    await second.done
    assert.equal(second.pid, first.pid)
  })

  story('what was prepared for a session is ended with it', async (stage) => {
    const { runtime, session } = stage
    const preparing = runtime.prepare(makeTurn(session, ''))
    await runtime.release(session.id)
    await preparing
    assert.deepEqual(runtime.processes(), [])
  })

  story.ofAny('what rests when the bot goes is there for the next one, and takes its prompt', async (stage) => {
    const { bench, session } = stage
    const first = stage.begin(makeTurn(session, bench.words.say('before')))
    await first.done
    await stage.runtime.close('leave')
    stage.within({})
    await stage.runtime.sweep(new Set([session.id]))
    assert.deepEqual(
      stage.runtime.processes().map(({ pid, busy }) => [pid, busy]),
      [[first.pid, false]],
    )
    const second = stage.begin(makeTurn(stage.after(first), bench.words.say('after')))
    await second.done
    assert.equal(stage.outcome(second), 'done')
    assert.deepEqual([second.text, second.pid, second.warm], ['after', first.pid, true])
  })

  story('what rests ends by itself when no bot comes back', async (stage) => {
    const { bench, session } = stage
    stage.within({ idleMs: 10_000 })
    const first = stage.begin(makeTurn(session, bench.words.say('the last word')))
    await first.done
    await stage.runtime.close('leave')
    assert.notDeepEqual(await stage.pids(), [])
    await until('what rested is gone', async () => (await stage.pids()).length === 0)
  })

  story('what rests is nobody else’s once a bot is back, however long it takes', async (stage) => {
    const { bench, session } = stage
    stage.within({ idleMs: 60_000 })
    const first = stage.begin(makeTurn(session, bench.words.say('before')))
    await first.done
    await stage.runtime.close('leave')
    const left = (await stage.marked()).find((each) => each.session === 'resting')
    assert.ok(left !== undefined, 'somebody waits in the bot’s place')
    stage.within({})
    await stage.runtime.sweep(new Set([session.id]))
    assert.ok(!(await stage.pids()).includes(left.pid), 'nobody waits any more')
    assert.equal(stage.runtime.processes()[0]?.pid, first.pid)
  })
}
