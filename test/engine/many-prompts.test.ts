import { once } from 'node:events'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'

test('20 people with 200 prompts each, 2 accounts with windows, 2 budgets, kills every few minutes: in order, once, fair, bounded, within the budgets, foretold', async () => {
  // In a thread of its own: the test runner's hooks on every promise cost a quarter of the time here.
  const worker = new Worker(new URL('./many-prompts-story.ts', import.meta.url))
  await once(worker, 'exit')
})
