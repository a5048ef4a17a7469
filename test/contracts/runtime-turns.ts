import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { makeSession, makeTurn, wanted } from './runtime-bench.ts'
import type { Story } from './runtime-stage.ts'

/** A prompt, and what comes of it. */
export function turnsContract(story: Story): void {
  // The first of its row: its process is a new one.
  story.ofAny('answers a first prompt and a second one without a new process', async (stage) => {
    const { bench, runtime, session } = stage
    const first = stage.begin(makeTurn(session, bench.words.say('one')))
    await first.done
    assert.equal(stage.outcome(first), 'done')
    assert.equal(first.text, 'one')
    assert.equal(first.events[0]?.type, 'started')
    assert.equal(first.warm, false)
    assert.deepEqual(
      runtime.processes().map(({ pid, busy }) => ({ pid, busy })),
      [{ pid: first.pid, busy: false }],
    )
    const second = stage.begin(makeTurn(stage.after(first), bench.words.say('two')))
    await second.done
    assert.equal(stage.outcome(second), 'done')
    assert.equal(second.text, 'two')
    assert.deepEqual([second.pid, second.warm], [first.pid, true])
    assert.equal(second.conversation?.id, first.conversation?.id)
  })

  story.ofAny('streams: the text grows, and ends whole', async (stage) => {
    const { bench } = stage
    const [before, after] = ['the quick brown fox', ' jumps over the lazy dog']
    const listener = stage.begin(makeTurn(stage.session, bench.words.held(before, after)))
    await listener.saysEventually(before)
    assert.ok(listener.text.length < (before + after).length, 'it is shown before it is complete')
    bench.release()
    await listener.done
    assert.equal(listener.text, before + after)
    assert.ok(listener.view.blocks.every(({ whole }) => whole))
    assert.ok(listener.events.filter(({ type }) => type === 'said').length > 2, 'in pieces')
  })

  story.ofAny('tells of a tool, begun and done', async (stage) => {
    const listener = stage.begin(makeTurn(stage.session, stage.bench.words.tool('after the tool')))
    await listener.done
    assert.equal(stage.outcome(listener), 'done')
    const phases = listener.events.flatMap((event) => (event.type === 'acted' ? [event.phase] : []))
    assert.deepEqual(phases, ['begun', 'done'])
    assert.equal(listener.text, 'after the tool')
  })

  story.ofAny('a denied permission: nothing runs, and the agent hears why', async (stage, t) => {
    const { bench } = stage
    if (bench.words.ask === undefined) return t.skip('needs no leave')
    const file = join(bench.workdir, 'made-by-the-agent')
    const listener = stage.begin(makeTurn(stage.session, bench.words.ask(`touch ${file}`)))
    const approval = await wanted(listener)
    assert.ok(approval.input.includes(file), 'the whole input is shown')
    await listener.conduct.answer(approval.id, { verdict: 'deny', reason: 'alice says: not on a Friday' })
    await listener.done
    assert.equal(stage.outcome(listener), 'done')
    assert.equal(statSync(file, { throwIfNoEntry: false }), undefined)
    assert.ok(listener.text.includes('not on a Friday'), listener.text)
    assert.ok(listener.events.some((event) => event.type === 'acted' && event.phase === 'failed'))
  })

  story.ofAny('an approved permission runs; a second answer is ignored', async (stage, t) => {
    const prompt = stage.bench.words.ask?.('echo approved-and-run')
    if (prompt === undefined) return t.skip('needs no leave')
    const listener = stage.begin(makeTurn(stage.session, prompt))
    const approval = await wanted(listener)
    await listener.conduct.answer(approval.id, { verdict: 'approve' })
    await listener.conduct.answer(approval.id, { verdict: 'deny', reason: 'too late' })
    await listener.done
    assert.equal(stage.outcome(listener), 'done')
    assert.ok(listener.text.includes('approved-and-run'), listener.text)
    assert.ok(listener.events.some((event) => event.type === 'acted' && event.phase === 'done'))
  })

  story('says so when the conversation is gone', async (stage) => {
    const conversation = { id: '00000000-0000-4000-8000-000000000000', transcript: null }
    const listener = stage.begin(makeTurn({ ...stage.session, conversation }, stage.bench.words.say('hello')))
    await listener.done
    const last = listener.last[0]
    assert.equal(stage.outcome(listener), 'failed')
    assert.ok(last?.type === 'finished' && last.outcome.kind === 'failed')
    assert.equal(last.outcome.trouble.code, 'conversation-gone')
    assert.equal(listener.events.length, 1)
  })

  story('a working directory that does not exist: one event says so', async (stage) => {
    const workdir = join(stage.bench.workdir, 'nowhere')
    const listener = stage.begin(makeTurn({ ...stage.session, workdir }, stage.bench.words.say('hello')))
    await listener.done
    const last = listener.last[0]
    assert.ok(last?.type === 'finished' && last.outcome.kind === 'failed')
    assert.equal(last.outcome.trouble.code, 'start-failed')
    assert.equal(listener.events.length, 1)
  })

  story.ofAny('leads two sessions at once', async (stage) => {
    const { bench } = stage
    const other = makeSession(stage.name, bench.workdir)
    const both = [other, stage.session].map((each, index) =>
      stage.begin(makeTurn(each, bench.words.held('session', ` ${index}`))),
    )
    for (const listener of both) await listener.saysEventually('session')
    bench.release()
    await Promise.all(both.map(({ done }) => done))
    assert.deepEqual(
      both.map(({ text }) => text),
      ['session 0', 'session 1'],
    )
    assert.equal(both[0]?.pid === both[1]?.pid, bench.sharesProcess === true)
    await stage.runtime.release(other.id)
  })
}
