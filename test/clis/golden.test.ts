import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { sideBySide } from '../contracts/runtime-stage.ts'
import { howToInstall } from './install.ts'
import { goldenFolder, recording } from './recording.ts'
import { scenarios } from './scenarios.ts'

// Fails when the installed CLI says something else than what our parser was tested with: read the difference, then
// record anew with `node test/clis/record.ts --all`.
describe('the real Claude CLI says what was recorded', sideBySide, () => {
  const folder = goldenFolder()
  for (const scenario of scenarios)
    test(scenario.name, { skip: folder === null ? howToInstall : false }, async () => {
      const golden = readFileSync(join(folder ?? '', `${scenario.name}.jsonl`), 'utf8')
      assert.deepEqual((await recording(scenario)).split('\n'), golden.split('\n'))
    })
})
