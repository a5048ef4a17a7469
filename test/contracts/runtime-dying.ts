import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { makeTurn, until, wanted, type Listener } from './runtime-bench.ts'
import { kill, type Story } from './runtime-stage.ts'

/** Processes that are killed from outside, or given back. */
export function dyingContract(story: Story): void {
  story.ofAny('a process killed from outside: one last event, and nothing it started is left', async (stage) => {
    const { words } = stage.bench
    const first = stage.begin(makeTurn(stage.session, words.daemon('started')))
    await first.seesEventually('it is allowed or over', () => first.text.includes('started') || asks(first))
    if (asks(first)) await first.conduct.answer((await wanted(first)).id, { verdict: 'approve' })
    await first.done
    assert.ok((await stage.pids()).length >= 2, 'the agent and its daemon, in a sandbox with what shuts it in')
    const listener = stage.begin(makeTurn(stage.after(first), words.held('a', ' very long story')))
    await listener.saysEventually('a')
    kill(listener.pid)
    await listener.done
    assert.equal(stage.outcome(listener), 'lost')
    assert.deepEqual(await stage.pids(), [])
    const again = { ...makeTurn(stage.after(first), words.say('second attempt')), attempt: 2 }
    const retry = stage.begin(again)
    await retry.done
    assert.equal(retry.text, 'second attempt')
  })

  story('a first turn that was killed at once is answered by the second attempt', async (stage) => {
    const turn = makeTurn(stage.session, stage.bench.words.held('said', ' at last'))
    const listener = stage.begin(turn)
    await listener.seesEventually('it has started', () => listener.events.length > 0)
    kill(listener.pid)
    await listener.done
    assert.equal(stage.outcome(listener), 'lost')
    stage.bench.release()
    const retry = stage.begin({ ...turn, attempt: 2, session: stage.after(listener) })
    await retry.done
    assert.equal(stage.outcome(retry), 'done')
    assert.equal(retry.text, 'said at last')
    assert.equal(retry.conversation?.id, listener.conversation?.id)
  })

  story.ofAny('an idle process that was killed from outside is replaced', async (stage) => {
    const { words } = stage.bench
    const first = stage.begin(makeTurn(stage.session, words.say('remember this')))
    await first.done
    await until('the CLI has written it down', () => isWrittenDown(first))
    kill(first.pid)
    await until('it is gone', () => stage.runtime.processes().length === 0)
    const second = stage.begin(makeTurn(stage.after(first), words.say('here again')))
    await second.done
    assert.deepEqual([second.text, second.warm], ['here again', false])
    assert.equal(second.conversation?.id, first.conversation?.id)
  })

  story.ofAny('releases an idle process and resumes its conversation in a new one', async (stage) => {
    const { bench, runtime } = stage
    const first = stage.begin(makeTurn(stage.session, bench.words.say('remember that')))
    await first.done
    await runtime.release(stage.session.id)
    assert.deepEqual([await stage.pids(), runtime.processes()], [[], []])
    const second = stage.begin(makeTurn(stage.after(first), bench.words.say('resumed')))
    await second.done
    assert.equal(second.text, 'resumed')
    assert.notEqual(second.pid, first.pid)
    assert.equal(second.conversation?.id, first.conversation?.id)
    assert.ok(bench.received().includes('remember that'))
  })
}

function asks(listener: Listener): boolean {
  return listener.events.some((event) => event.type === 'wanted')
}

/** Whether the transcript holds the answered turn: a CLI may write it a moment after it has answered. */
function isWrittenDown({ conversation }: Listener): boolean {
  const transcript = conversation?.transcript ?? ''
  return existsSync(transcript) && readFileSync(transcript, 'utf8').includes('remember this')
}
