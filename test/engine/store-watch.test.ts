import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Chat } from '../../src/core/chat.ts'
import type { StoreTrouble } from '../../src/core/health.ts'
import { watchStore } from '../../src/engine/store-watch.ts'
import { usualTimings } from '../../src/core/timings.ts'
import { languages } from '../features/product.ts'
import { quietLog } from '../stores/cast.ts'
import { VirtualClock } from './virtual-clock.ts'

const minute = 60_000

test('owners are told once of a disk that is full but for a little now and then, and again of what comes much later', async () => {
  const clock = new VirtualClock(Date.UTC(2026, 5, 15, 12))
  const over = new AbortController()
  let trouble: StoreTrouble | null = null
  let told = 0
  const place = { kind: 'dm', id: '1' } as never
  const chat = { dm: async () => place, tell: async () => void told++ } as unknown as Chat
  const watching = watchStore({
    chat,
    catalogue: languages(null),
    clock,
    log: quietLog,
    locale: 'en',
    timings: usualTimings,
    signal: over.signal,
    owners: async () => ['2' as never],
    storeTrouble: () => trouble,
  })
  const isFull = async (ms: number): Promise<void> => {
    trouble = { since: clock.now(), message: 'The disk is full.' }
    await clock.goTo(clock.now() + ms)
  }
  const takesMore = async (ms: number): Promise<void> => {
    trouble = null
    await clock.goTo(clock.now() + ms)
  }
  await isFull(usualTimings.ownerToldAfterMs / 2)
  await takesMore(minute)
  assert.equal(told, 0, 'it was over soon')
  await isFull(minute)
  assert.equal(told, 1)
  for (let nth = 0; nth < 5; nth++) {
    await takesMore(5 * minute)
    await isFull(5 * minute)
  }
  assert.equal(told, 1)
  await takesMore(11 * minute)
  await isFull(minute)
  assert.equal(told, 2)
  over.abort()
  await clock.goTo(clock.now() + minute)
  await watching
})
