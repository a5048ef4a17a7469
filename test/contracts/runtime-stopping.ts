import assert from 'node:assert/strict'
import { makeTurn, until, wanted } from './runtime-bench.ts'
import { kill, type Story } from './runtime-stage.ts'

/** Nobody waits for what should stop. */
const atOnce = { stopAgainMs: 50, stopHardMs: 50, farewellMs: 50, interruptMs: 50, interruptHardMs: 50 }

/** A stop, at every moment of a turn. */
export function stoppingContract(story: Story): void {
  story('one word stops it while it streams, and it takes the next prompt', async (stage) => {
    const { words } = stage.bench
    // What is not said twice and never made harder has been heard.
    stage.within({ stopAgainMs: 600_000, stopHardMs: 600_000 })
    const listener = stage.begin(makeTurn(stage.session, words.held('a very', ' long story that nobody will hear')))
    await listener.saysEventually('a very')
    await listener.conduct.stop()
    await listener.done
    assert.equal(stage.outcome(listener), 'stopped')
    const next = stage.begin(makeTurn(stage.after(listener), words.say('here again')))
    await next.done
    assert.equal(next.text, 'here again')
    assert.equal(next.pid, listener.pid, 'the process was kept')
  })

  story.ofAny('stops while a permission stands open', async (stage, t) => {
    if (stage.bench.words.ask === undefined) return t.skip('needs no leave')
    const listener = stage.begin(makeTurn(stage.session, stage.bench.words.ask('touch never')))
    await wanted(listener)
    await listener.conduct.stop()
    await listener.done
    assert.equal(stage.outcome(listener), 'stopped')
  })

  story('stops a prompt that was only just handed over', async (stage) => {
    const listener = stage.begin(makeTurn(stage.session, stage.bench.words.held('never', ' to be heard')))
    await listener.conduct.stop()
    await listener.done
    assert.equal(stage.outcome(listener), 'stopped')
  })

  story('stops a prompt that a new process has not taken up yet', async (stage) => {
    const { words } = stage.bench
    const listener = stage.begin(makeTurn(stage.session, words.held('never', ' to be heard')))
    await until('a process is there', () => stage.runtime.processes().length === 1)
    await listener.conduct.stop()
    await listener.done
    assert.equal(stage.outcome(listener), 'stopped')
    const next = stage.begin(makeTurn(stage.session, words.say('the next one')))
    await next.done
    assert.equal(next.text, 'the next one')
  })

  story('stops a CLI that hangs, and leaves no process', async (stage) => {
    stage.within(atOnce)
    const listener = stage.begin(makeTurn(stage.session, stage.bench.words.held('a', ' very long story')))
    await listener.saysEventually('a')
    // All of it: in a box the process that was started only holds it.
    for (const pid of await stage.pids()) kill(pid, 'SIGSTOP')
    await listener.conduct.stop()
    await listener.done
    assert.equal(stage.outcome(listener), 'stopped')
    assert.deepEqual(await stage.pids(), [])
  })
}
