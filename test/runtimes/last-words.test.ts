import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RunEvent } from '../../src/core/event.ts'
import { toldBefore } from '../../src/runtimes/engine/last-words.ts'

type Asked = Parameters<typeof toldBefore>

const gone: RunEvent = {
  type: 'finished',
  outcome: {
    kind: 'failed',
    trouble: { code: 'conversation-gone', detail: 'No conversation c.' },
    usage: { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, costUsd: null },
  },
} as RunEvent

/** A CLI that says `gone` where it can find nothing to go on with, `failed` at the end of a turn that went wrong. */
const protocol = {
  decode: (state: unknown, text: string) => ({ state, events: text === 'gone' || text === 'failed' ? [gone] : [] }),
} as unknown as Asked[0]

/** A process that has written these lines, five characters each, and has ended. */
function leaseOf(lines: readonly string[], code: number | null, warm: boolean): Asked[1] {
  const batches = [lines.map((text, at) => ({ text, end: (at + 1) * 5 }))].map((all) => ({ lines: all }))
  const tail = () => ({ next: async () => batches.shift() ?? null })
  return { spool: { death: { code, signal: null }, tail }, record: { turn: { warm } } } as unknown as Asked[1]
}

const told = (lease: Asked[1], start: number, over: object = {}): Promise<RunEvent | null> =>
  toldBefore({ ...protocol, ...over }, lease, {} as Asked[2], start)

test('a process that said why it cannot start before its first turn came, and ended, has said it to that turn', async () => {
  assert.equal(await told(leaseOf(['hello', 'gone'], 1, false), 10), gone)
})

test('what it said in that turn, in turns before, or to others is no reason why it could not start', async () => {
  assert.equal(await told(leaseOf(['hello', 'gone'], 1, false), 5), null, 'the turn has read that itself')
  assert.equal(await told(leaseOf(['failed'], 1, true), 5), null, 'an earlier turn that went wrong')
  assert.equal(await told(leaseOf(['gone'], 0, false), 5), null, 'it ended as it should')
  assert.equal(await told(leaseOf(['gone'], null, false), 5), null, 'it was killed')
  assert.equal(await told(leaseOf(['failed'], 1, false), 5, { openedWith: () => '' }), null, 'a process of many')
  assert.equal(await told(leaseOf([], 1, false), 0), null)
})
