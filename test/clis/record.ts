import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { howToInstall } from './install.ts'
import { goldenFolder, recording } from './recording.ts'
import { scenarios } from './scenarios.ts'

/**
 * Writes down what the real CLI says, one golden file per scenario:
 *   node test/clis/record.ts --all          every scenario
 *   node test/clis/record.ts text bash      these
 * It seals itself off from the network first. A new CLI version gets a folder of its own.
 */

const { values, positionals } = parseArgs({ options: { all: { type: 'boolean' } }, allowPositionals: true })

function isSealed(): boolean {
  return Object.keys(networkInterfaces()).every((name) => name === 'lo')
}

function again(): number {
  const seal = join(import.meta.dirname, 'seal.js')
  const { status } = spawnSync(process.execPath, [seal, import.meta.filename, ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, RECORD_SEALED: '1' },
  })
  return status ?? 1
}

async function main(): Promise<number> {
  if (!isSealed() && process.env['RECORD_SEALED'] === undefined) return again()
  const folder = goldenFolder()
  if (folder === null) throw new Error(howToInstall)
  const wanted = scenarios.filter(({ name }) => values.all === true || positionals.includes(name))
  if (wanted.length === 0) {
    console.error(`Name scenarios, or --all: ${scenarios.map(({ name }) => name).join(' ')}`)
    return 1
  }
  mkdirSync(folder, { recursive: true })
  for (const scenario of wanted) {
    const lines = await recording(scenario)
    writeFileSync(join(folder, `${scenario.name}.jsonl`), lines)
    console.log(`${scenario.name}: ${lines.split('\n').length - 1} lines, ${lines.length} bytes`)
  }
  return 0
}

process.exitCode = await main()
