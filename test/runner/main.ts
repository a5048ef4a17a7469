import { randomInt } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { mixed, readBudgets, renewed, unrecordedSeconds, writeBudgets } from './budgets.ts'
import { runFile, type FileOutcome } from './file.ts'
import { allFiles, planFor, root, suiteOf } from './plan.ts'
import { Report } from './report.ts'

const plan = planFor(process.argv.slice(2))
if (plan.files.length === 0) {
  console.error(`There is no test file for ${process.argv.slice(2).join(' ')}.`)
  process.exit(1)
}

// The stories of a file stand side by side already; two files a core keep it busy, more only wait for each other.
const concurrency = Number(process.env['OMC_TEST_CONCURRENCY'] ?? availableParallelism() * 2)
const seed = process.env['OMC_TEST_SEED'] ?? String(randomInt(2 ** 31))
const unrecorded = Number(process.env['OMC_TEST_BUDGET'] ?? unrecordedSeconds)
const inCi = process.env['CI'] === 'true'
const budgets = readBudgets()
const waiting = [...mixed(plan.files, budgets)]
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
}
const report = new Report({ verbose: plan.verbose, seed, files: waiting.length })
const measured = new Map<string, number>()
let count = 0

async function work(): Promise<void> {
  for (let file = waiting.shift(); file !== undefined && !interrupted.signal.aborted; file = waiting.shift()) {
    const long = suiteOf(file) !== 'fast'
    const outcome = await runFile(file, {
      folder: join(folder, String(++count)),
      pattern: plan.pattern,
      limitSeconds: Number(process.env['OMC_TEST_FILE_SECONDS'] ?? (long ? 1200 : 300)),
      testTimeoutMs: long ? 600_000 : 240_000,
      env,
      signal: interrupted.signal,
    })
    measured.set(file, outcome.wallSeconds)
    report.file(inCi ? withinBudget(outcome) : outcome)
  }
}

function withinBudget(outcome: FileOutcome): FileOutcome {
  const budget = budgets[outcome.file] ?? unrecorded
  if (outcome.wallSeconds <= budget) return outcome
  const over = `It took ${outcome.wallSeconds.toFixed(0)} s; test/budgets.json gives it ${budget} s. Make it faster, or record what it needs: node test/run.js --record`
  return { ...outcome, faults: [...outcome.faults, over] }
}

try {
  await Promise.all(Array.from({ length: Math.max(1, concurrency) }, work))
} finally {
  rmSync(folder, { recursive: true, force: true })
}
if (plan.record) writeBudgets(renewed(budgets, measured, allFiles()))
if (interrupted.signal.aborted) process.exit(130)
process.exitCode = report.end(plan.leftOut) ? 0 : 1
