import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { codexGoldenFolder, codexRecording } from './codex-recording.ts'
import { codexScenarios } from './codex-scenarios.ts'
import { codexBinary, howToInstallCodex } from './install.ts'

/**
 * Writes down what the real Codex server says, one golden file per scenario. Run it sealed:
 *   node test/clis/seal.js test/clis/record-codex.ts [scenario …]
 */
const binary = codexBinary()
if (binary === null) throw new Error(howToInstallCodex)
const named = process.argv.slice(2)
mkdirSync(codexGoldenFolder, { recursive: true })
for (const scenario of codexScenarios.filter(({ name }) => named.length === 0 || named.includes(name))) {
  const lines = await codexRecording(scenario, binary)
  writeFileSync(join(codexGoldenFolder, `${scenario.name}.jsonl`), lines)
  console.log(`${scenario.name}: ${lines.split('\n').length - 1} lines`)
}
