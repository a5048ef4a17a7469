import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ErrandHandler } from '../../src/core/errand.ts'
import { answerMachines, type BotErrandTools } from '../../src/engine/bot-errands.ts'

test('a prompt that has waited is judged by Discord as it is now, whatever the clock of its machine says', async () => {
  let handlers: Readonly<Record<string, ErrandHandler>> = {}
  const judged: string[] = []
  const tools = {
    errands: {
      serve: (_as: unknown, given: typeof handlers) => {
        handlers = given
        return { [Symbol.dispose]: () => {} }
      },
    },
    gate: { speakerNow: async () => judged.push('now'), speakerOf: async () => judged.push('as kept') },
    clock: { now: () => 100_000 },
    timings: { standingForMs: 10_000 },
  }
  using _serving = answerMachines(tools as unknown as BotErrandTools)
  const asks = (askedAt: number, isNow: boolean) => handlers['standing']?.({ prompt: { askedAt }, session: {}, isNow })
  await asks(99_000, false)
  await asks(50_000, false)
  await asks(99_000, true)
  assert.deepEqual(judged, ['as kept', 'now', 'now'])
})
