import assert from 'node:assert/strict'
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Makes every conversation that a Codex CLI has kept below that folder one from before there were tools. */
export function bornWithout(home: string): void {
  const kept = globSync('sessions/**/*.jsonl', { cwd: home })
  assert.ok(kept.length > 0)
  for (const name of kept) {
    const file = join(home, name)
    const [head = '', ...rest] = readFileSync(file, 'utf8').split('\n')
    const about = JSON.parse(head) as { payload: Record<string, unknown> }
    assert.ok(about.payload['dynamic_tools'], 'it was born with them')
    delete about.payload['dynamic_tools']
    writeFileSync(file, [JSON.stringify(about), ...rest].join('\n'))
  }
}
