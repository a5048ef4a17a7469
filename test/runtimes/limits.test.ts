import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import type { Runtime, Turn } from '../../src/core/runtime.ts'
import { dataIdOf, findMarked } from '../../src/runtimes/marker.ts'
import { readRecord } from '../../src/runtimes/spool.ts'
import type { ProcessLimits } from '../../src/runtimes/spooled.ts'
import type { RuntimeBench } from '../contracts/runtime.ts'
import { firstLife, Listener, makeSession, makeTurn, until } from '../contracts/runtime-bench.ts'
import { makeRuntime } from '../contracts/runtime-life.ts'
import { echoBench } from './echo-bench.ts'

describe('the processes of a runtime stay within their limits', () => {
  let bench: RuntimeBench
  let runtime: Runtime

  const within = (limits: Partial<ProcessLimits>): void => {
    runtime = makeRuntime({ ...bench.options, limits })
  }
  const session = () => makeSession('echo', bench.workdir)
  const begin = (turn: Turn): Listener => new Listener(runtime.begin(turn), turn)
  const marked = async (): Promise<number> => (await findMarked(dataIdOf(join(bench.options.dataDir, 'spools')))).length
  const troubleOf = (listener: Listener): unknown => {
    const [last, ...more] = listener.last
    assert.deepEqual(more, [], 'one last event')
    return last?.type === 'finished' && last.outcome.kind === 'failed' ? last.outcome.trouble : last
  }

  beforeEach(async () => {
    bench = await echoBench()
    within({})
  })
  afterEach(async () => {
    await runtime.close('end')
    assert.equal(await marked(), 0, 'no process is left')
    await bench[Symbol.asyncDispose]()
  })

  test('a process that never takes the prompt up', async () => {
    // Long enough for a process to start on a busy machine.
    within({ firstEventMs: 3000 })
    const at = session()
    const first = begin(makeTurn(at, '!say hello'))
    await first.done
    process.kill(first.pid, 'SIGSTOP')
    const second = begin(makeTurn(at, '!say hello'))
    await second.done
    assert.deepEqual(troubleOf(second), { code: 'silent', seconds: 3 })
    assert.equal(second.events.length, 1)
    assert.equal(await marked(), 0)
  })

  test('a process that falls silent and does nothing', async () => {
    within({ silenceMs: 400 })
    const listener = begin(makeTurn(session(), '!say before\n!hang'))
    await listener.done
    assert.deepEqual(troubleOf(listener), { code: 'silent', seconds: 0 })
    assert.equal(listener.text, 'before')
    assert.equal(await marked(), 0)
  })

  test('a question to a person is no silence', async () => {
    within({ silenceMs: 300 })
    const listener = begin(makeTurn(session(), '!ask Bash npm publish\n!slow 1s after it'))
    await listener.seesEventually('it asks', () => listener.events.some(({ type }) => type === 'wanted'))
    const asked = listener.events.find((event) => event.type === 'wanted')
    const started = Date.now()
    await until('the silence would be over', () => Date.now() - started > 600)
    assert.deepEqual(listener.last, [])
    assert.ok(asked?.type === 'wanted')
    await listener.conduct.answer(asked.approval.id, { verdict: 'approve' })
    await listener.saysEventually('after')
  })

  test('a turn that takes too long', async () => {
    within({ turnMs: 500 })
    const listener = begin(makeTurn(session(), '!slow 60s word after word after word'))
    await listener.done
    assert.deepEqual(troubleOf(listener), { code: 'silent', seconds: 1 })
    assert.equal(await marked(), 0)
  })

  test('a turn that floods: ended, and its output is not kept', async () => {
    within({ turnOutputBytes: 5 * 1024 * 1024, retireBytes: 1024 * 1024 })
    const at = session()
    const listener = begin(makeTurn(at, '!flood 1GB'))
    await listener.done
    assert.equal((troubleOf(listener) as { code: string }).code, 'flooded')
    assert.equal(await marked(), 0)
    await until('the spool is gone', () => !existsSync(join(bench.options.dataDir, 'spools', at.id, 'stdout')))
  })

  test('a process with much output is replaced when its turn is over, and the conversation goes on', async () => {
    within({ retireBytes: 1024 * 1024 })
    const at = session()
    const first = begin(makeTurn(at, '!flood 2MB'))
    await first.done
    assert.deepEqual(first.last[0], { type: 'finished', outcome: { kind: 'done', usage: noUsage } })
    const second = begin(makeTurn({ ...at, conversation: first.conversation }, '!recall'))
    await second.done
    assert.equal(second.text, 'Before this you said: !flood 2MB')
    assert.notEqual(second.pid, first.pid)
    assert.equal(second.warm, false)
  })

  test('the longest idle process makes room for a new one', async () => {
    within({ maxProcesses: 2 })
    const sessions = [session(), session(), session()]
    for (const at of sessions) await begin(makeTurn(at, '!say hello')).done
    assert.deepEqual(
      runtime.processes().map((each) => each.session),
      sessions.slice(1).map(({ id }) => id),
    )
    assert.equal(await marked(), 2)
  })

  test('a process that nobody needs is ended after a while, and resumed when somebody does', async () => {
    within({ idleMs: 100 })
    const at = session()
    const first = begin(makeTurn(at, '!say hello'))
    await first.done
    await until('it is gone', async () => (await marked()) === 0 && runtime.processes().length === 0)
    const second = begin(makeTurn({ ...at, conversation: first.conversation }, '!recall'))
    await second.done
    assert.equal(second.text, 'Before this you said: !say hello')
  })

  test('other settings need another process', async () => {
    const at = session()
    const first = begin(makeTurn(at, '!say hello'))
    await first.done
    const second = begin(
      makeTurn({ ...at, conversation: first.conversation, workdir: bench.options.dataDir }, '!recall'),
    )
    await second.done
    assert.notEqual(second.pid, first.pid)
    assert.equal(second.text, 'Before this you said: !say hello')
    assert.equal(await marked(), 1)
  })

  test('a process that an earlier life left and nobody adopts is ended before a new one is started', async () => {
    const at = session()
    await firstLife({ options: bench.options, turn: makeTurn(at, '!slow 60s word after word'), die: { text: 'word' } })
    assert.equal(await marked(), 1)
    const listener = begin(makeTurn(at, '!say alone'))
    await listener.done
    assert.equal(listener.text, 'alone')
    assert.equal(await marked(), 1)
  })

  test('a process that does not read makes nobody wait', async () => {
    const at = session()
    const first = begin(makeTurn(at, '!say hello'))
    await first.done
    process.kill(first.pid, 'SIGSTOP')
    const turn = makeTurn({ ...at, conversation: first.conversation }, 'long '.repeat(200_000))
    const second = begin(turn)
    const folder = join(bench.options.dataDir, 'spools', at.id)
    await until('it is handed over', () => readRecord(folder)?.turn?.run === turn.run)
    let ticks = 0
    const beat = setInterval(() => ticks++, 10)
    await second.conduct.stop()
    clearInterval(beat)
    await second.done
    assert.ok(ticks > 20, `the event loop went on (${ticks} beats)`)
    assert.ok(second.last[0]?.type === 'finished' && second.last[0].outcome.kind === 'stopped')
  })

  test('after closing nothing is begun and nothing is told', async () => {
    const running = begin(makeTurn(session(), '!slow 60s word after word'))
    await running.saysEventually('word')
    await runtime.close('end')
    await runtime.close('leave')
    await running.done
    assert.deepEqual(running.last, [])
    const late = begin(makeTurn(session(), '!say too late'))
    await late.done
    assert.deepEqual(late.events, [])
    assert.deepEqual(runtime.processes(), [])
  })
})

const noUsage = { inputTokens: 0, outputTokens: 0, costUsd: null }
