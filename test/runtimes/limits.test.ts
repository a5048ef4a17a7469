import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe } from 'node:test'
import { defaultLimits } from '../../src/runtimes/engine/limits.ts'
import { LeaseRecords } from '../../src/runtimes/engine/lease-records.ts'
import { firstLife, makeSession, makeTurn, until, wanted, type Listener } from '../contracts/runtime-bench.ts'
import { kill, sideBySide, storiesOf, type ContractStage } from '../contracts/runtime-stage.ts'
import { echoBench } from './echo-bench.ts'
import { Hand } from './hand.ts'

const MB = 1024 * 1024
const { firstEventMs, silenceMs, turnMs, idleMs } = defaultLimits
/** What does not hear is not waited for; everything else only when the test turns the clock. */
const hasty = { farewellMs: 50, interruptMs: 50, interruptHardMs: 50 }

const { story } = storiesOf('echo', echoBench)

describe('the processes of a runtime stay within their limits', sideBySide, () => {
  story('a process that never takes the prompt up', async (stage) => {
    const clock = new Hand()
    stage.within(hasty, clock)
    const first = stage.begin(makeTurn(stage.session, '!say hello'))
    await first.done
    kill(first.pid, 'SIGSTOP')
    const turn = makeTurn(stage.after(first), '!say hello')
    const second = stage.begin(turn)
    await until('it is handed over', () => handedOver(stage) === turn.run)
    await clock.turnUntil(second.done, firstEventMs)
    assert.deepEqual(troubleOf(second), { code: 'silent', seconds: firstEventMs / 1000 })
    assert.equal(second.events.length, 1)
    assert.deepEqual(await stage.pids(), [])
  })

  story('a process that falls silent and does nothing', async (stage) => {
    const clock = new Hand()
    stage.within(hasty, clock)
    const listener = stage.begin(makeTurn(stage.session, '!say before\n!hang'))
    await listener.saysEventually('before')
    await clock.turnUntil(listener.done, silenceMs)
    assert.deepEqual(troubleOf(listener), { code: 'silent', seconds: silenceMs / 1000 })
    assert.equal(listener.text, 'before')
    assert.deepEqual(await stage.pids(), [])
  })

  story('a question to a person is no silence', async (stage) => {
    const clock = new Hand()
    stage.within(hasty, clock)
    const listener = stage.begin(makeTurn(stage.session, '!ask Bash npm publish\n!say after it'))
    const approval = await wanted(listener)
    await clock.turn(turnMs - 1000)
    assert.deepEqual(listener.last, [])
    await listener.conduct.answer(approval.id, { verdict: 'approve' })
    await listener.saysEventually('after')
  })

  story('a call of ours that has no answer yet is no silence; what follows on the answer may be', async (stage) => {
    const clock = new Hand()
    stage.within(hasty, clock)
    const listener = stage.begin(makeTurn(stage.session, '!whois\n!hang'))
    const calls = () => listener.events.flatMap((event) => (event.type === 'called' ? [event.call] : []))
    await until('it calls', () => calls().length > 0)
    await clock.turn(3 * silenceMs)
    assert.deepEqual(listener.last, [])
    for (const { id } of calls()) await listener.conduct.tell(id, 'You are shop.', false)
    await clock.turnUntil(listener.done, silenceMs)
    assert.deepEqual(troubleOf(listener), { code: 'silent', seconds: silenceMs / 1000 })
  })

  story('a turn that takes too long', async (stage) => {
    const clock = new Hand()
    stage.within(hasty, clock)
    const listener = stage.begin(makeTurn(stage.session, '!ask Bash npm publish'))
    await wanted(listener)
    await clock.turnUntil(listener.done, turnMs)
    assert.deepEqual(troubleOf(listener), { code: 'silent', seconds: turnMs / 1000 })
    assert.deepEqual(await stage.pids(), [])
  })

  story('a turn that floods: ended, and its output is not kept', async (stage) => {
    stage.within({ ...hasty, turnOutputBytes: 5 * MB, retireBytes: MB, floodLookMs: 50 })
    const listener = stage.begin(makeTurn(stage.session, '!flood 1GB'))
    await listener.done
    assert.equal((troubleOf(listener) as { code: string }).code, 'flooded')
    assert.deepEqual(await stage.pids(), [])
    await until('the spool is gone', () => !existsSync(join(spoolOf(stage), 'stdout')))
  })

  story('a process with much output is replaced when its turn is over, and the conversation goes on', async (stage) => {
    stage.within({ retireBytes: MB })
    const first = stage.begin(makeTurn(stage.session, '!flood 2MB'))
    await first.done
    assert.deepEqual(first.last[0], { type: 'finished', outcome: { kind: 'done', usage: noUsage } })
    const second = stage.begin(makeTurn(stage.after(first), '!recall'))
    await second.done
    assert.equal(second.text, 'Before this you said: !flood 2MB')
    assert.notEqual(second.pid, first.pid)
    assert.equal(second.warm, false)
  })

  story('the longest idle process makes room for a new one', async (stage) => {
    stage.within({ maxProcesses: 2 })
    const sessions = [1, 2, 3].map(() => makeSession('echo', stage.bench.workdir))
    for (const at of sessions) await stage.begin(makeTurn(at, '!say hello')).done
    assert.deepEqual(
      stage.runtime.processes().map((each) => each.session),
      sessions.slice(1).map(({ id }) => id),
    )
    assert.equal((await stage.pids()).length, 2)
  })

  story('a process that nobody needs is ended after a while, and resumed when somebody does', async (stage) => {
    const clock = new Hand()
    stage.within({}, clock)
    const first = stage.begin(makeTurn(stage.session, '!say hello'))
    await first.done
    await until('it rests', () => stage.runtime.processes().every(({ busy }) => !busy))
    await clock.turn(idleMs - 1)
    assert.equal(stage.runtime.processes().length, 1)
    await clock.turn(1)
    await until('it is gone', async () => (await stage.pids()).length === 0 && stage.runtime.processes().length === 0)
    const second = stage.begin(makeTurn(stage.after(first), '!recall'))
    await second.done
    assert.equal(second.text, 'Before this you said: !say hello')
  })

  story('other settings need another process', async (stage) => {
    const first = stage.begin(makeTurn(stage.session, '!say hello'))
    await first.done
    const second = stage.begin(makeTurn({ ...stage.after(first), workdir: stage.bench.options.dataDir }, '!recall'))
    await second.done
    assert.notEqual(second.pid, first.pid)
    assert.equal(second.text, 'Before this you said: !say hello')
    assert.equal((await stage.pids()).length, 1)
  })

  story('a process that an earlier life left and nobody adopts is ended before a new one is started', async (stage) => {
    const turn = makeTurn(stage.session, stage.bench.words.held('word', ' after word'))
    await firstLife({ options: stage.bench.options, turn, die: { text: 'word' } })
    assert.equal((await stage.pids()).length, 1)
    const listener = stage.begin(makeTurn(stage.session, '!say alone'))
    await listener.done
    assert.equal(listener.text, 'alone')
    assert.equal((await stage.pids()).length, 1)
  })

  story('a process that does not read makes nobody wait', async (stage) => {
    stage.within({ ...hasty, takeInMs: 200, stopAgainMs: 50, stopHardMs: 50 })
    const first = stage.begin(makeTurn(stage.session, '!say hello'))
    await first.done
    kill(first.pid, 'SIGSTOP')
    const turn = makeTurn(stage.after(first), 'long '.repeat(200_000))
    const second = stage.begin(turn)
    await until('it is handed over', () => handedOver(stage) === turn.run)
    let ticks = 0
    const beat = setInterval(() => ticks++, 10)
    await second.conduct.stop()
    clearInterval(beat)
    await second.done
    // A write that blocked this process would let no timer fire, for ever. How often one does is the machine's affair.
    assert.ok(ticks > 0, 'the event loop went on')
    assert.ok(second.last[0]?.type === 'finished' && second.last[0].outcome.kind === 'stopped')
  })

  story('after closing nothing is begun and nothing is told', async (stage) => {
    const running = stage.begin(makeTurn(stage.session, stage.bench.words.held('word', ' after word')))
    await running.saysEventually('word')
    await stage.runtime.close('end')
    await stage.runtime.close('leave')
    await running.done
    assert.deepEqual(running.last, [])
    const late = stage.begin(makeTurn(makeSession('echo', stage.bench.workdir), '!say too late'))
    await late.done
    assert.deepEqual(late.events, [])
    assert.deepEqual(stage.runtime.processes(), [])
  })
})

const noUsage = { inputTokens: 0, outputTokens: 0, costUsd: null }

function spoolOf(stage: ContractStage): string {
  return join(stage.bench.options.dataDir, 'spools', stage.session.id)
}

/** The run whose prompt the session's process was last given. */
function handedOver(stage: ContractStage): string | undefined {
  return new LeaseRecords(stage.bench.options.dataDir).read(stage.session.id)?.turn?.run
}

function troubleOf(listener: Listener): unknown {
  const [last, ...more] = listener.last
  assert.deepEqual(more, [], 'one last event')
  return last?.type === 'finished' && last.outcome.kind === 'failed' ? last.outcome.trouble : last
}
