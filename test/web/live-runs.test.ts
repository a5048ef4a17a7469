import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import type { Entry, RunEvent } from '../../src/core/event.ts'
import { textOf } from '../../src/core/view.ts'
import { LiveRuns } from '../../src/web/page/live-runs.ts'
import { events, prompt, quietLog, runId, session } from '../stores/cast.ts'

const run = runId('r1')
const asked: RunEvent = { type: 'asked', prompt: prompt('501', session('one')) }
const told = (...all: readonly RunEvent[]): readonly Entry[] =>
  all.map((event, nth) => ({ run, seq: nth + 1, at: 1000, event }))

suite('the runs that the page follows', () => {
  test('what is heard while a beginning is read counts once, whether the reading has it already or not', async () => {
    const story = told(asked, events.admitted, events.started, events.said('one '), events.said('two '))
    for (const read of [3, 4, 5]) {
      const reading = Promise.withResolvers<readonly Entry[]>()
      let hear: (entry: Entry) => void = () => assert.fail('nobody listens')
      const journal = { position: async () => 1, open: async () => [], lastOf: async () => [] }
      using runs = await LiveRuns.open(
        {
          journal: { ...journal, read: () => reading.promise } as never,
          vault: {} as never,
          log: quietLog,
          hear(listener) {
            hear = listener
            return { [Symbol.dispose]: () => {} }
          },
        },
        false,
      )
      for (const entry of story.slice(1)) hear(entry)
      assert.equal(runs.position, 1, 'nothing of it is shown yet')
      reading.resolve(story.slice(0, read))
      await setImmediate()
      const live = runs.all.get(run)
      assert.deepEqual([live && textOf(live.view), live?.seq, runs.position], ['one two ', 5, 5], String(read))
      hear({ run, seq: 6, at: 1000, event: events.said('three') })
      const later = runs.all.get(run)
      assert.equal(later && textOf(later.view), 'one two three')
    }
  })
})
