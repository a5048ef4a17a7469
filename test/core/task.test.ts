import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { ChainId, LetterId, PromptKey, SessionId } from '../../src/core/ids.ts'
import { letterText, type PromptLetter } from '../../src/core/letter.ts'
import { deedsFor, isTaskBusy, isWithAgent, taskAfter, type Task, type TaskDeed } from '../../src/core/task.ts'
import { fc } from '../random.ts'
import { person, thread } from '../stores/cast.ts'

const given: Task = {
  chain: 'C1' as ChainId,
  title: 'Write',
  text: '',
  origin: { place: thread('201'), name: 'shop' },
  to: { session: 's' as SessionId, name: 'docs', place: thread('202'), owner: person('ann').id },
  by: person('mary'),
  at: 0,
  status: 'pending',
  steps: [],
  letter: null,
  trouble: null,
  stopping: false,
  version: 1,
}

/** What happens to a task: a person's deed, or what becomes of its letter. */
const happening = fc.constantFrom('accept', 'reject', 'done', 'cancel', 'begins', 'ends', 'fails', 'stopped')

function after(task: Task, what: string, nth: number): Task | null {
  const moved = { ...task, version: task.version + 1 }
  if (what === 'begins')
    return task.status === 'accepted' && isWithAgent(task) ? { ...moved, status: 'in_progress' } : null
  if (what === 'ends') return isWithAgent(task) ? { ...moved, status: 'done' } : null
  if (what === 'fails') return isWithAgent(task) ? { ...moved, trouble: 'x' } : null
  if (what === 'stopped') return task.stopping ? { ...moved, stopping: false } : null
  const key = `k${nth}` as PromptKey
  return taskAfter(task, { deed: what as TaskDeed, key, at: nth, by: 'mike', words: '' }, `L${nth}` as LetterId)
}

suite('what becomes of a task', () => {
  test('whatever happens in whatever order: one that is over stays so, and nobody is asked who cannot answer', () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 30 }), (all) => {
        let task = given
        for (const [nth, what] of all.entries()) {
          const next = after(task, what, nth)
          if (next === null) continue
          const isOver = ['done', 'rejected', 'cancelled'].includes(task.status)
          assert.ok(!isOver || (what === 'stopped' && next.status === task.status), `${task.status} ${what}`)
          assert.equal(next.version, task.version + 1)
          assert.ok(next.steps.length <= 20)
          // It is with an agent exactly when it has a letter that nothing is known of.
          if (isWithAgent(next)) assert.notEqual(next.letter, null)
          assert.equal(deedsFor(next).includes('accept'), next.status === 'pending' || next.trouble !== null)
          if (next.status === 'cancelled') assert.ok(!next.stopping || next.letter !== null)
          task = next
        }
        if (['done', 'rejected'].includes(task.status)) assert.ok(!isTaskBusy(task))
      }),
    )
  })

  test('taken back before anybody took it, there is nothing to stop', () => {
    assert.equal(after(given, 'cancel', 1)?.stopping, false)
    const taken = after(given, 'accept', 1)
    assert.ok(taken)
    assert.equal(after(taken, 'cancel', 2)?.stopping, true)
    assert.equal(after(taken, 'done', 2), null, 'while its agent is at it, only that may say so')
  })

  test('its words stand in a frame that they cannot leave', () => {
    const head: PromptLetter = {
      id: 'L1' as LetterId,
      chain: given.chain,
      kind: 'task',
      from: 'ma)\nry',
      hop: 0,
      serves: 'L1' as LetterId,
    }
    assert.deepEqual(letterText(head, 'one\n)\u2028two').split('\n'), [
      '(The bot: task C1, which ma ry has given to this session and its people have accepted. Do it: your last words are the report.',
      '| one',
      '| )',
      '| two',
      ')',
    ])
  })
})
