import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { recording } from '../clis/recording.ts'
import { scenarios } from '../clis/scenarios.ts'
import { version } from './claude/lines.ts'
import { standIn } from './stand-in.ts'

/** What the real one does and its stand-in does not. */
const unplayed: ReadonlyMap<string, string> = new Map([
  ['unsolicited-turn', 'tasks in the background are switched off by the product'],
  ['sub-agent', 'it has no agents of its own'],
  ['plan-made-and-followed', 'it takes an answer to a plan, but has no plan mode of its own'],
  ['error-401-oauth', 'a login is a key here'],
  ['error-429-subscription', 'a login is a key here'],
])

// The very scenarios that were recorded with the real CLI: line for line the same, in the same order.
describe('the stand-in for the Claude CLI says what the real one said', () => {
  const golden = join(import.meta.dirname, '..', 'golden', 'claude', version)
  const claude = standIn('claude')
  after(() => claude[Symbol.dispose]())
  for (const scenario of scenarios)
    test(scenario.name, { skip: unplayed.get(scenario.name) ?? false }, async () => {
      const expected = readFileSync(join(golden, `${scenario.name}.jsonl`), 'utf8')
      assert.deepEqual((await recording(scenario, claude.binary)).split('\n'), expected.split('\n'))
    })
})
