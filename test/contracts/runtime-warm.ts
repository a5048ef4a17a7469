import assert from 'node:assert/strict'
import { makeSession, makeTurn } from './runtime-bench.ts'
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
}
