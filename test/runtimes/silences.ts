import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { makeTurn } from '../contracts/runtime-bench.ts'
import { sideBySide } from '../contracts/runtime-stage.ts'
import type { MischiefInput } from '../models/mischief-plan.ts'
import { endOf, Trial, type DialectName } from './trial.ts'

/** What does not hear is not waited for. */
const hasty = {
  stopAgainMs: 50,
  stopHardMs: 50,
  farewellMs: 50,
  interruptMs: 50,
  interruptHardMs: 50,
  stopReplyMs: 500,
}

/** However long a CLI says and does nothing. */
export function silenceStories(name: DialectName): void {
  describe(`however long the ${name} CLI keeps still, somebody ends it`, sideBySide, () => {
    const hangs = (at: MischiefInput['at']): MischiefInput => ({ at, what: { hang: true } })

    test(
      'before its first word',
      { skip: name === 'codex' && 'its server is asked before the turn: below' },
      async () => {
        await using trial = await Trial.open(name, hangs('start'), { ...hasty, firstEventMs: 1000 })
        const listener = await trial.hears(trial.bench.words.say('never'))
        assert.equal(endOf(listener).how, 'silent')
        assert.deepEqual(await trial.left(), [])
      },
    )

    test('a server that takes no request', { skip: name === 'claude' && 'there is none' }, async () => {
      await using trial = await Trial.open(name, hangs('start'), { ...hasty, replyMs: 1000 })
      const listener = await trial.hears(trial.bench.words.say('never'))
      assert.deepEqual([endOf(listener).how, listener.events.length], ['start-failed', 1])
      assert.deepEqual(await trial.left(), [])
    })

    for (const at of ['prompt', 'delta', 'tool', 'result'] as const)
      test(`at the moment: ${at}`, async () => {
        await using trial = await Trial.open(name, hangs(at), { ...hasty, silenceMs: 300 })
        const { words } = trial.bench
        const listener = await trial.hears(at === 'tool' ? words.tool('never') : words.pieces('a b c'))
        assert.equal(endOf(listener).how, 'silent')
        assert.deepEqual(await trial.left(), [])
      })

    test('with the answer to its question, which is no silence itself', async () => {
      // It has to come to its question before: on a busy machine it is still for longer than a moment on its way there.
      await using trial = await Trial.open(name, hangs('asking'), { ...hasty, silenceMs: 3_000 })
      const listener = trial.begin(makeTurn(trial.session(), trial.bench.words.ask?.('echo never') ?? ''))
      await listener.seesEventually('it asks', () => listener.events.some(({ type }) => type === 'wanted'))
      const wanted = listener.events.find((event) => event.type === 'wanted')
      assert.ok(wanted?.type === 'wanted')
      await listener.conduct.answer(wanted.approval.id, { verdict: 'approve' })
      await listener.done
      assert.equal(endOf(listener).how, 'silent')
      assert.deepEqual(await trial.left(), [])
    })

    test('never, but for too long', async () => {
      await using trial = await Trial.open(name, null, { ...hasty, turnMs: 2000, stopReplyMs: 60_000 })
      const listener = await trial.hears(trial.bench.words.held('word', ' after word'))
      assert.equal(endOf(listener).how, 'silent')
      // A server that others may sit at is spared when it listens.
      assert.equal((await trial.left()).length, trial.bench.sharesProcess ? 1 : 0)
    })

    test('no request of its that nobody knows is left without an answer', async () => {
      await using trial = await Trial.open(name, { at: 'delta', what: { asks: 'of tomorrow' } })
      const listener = await trial.hears(trial.bench.words.pieces('a b c'))
      assert.deepEqual([endOf(listener).how, listener.text], ['done', 'a b c'])
    })

    test('deaf to a stop', async () => {
      await using trial = await Trial.open(name, hangs('delta'), hasty)
      const listener = trial.begin(makeTurn(trial.session(), trial.bench.words.pieces('a b c')))
      await listener.saysEventually('a')
      await listener.conduct.stop()
      await listener.done
      assert.equal(endOf(listener).how, 'stopped')
      assert.deepEqual(await trial.left(), [])
    })
  })
}
