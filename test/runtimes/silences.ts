import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { makeTurn, until } from '../contracts/runtime-bench.ts'
import type { MischiefInput } from '../models/mischief.ts'
import { endOf, Trial, type DialectName } from './trial.ts'

/** However long a CLI says and does nothing. */
export function silenceStories(name: DialectName): void {
  describe(`however long the ${name} CLI keeps still, somebody ends it`, () => {
    const hangs = (at: MischiefInput['at']): MischiefInput => ({ at, what: { hang: true } })

    test(
      'before its first word',
      { skip: name === 'codex' && 'its server is asked before the turn: below' },
      async () => {
        await using trial = await Trial.open(name, hangs('start'), { firstEventMs: 1500 })
        const listener = await trial.hears(trial.bench.words.say('never'))
        assert.equal(endOf(listener).how, 'silent')
        assert.deepEqual(await trial.left(), [])
      },
    )

    test('a server that takes no request', { skip: name === 'claude' && 'there is none' }, async () => {
      await using trial = await Trial.open(name, hangs('start'))
      const listener = await trial.hears(trial.bench.words.say('never'))
      assert.deepEqual([endOf(listener).how, listener.events.length], ['start-failed', 1])
      assert.deepEqual(await trial.left(), [])
    })

    for (const at of ['prompt', 'delta', 'tool', 'result'] as const)
      test(`at the moment: ${at}`, async () => {
        await using trial = await Trial.open(name, hangs(at), { silenceMs: 1000 })
        const { words } = trial.bench
        const listener = await trial.hears(at === 'tool' ? words.tool('never') : words.slow('a b c', 0.1))
        assert.equal(endOf(listener).how, 'silent')
        assert.deepEqual(await trial.left(), [])
      })

    test('with the answer to its question', async () => {
      await using trial = await Trial.open(name, hangs('asking'), { silenceMs: 1000 })
      const listener = trial.begin(makeTurn(trial.session(), trial.bench.words.ask('echo never')))
      await listener.seesEventually('it asks', () => listener.events.some(({ type }) => type === 'wanted'))
      const wanted = listener.events.find((event) => event.type === 'wanted')
      assert.ok(wanted?.type === 'wanted')
      const before = Date.now()
      await until('nobody would have waited so long for a CLI', () => Date.now() - before > 2000)
      assert.deepEqual(listener.last, [], 'a question to a person is no silence')
      await listener.conduct.answer(wanted.approval.id, { verdict: 'approve' })
      await listener.done
      assert.equal(endOf(listener).how, 'silent')
      assert.deepEqual(await trial.left(), [])
    })

    test('never, but for too long', async () => {
      await using trial = await Trial.open(name, null, { turnMs: 2000 })
      const listener = await trial.hears(trial.bench.words.slow('word after word after word', 60))
      assert.equal(endOf(listener).how, 'silent')
      // A server that others may sit at is spared when it listens.
      assert.equal((await trial.left()).length, trial.bench.sharesProcess ? 1 : 0)
    })

    test('deaf to a stop', async () => {
      await using trial = await Trial.open(name, hangs('delta'))
      const listener = trial.begin(makeTurn(trial.session(), trial.bench.words.slow('a b c', 0.1)))
      await listener.saysEventually('a')
      await listener.conduct.stop()
      await listener.done
      assert.equal(endOf(listener).how, 'stopped')
      assert.deepEqual(await trial.left(), [])
    })
  })
}
