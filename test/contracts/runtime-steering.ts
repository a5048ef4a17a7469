import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { Steer } from '../../src/core/event.ts'
import type { PromptKey } from '../../src/core/ids.ts'
import { makeTurn } from './runtime-bench.ts'
import type { Story } from './runtime-stage.ts'

/** A word into the running turn: heard once, and the run is not over before it was. */
export function steeringContract(story: Story): void {
  const word = (text: string): Steer => ({ key: randomUUID() as string as PromptKey, text, by: 'bob' })

  story.ofAny('a word while a tool runs is heard in the same turn', async (stage, t) => {
    const { words } = stage.bench
    if (words.busy === undefined) return t.skip('has no words for it')
    const listener = stage.begin(makeTurn(stage.session, words.busy('all done')))
    const isBusy = (): boolean => listener.events.some(({ type }) => type === 'acted' || type === 'said')
    await listener.seesEventually('it is at work', isBusy)
    const steer = word('look at the tests as well')
    assert.equal(await listener.conduct.steer(steer), true)
    assert.equal(await listener.conduct.steer(steer), true, 'the same again is no other word')
    stage.bench.release()
    await listener.done
    assert.equal(stage.outcome(listener), 'done')
    assert.ok(listener.text.includes('all done'), listener.text)
    assert.ok(stage.bench.received().includes('look at the tests as well'))
  })

  story.ofAny(
    'a word while it speaks is answered before the run is over, and the next prompt is its own',
    async (stage, t) => {
      const { words } = stage.bench
      if (words.busy === undefined) return t.skip('has no words for it')
      const listener = stage.begin(makeTurn(stage.session, words.held('one two', ' three four five')))
      await listener.saysEventually('two')
      assert.equal(await listener.conduct.steer(word('and say six')), true)
      stage.bench.release()
      await listener.done
      assert.equal(stage.outcome(listener), 'done')
      assert.ok(listener.text.includes('one two three four five'), listener.text)
      assert.equal(listener.text.split('and say six').length, 2, `answered once: ${listener.text}`)
      const next = stage.begin(makeTurn(stage.after(listener), words.say('the next one')))
      await next.done
      assert.deepEqual([next.text, next.pid], ['the next one', listener.pid])
    },
  )

  story.ofAny('a word that was put in before the bot died is answered once in the life after', async (stage, t) => {
    const { words } = stage.bench
    if (words.busy === undefined) return t.skip('has no words for it')
    const turn = makeTurn(stage.session, words.held('one two', ' three four five'))
    const steered = word('and say six')
    const before = await stage.dies(turn, { steered, atText: 'two' })
    const listener = await stage.adopt(turn, before)
    assert.equal(await listener.conduct.steer(steered), true, 'it has it already')
    stage.bench.release()
    await listener.done
    assert.equal(stage.outcome(listener), 'done')
    assert.equal(listener.text.split('and say six').length, 2, `answered once: ${listener.text}`)
    const next = stage.begin(makeTurn(stage.after(listener), words.say('the next one')))
    await next.done
    assert.deepEqual([next.text, next.pid], ['the next one', listener.pid])
  })

  story.ofAny('a stop takes a word that still waits with it', async (stage, t) => {
    const { words } = stage.bench
    if (words.busy === undefined) return t.skip('has no words for it')
    const listener = stage.begin(makeTurn(stage.session, words.held('a very', ' long story that nobody will hear')))
    await listener.saysEventually('a very')
    assert.equal(await listener.conduct.steer(word('never answer this')), true)
    await listener.conduct.stop()
    await listener.done
    assert.equal(stage.outcome(listener), 'stopped')
    const next = stage.begin(makeTurn(stage.after(listener), words.say('the next one')))
    await next.done
    assert.equal(next.text, 'the next one')
  })

  story.ofAny('a turn that is over takes no word any more', async (stage, t) => {
    const { words } = stage.bench
    if (words.busy === undefined) return t.skip('has no words for it')
    const listener = stage.begin(makeTurn(stage.session, words.say('short')))
    await listener.done
    assert.equal(await listener.conduct.steer(word('too late')), false)
  })
}
