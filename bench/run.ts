// npm run bench [-- --quick] [-- --only <part of a name>] [-- --against <another checkout>] [-- --json]: measures, prints
// tables (or the report as JSON), writes artifacts/bench.json. `against`: its bot is measured in turn with ours.
import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, networkInterfaces, totalmem, loadavg } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { claudeBinary, codexBinary } from '../test/clis/install.ts'
import { admissionDecisions } from './admission.ts'
import { wholeAnswers } from './answers.ts'
import { claudeApprovals, codexApprovals, echoApprovals } from './approvals.ts'
import { build } from './build.ts'
import { codexMemory, codexPrompts } from './codex.ts'
import { crowd } from './crowd.ts'
import { eventRates } from './events.ts'
import { summarize, type Measurement, type Size } from './figure.ts'
import { journalAppends } from './journal.ts'
import { memory } from './memory.ts'
import { claudePrompts, echoPrompts } from './prompts.ts'
import { restarts, starts } from './restart.ts'
import { streams } from './streams.ts'
import { tableOf, type Section } from './table.ts'
import { worktrees } from './worktrees.ts'

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    against: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
})
const root = join(import.meta.dirname, '..')
const against = options.against === undefined ? null : resolve(options.against)
/** Set for the run inside the seal, so that it does not seal itself again where sealing is impossible. */
const inside = 'BENCH_INSIDE'

/** On a busy machine what has not begun by then is left out, so that the whole stays under four minutes, or one. */
const beginWithinMs = { full: 205_000, quick: 50_000 } as const

if (process.env[inside] === undefined) sealMyself()
else await measureAll(options.quick ? 'quick' : 'full')

/** Runs this again where there is no network but loopback: the real CLI must not reach its makers. */
function sealMyself(): void {
  const seal = join(root, 'test', 'clis', 'seal.js')
  const child = spawn(process.execPath, [seal, import.meta.filename, ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, [inside]: '1' },
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))
  child.on('exit', (code) => (process.exitCode = code ?? 1))
}

async function measureAll(size: Size): Promise<void> {
  const from = performance.now()
  const loadBefore = loadavg()[0] ?? 0
  build()
  const sections: Section[] = []
  for (const measurement of chosen()) {
    if (performance.now() - from > beginWithinMs[size]) {
      sections.push({
        name: measurement.name,
        seconds: 0,
        summaries: [],
        failure: 'left out, there was no time for it',
      })
      continue
    }
    process.stderr.write(`${measurement.name} …\n`)
    sections.push(await measured(measurement, size))
  }
  const report = {
    at: new Date().toISOString(),
    size,
    seconds: Math.round((performance.now() - from) / 1000),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpus: cpus().length,
    cpu: cpus()[0]?.model ?? '',
    memoryMb: Math.round(totalmem() / 2 ** 20),
    load: [loadBefore, loadavg()[0] ?? 0],
    sections,
  }
  const words =
    `${report.at.slice(0, 16)} UTC · ${size}, ${report.seconds} s · Node ${report.node} · ${report.platform}, ${report.cpus} CPUs · ` +
    `load before and after: ${report.load.map((each) => each.toFixed(1)).join(', ')}`
  const json = `${JSON.stringify(report, null, 2)}\n`
  process.stdout.write(options.json ? json : `${words}\n\n${tableOf(sections)}\n`)
  mkdirSync(join(root, 'artifacts'), { recursive: true })
  writeFileSync(join(root, 'artifacts', 'bench.json'), json)
}

function chosen(): readonly Measurement[] {
  // The cheap ones early: what is left out for lack of time should be little.
  const all = [
    echoPrompts,
    echoApprovals,
    journalAppends,
    admissionDecisions,
    eventRates,
    starts,
    restarts,
    ...realClis(),
    streams,
    crowd,
    memory,
    worktrees,
    ...longRealClis(),
  ]
  return all.filter(({ name }) => name.toLowerCase().includes(options.only.toLowerCase()))
}

/** Those that are installed, and only where there is nothing but loopback. */
function realClis(): readonly Measurement[] {
  if (!isSealed()) {
    process.stderr.write('The real CLIs are left out: the network could not be sealed off.\n')
    return []
  }
  const [claude, codex] = [claudeBinary(), codexBinary()]
  if (claude === null || codex === null)
    process.stderr.write('A real CLI is left out: install them with npm ci --prefix test/clis\n')
  return [
    ...(claude === null ? [] : [claudePrompts, claudeApprovals]),
    ...(codex === null ? [] : [codexPrompts, codexApprovals, codexMemory]),
  ]
}

/** What people wait for, which takes minutes. */
function longRealClis(): readonly Measurement[] {
  return claudeBinary() === null || !isSealed() ? [] : [wholeAnswers(against)]
}

function isSealed(): boolean {
  return Object.values(networkInterfaces()).every((addresses) => addresses?.every((each) => each.internal))
}

/** One that fails is told of, and the others are measured all the same. */
async function measured(measurement: Measurement, size: Size): Promise<Section> {
  const from = performance.now()
  const section = (part: Pick<Section, 'summaries' | 'failure'>): Section => ({
    name: measurement.name,
    seconds: (performance.now() - from) / 1000,
    ...part,
  })
  try {
    return section({ summaries: (await measurement.run(size)).map(summarize), failure: null })
  } catch (error) {
    process.exitCode = 1
    const failure = `did not end: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`
    return section({ summaries: [], failure })
  }
}
