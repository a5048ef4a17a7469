import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import type { Steer } from '../../src/core/event.ts'
import type { PromptKey } from '../../src/core/ids.ts'
import { firstLife, makeTurn } from './runtime-bench.ts'
import type { ContractStage } from './runtime-stage.ts'

/** A word into the running turn: heard once, and the run is not over before it was. */
export function steeringContract(stage: ContractStage): void {
  const word = (text: string): Steer => ({ key: randomUUID() as string as PromptKey, text, by: 'bob' })

  test('a word while a tool runs is heard in the same turn', async (t) => {
    const { words } = stage.bench
    if (words.busy === undefined) return t.skip('has no words for it')
    const listener = stage.begin(makeTurn(stage.session, words.busy(2, 'all done')))
    const isBusy = (): boolean => listener.events.some(({ type }) => type === 'acted' || type === 'said')
    await listener.seesEventually('it is at work', isBusy)
    const steer = word('look at the tests as well')
    assert.equal(await listener.conduct.steer(steer), true)
    assert.equal(await listener.conduct.steer(steer), true, 'the same again is no other word')
    await listener.done
    assert.equal(stage.outcome(listener), 'done')
    assert.ok(listener.text.includes('all done'), listener.text)
    assert.ok(stage.bench.received().includes('look at the tests as well'))
  })

  test('a word while it speaks is answered before the run is over, and the next prompt is its own', async (t) => {
    const { words } = stage.bench
    if (words.busy === undefined) return t.skip('has no words for it')
    const listener = stage.begin(makeTurn(stage.session, words.slow('one two three four five', 2)))
    await listener.saysEventually('two')
    assert.equal(await listener.conduct.steer(word('and say six')), true)
    await listener.done
    assert.equal(stage.outcome(listener), 'done')
    assert.ok(listener.text.includes('one two three four five'), listener.text)
    assert.equal(listener.text.split('and say six').length, 2, `answered once: ${listener.text}`)
    const next = stage.begin(makeTurn(stage.after(listener), words.say('the next one')))
    await next.done
    assert.deepEqual([next.text, next.pid], ['the next one', listener.pid])
  })

  test('a word that was put in before the bot died is answered once in the life after', async (t) => {
    const { words } = stage.bench
    if (words.busy === undefined) return t.skip('has no words for it')
    const turn = makeTurn(stage.session, words.slow('one two three four five', 3))
    const steered = word('and say six')
    const before = await firstLife({ options: stage.bench.options, turn, die: { steered, atText: 'two' } })
    const listener = await stage.adopt(turn, before)
    assert.equal(await listener.conduct.steer(steered), true, 'it has it already')
    await listener.done
    assert.equal(stage.outcome(listener), 'done')
    assert.equal(listener.text.split('and say six').length, 2, `answered once: ${listener.text}`)
    const next = stage.begin(makeTurn(stage.after(listener), words.say('the next one')))
    await next.done
    assert.deepEqual([next.text, next.pid], ['the next one', listener.pid])
  })

  test('a stop takes a word that still waits with it', async (t) => {
    const { words } = stage.bench
    if (words.busy === undefined) return t.skip('has no words for it')
    const listener = stage.begin(makeTurn(stage.session, words.slow('a very long story that nobody will hear', 20)))
    await listener.saysEventually('a very')
    assert.equal(await listener.conduct.steer(word('never answer this')), true)
    await listener.conduct.stop()
    await listener.done
    assert.equal(stage.outcome(listener), 'stopped')
    const next = stage.begin(makeTurn(stage.after(listener), words.say('the next one')))
    await next.done
    assert.equal(next.text, 'the next one')
  })

  test('a turn that is over takes no word any more', async (t) => {
    const { words } = stage.bench
    if (words.busy === undefined) return t.skip('has no words for it')
    const listener = stage.begin(makeTurn(stage.session, words.say('short')))
    await listener.done
    assert.equal(await listener.conduct.steer(word('too late')), false)
  })
}
