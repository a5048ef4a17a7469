import assert from 'node:assert/strict'
import type { CheckpointName } from '../../src/core/checkpoint.ts'
import type { Turn } from '../../src/core/runtime.ts'
import { chance } from '../random.ts'
import { Listener, makeSession, makeTurn, until, wanted } from './runtime-bench.ts'
import type { Story } from './runtime-stage.ts'

/** A bot that dies, and the next one that goes on. */
export function livesContract(story: Story): void {
  for (const afterMs of [1, 2, 3].map((part) => Math.round((part + chance.next()) * 150)))
    story(`whenever the bot dies (now after ${afterMs} ms): the answer is complete, or begun anew`, async (stage) => {
      const { bench, runtime } = stage
      const turn = makeTurn(stage.session, bench.words.held('one two three four', ' five six seven eight'))
      const before = await stage.dies(turn, { afterMs })
      bench.release()
      const conduct = await runtime.adopt(turn, before.at(-1)?.cursor ?? null)
      // Nothing to adopt: it had not been handed over, or the process was not there yet.
      const listener = conduct === null ? stage.begin({ ...turn, attempt: 2 }) : new Listener(conduct, turn, before)
      await listener.done
      assert.equal(stage.outcome(listener), 'done')
      assert.equal(listener.text, 'one two three four five six seven eight')
      if (conduct === null) assert.deepEqual(before, [])
    })

  for (const at of ['spawned', 'handed-over'] satisfies CheckpointName[]) {
    const tell = at === 'spawned' ? story : story.ofAny
    tell(`adopts after a death of the bot at "${at}": the same process, asked once`, async (stage) => {
      const { bench } = stage
      const turn = makeTurn(stage.session, bench.words.held('text', ` of ${at}`))
      const before = await stage.dies(turn, { at })
      assert.deepEqual(before, [], 'nothing had been reported')
      const [pid] = await stage.pids()
      const listener = await stage.adopt(turn, before)
      bench.release()
      await listener.done
      assert.equal(stage.outcome(listener), 'done')
      assert.equal(listener.events[0]?.type, 'started')
      assert.equal(listener.pid, pid)
      assert.equal(listener.text, `text of ${at}`)
      assert.equal(bench.asked(`of ${at}`), 1)
    })
  }

  story.ofAny('adopts in the middle of the text: complete, and nothing twice', async (stage) => {
    const { bench } = stage
    const [first, second] = ['one two three four five', ' six seven eight nine ten']
    const turn = makeTurn(stage.session, bench.words.held(first, second))
    const before = await stage.dies(turn, { text: 'two' })
    const listener = await stage.adopt(turn, before)
    bench.release()
    await listener.done
    assert.equal(stage.outcome(listener), 'done')
    assert.equal(listener.text, first + second)
    const pieces = listener.events.flatMap((event) => (event.type === 'said' && !event.whole ? [event.text] : []))
    assert.equal(pieces.join(''), first + second, 'the pieces of both lives make the text')
    assert.equal(bench.asked(second), 1)
    const next = stage.begin(makeTurn(stage.after(listener), bench.words.say('still warm')))
    await next.done
    assert.deepEqual([next.text, next.pid], ['still warm', listener.pid])
  })

  story.ofAny('hands a prompt over to a process that an earlier life left idle', async (stage) => {
    const { bench, session } = stage
    const turn = makeTurn(session, bench.words.held('the turn', ' before'))
    await stage.dies(turn, { text: 'the' })
    const [pid] = await stage.pids()
    bench.release()
    await until('the turn before is over', () => stage.isOver(session))
    const listener = await stage.adopt(makeTurn(session, bench.words.say('the turn after')), [])
    await listener.done
    assert.equal(stage.outcome(listener), 'done')
    assert.deepEqual([listener.text, listener.pid, listener.warm], ['the turn after', pid, true])
  })

  story.ofAny('adopts an open permission: its old answer still counts', async (stage, t) => {
    const { bench } = stage
    if (bench.words.ask === undefined) return t.skip('needs no leave')
    const turn = makeTurn(stage.session, bench.words.ask('echo approved-in-the-second-life'))
    const before = await stage.dies(turn, { on: 'wanted' })
    const listener = await stage.adopt(turn, before)
    const approval = await wanted(listener)
    await listener.conduct.answer(approval.id, { verdict: 'approve' })
    await listener.done
    assert.equal(stage.outcome(listener), 'done')
    assert.ok(listener.text.includes('approved-in-the-second-life'), listener.text)
  })

  story('adopts what a process had finished before it died', async (stage) => {
    const { bench } = stage
    const [first, second] = ['all said', ' before anybody came back']
    const turn = makeTurn(stage.session, bench.words.held(first, second))
    const before = await stage.dies(turn, { text: 'all' })
    bench.release()
    await until('the answer is complete in the spool', () => stage.isOver(stage.session))
    await stage.killMarked()
    const listener = await stage.adopt(turn, before)
    await listener.done
    assert.equal(stage.outcome(listener), 'done')
    assert.equal(listener.text, first + second)
    assert.equal(bench.asked(second), 1)
  })

  story('has nothing to adopt when the process died in the middle', async (stage) => {
    const { bench } = stage
    const turn = makeTurn(stage.session, bench.words.held('never', ' to be completed'))
    const before = await stage.dies(turn, { text: 'never' })
    await stage.killMarked()
    assert.equal(await stage.runtime.adopt(turn, before.at(-1)?.cursor ?? null), null)
  })

  story.ofAny('closing leaves an agent at work for the next life to adopt', async (stage) => {
    const { bench } = stage
    const [first, second] = ['one two three', ' four five six seven eight']
    const turn = makeTurn(stage.session, bench.words.held(first, second))
    const before = await stage.dies(turn, { leaveAt: 'two' })
    assert.ok(!before.some(({ events }) => events.some(({ type }) => type === 'finished' || type === 'lost')))
    const listener = await stage.adopt(turn, before)
    bench.release()
    await listener.done
    assert.equal(stage.outcome(listener), 'done')
    assert.equal(listener.text, first + second)
  })

  story('sweeps what nobody wants any more, and keeps what somebody does', async (stage) => {
    const { bench, session } = stage
    const other = makeSession(stage.name, bench.workdir)
    const turns = [session, other].map((each) => makeTurn(each, bench.words.held('word', ' after word')))
    const lives = []
    for (const turn of turns) lives.push(await stage.dies(turn, { text: 'word' }))
    const before = await stage.pids()
    // A CLI in a sandbox has helpers beside it; where they share a process, it stays.
    const ended = (await stage.marked()).filter((each) => each.session === other.id).length
    assert.equal(ended > 0, !bench.sharesProcess)
    assert.equal(await stage.runtime.sweep(new Set([session.id])), ended)
    assert.equal((await stage.pids()).length, before.length - ended)
    const listener = await stage.adopt(turns[0] as Turn, lives[0] ?? [])
    await listener.conduct.stop()
    await listener.done
    assert.equal(stage.outcome(listener), 'stopped')
  })
}
