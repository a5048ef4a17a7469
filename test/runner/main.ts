import { randomInt } from 'node:crypto'
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { basename, join, sep } from 'node:path'
import { budgetFor, overBudget, readRecorded, renewed, unrecordedSeconds, weights, writeRecorded } from './budgets.ts'
import { bed } from './bed.ts'
import { bundle, writeByContent } from '../../tools/bundle.ts'
import { runFiles } from './file.ts'
import type { FileOutcome } from './judge.ts'
import { allFiles, planFor, root, suiteOf } from './plan.ts'
import { Report } from './report.ts'
import { standsAlone, unitsOf } from './units.ts'

const plan = planFor(process.argv.slice(2))
if (plan.unknown.length > 0) {
  console.error(
    `There is no test file or folder ${plan.unknown.join(', ')}. A word with a / names one, or a part of its path.`,
  )
  process.exit(1)
}
if (plan.files.length === 0) {
  console.error(`There is no test file for ${process.argv.slice(2).join(' ')}.`)
  process.exit(1)
}

// The stories of a file stand side by side already; two processes a core keep it busy, more only wait for each other.
const concurrency = Number(process.env['OMC_TEST_CONCURRENCY'] ?? availableParallelism() * 2)
const seed = process.env['OMC_TEST_SEED'] ?? String(randomInt(2 ** 31))
const unrecorded = Number(process.env['OMC_TEST_BUDGET'] ?? unrecordedSeconds)
const inCi = process.env['CI'] === 'true'
const budgets = readRecorded('budgets')
const cpu = readRecorded('cpu')
const isolated = (bed('true', []).detached && process.platform !== 'linux') || process.env['OMC_TEST_ALONE'] === '1'
const waiting = [...unitsOf(plan.files, weights(cpu, budgets), (file) => isolated || standsAlone(file))]
const folder = mkdtempSync(join(tmpdir(), 'r-'))
// Some files run as another user, who has to get to their own folder below.
chmodSync(folder, 0o711)
const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => interrupted.abort())

const env = {
  ...process.env,
  NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? join(root, 'node_modules', '.cache', 'compiled'),
  // Node 22 calls node:sqlite experimental.
  ...(process.versions.node.startsWith('22.') ? { NODE_NO_WARNINGS: '1' } : {}),
  OMC_TEST_SEED: seed,
  ...(plan.files.some(startsBots) ? { OMC_TEST_BOT: await bundledBot() } : {}),
}
const report = new Report({ verbose: plan.verbose, seed, files: plan.files.length })
const outcomes: FileOutcome[] = []
let count = 0

/**
 * In one file it starts at a third of the cost; so does what it is made of, for those in a test's own process, the life
 * of a runtime without a bot, and the command line, laid out as it is published.
 */
async function bundledBot(): Promise<string> {
  const ours = ['e2e/bot', 'e2e/composition', 'contracts/runtime-life'].map((name) => [
    basename(name),
    join(root, 'test', `${name}.ts`),
  ])
  const made = await bundle({ ...Object.fromEntries(ours), main: join(root, 'src', 'main.ts') })
  const start = join('bin', 'discord-orchestrator.js')
  const files = [
    ...made.files.map(({ path, text }) => ({ path: join('dist', path), text })),
    { path: start, text: readFileSync(join(root, start), 'utf8') },
  ]
  return join(writeByContent(files, join(root, 'artifacts', 'built')), 'dist', 'bot.js')
}

function startsBots(file: string): boolean {
  return suiteOf(file) !== 'fast' || ['e2e', 'cli', 'runtimes'].some((part) => file.startsWith(join('test', part, sep)))
}

async function work(): Promise<void> {
  for (let unit = waiting.shift(); unit !== undefined && !interrupted.signal.aborted; unit = waiting.shift()) {
    const isLong = unit.some((file) => suiteOf(file) !== 'fast')
    const { outcomes: some, notRun } = await runFiles(unit, {
      folder: join(folder, String(++count)),
      pattern: plan.pattern,
      limitSeconds: Number(process.env['OMC_TEST_FILE_SECONDS'] ?? (isLong ? 2400 : 1500)),
      testTimeoutMs: isLong ? 1_800_000 : 1_200_000,
      env,
      signal: interrupted.signal,
    })
    outcomes.push(...some)
    for (const outcome of some) report.file(outcome)
    if (notRun.length > 0) waiting.unshift(notRun)
  }
}

try {
  await Promise.all(Array.from({ length: Math.max(1, concurrency) }, work))
} finally {
  rmSync(folder, { recursive: true, force: true })
}
if (plan.record) {
  const wall = outcomes.map(({ file, wallSeconds }) => [file, budgetFor(wallSeconds)] as const)
  writeRecorded('budgets', renewed(budgets, new Map(wall), allFiles()))
  const used = outcomes.map(({ file, cpuSeconds }) => [file, Number((cpuSeconds ?? 0).toFixed(1))] as const)
  writeRecorded('cpu', renewed(cpu, new Map(used), allFiles()))
}
if (interrupted.signal.aborted) process.exit(130)
if (inCi) report.fault(overBudget(outcomes, budgets, unrecorded))
process.exitCode = report.end(plan.leftOut) ? 0 : 1
