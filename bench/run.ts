// npm run bench [-- --quick] [-- --only <part of a name>] [-- --against <another checkout>] [-- --json] [-- --unhurried] [-- --write]:
// measures, prints tables (or the report as JSON), writes artifacts/bench.json. `against`: its bot is measured in turn with
// ours. `write`: the tables go into docs/FIGURES.md, too.
import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, networkInterfaces, tmpdir, totalmem, loadavg } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { noPostgres } from '../test/stores/cluster.ts'
import { claudeBinary, codexBinary } from '../test/clis/install.ts'
import { admissionDecisions } from './admission.ts'
import { wholeAnswers } from './answers.ts'
import { claudeApprovals, codexApprovals, echoApprovals } from './approvals.ts'
import { boxes } from './boxes.ts'
import { build } from './build.ts'
import { codexMemory, codexPrompts } from './codex.ts'
import { crowd } from './crowd.ts'
import { eventRates } from './events.ts'
import { summarize, type Figure, type Measurement, type Size } from './figure.ts'
import { journalAppends } from './journal.ts'
import { echoLetters } from './letters.ts'
import { manyMachines } from './machines.ts'
import { moneyCosts } from './money.ts'
import { memory } from './memory.ts'
import { claudePrompts, echoPrompts } from './prompts.ts'
import { oldDatabase } from './old.ts'
import { operatorPage } from './page.ts'
import { refusals } from './refusals.ts'
import { restarts } from './restart.ts'
import { starts } from './starts.ts'
import { streams } from './streams.ts'
import { team } from './team.ts'
import { waitingMany } from './waiting.ts'
import { goalsMet, tableOf, type Section } from './table.ts'
import { idleTasks } from './tasks.ts'
import { worktrees } from './worktrees.ts'
import { versionOf, writeFigures } from './written.ts'

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    against: { type: 'string' },
    json: { type: 'boolean', default: false },
    unhurried: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
})
const root = join(import.meta.dirname, '..')
const against = options.against === undefined ? null : resolve(options.against)
/** Set for the run inside the seal, so that it does not seal itself again where sealing is impossible. */
const inside = 'BENCH_INSIDE'

/** On a busy machine what has not begun by then is left out, so that the whole stays under four minutes, or one, or twelve. */
const beginWithinMs = { full: 205_000, quick: 50_000, unhurried: 640_000 } as const
/** What has not ended by then is not waited for. */
const endWithinMs = { full: 285_000, quick: 110_000, unhurried: 705_000 } as const

if (process.env[inside] === undefined) sealMyself()
else await measureAll(options.quick ? 'quick' : 'full')

/** Runs this again where there is no network but loopback: the real CLI must not reach its makers. */
function sealMyself(): void {
  const seal = join(root, 'test', 'clis', 'seal.js')
  // In one folder, so that a run that is broken off leaves nothing behind.
  const folder = mkdtempSync(join(tmpdir(), 'orchestrator-bench-'))
  // Boxes are measured as somebody who is not root, below it.
  chmodSync(folder, 0o711)
  const child = spawn(process.execPath, [seal, import.meta.filename, ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, TMPDIR: folder, [inside]: '1' },
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))
  child.on('exit', (code) => {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    process.exitCode = code ?? 1
  })
}

async function measureAll(size: Size): Promise<void> {
  const from = performance.now()
  const pace = options.unhurried ? 'unhurried' : size
  const loadBefore = loadavg()[0] ?? 0
  await build()
  const sections: Section[] = []
  const without = (name: string, failure: string): void => {
    sections.push({ name, seconds: 0, summaries: [], failure })
  }
  let isLate = false
  for (const measurement of chosen()) {
    if (isLate || performance.now() - from > beginWithinMs[pace]) {
      without(measurement.name, 'left out, there was no time for it')
      continue
    }
    process.stderr.write(`${measurement.name} …\n`)
    const left = endWithinMs[pace] - (performance.now() - from)
    const soFar: Figure[] = []
    const begin = performance.now()
    const section = await Promise.race([measured(measurement, size, soFar), delay(left, null, { ref: false })])
    if (section !== null) sections.push(section)
    else {
      // It cannot be told to end. What it has started ends with the namespace, when this process does.
      isLate = true
      const [seconds, failure] = [(performance.now() - begin) / 1000, 'broken off, there was no time for more of it']
      sections.push({ name: measurement.name, seconds, summaries: soFar.map(summarize), failure })
    }
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
    version: versionOf(root),
    against: against === null ? null : versionOf(against),
    sections,
  }
  const words =
    `${report.at.slice(0, 16)} UTC · ${size}, ${report.seconds} s · Node ${report.node} · ${report.platform}, ${report.cpus} CPUs · ` +
    `load before and after: ${report.load.map((each) => each.toFixed(1)).join(', ')} · version ${report.version}` +
    `${report.against === null ? '' : `, before: ${report.against}`} · ${goalsMet(sections)}`
  const json = `${JSON.stringify(report, null, 2)}\n`
  process.stdout.write(options.json ? json : `${words}\n\n${tableOf(sections)}\n`)
  mkdirSync(join(root, 'artifacts'), { recursive: true })
  writeFileSync(join(root, 'artifacts', 'bench.json'), json)
  if (options.write) writeFigures(root, words, tableOf(sections))
  if (isLate) process.exit(1)
}

function chosen(): readonly Measurement[] {
  // The cheap ones early: what is left out for lack of time should be little. With time, what has goals comes first.
  const all = [
    ...(options.unhurried ? goals() : []),
    echoPrompts,
    echoApprovals,
    echoLetters,
    journalAppends,
    ...(noPostgres() === false ? [manyMachines] : []),
    admissionDecisions,
    waitingMany,
    moneyCosts,
    idleTasks,
    eventRates,
    starts(against),
    restarts,
    ...realClis(),
    streams,
    operatorPage,
    oldDatabase,
    team,
    refusals,
    crowd,
    memory,
    worktrees,
    ...(isSealed() ? [boxes] : []),
    ...longRealClis(),
  ]
  return [...new Map(all.map((each) => [each.name, each])).values()].filter(({ name }) =>
    name.toLowerCase().includes(options.only.toLowerCase()),
  )
}

/** What the goals of docs/FIGURES.md are about. */
function goals(): readonly Measurement[] {
  const hasCodex = isSealed() && codexBinary() !== null
  return [
    echoPrompts,
    waitingMany,
    starts(against),
    ...(hasCodex ? [codexPrompts] : []),
    team,
    ...longRealClis(),
    refusals,
  ]
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
async function measured(measurement: Measurement, size: Size, soFar: Figure[]): Promise<Section> {
  const from = performance.now()
  const section = (part: Pick<Section, 'summaries' | 'failure'>): Section => ({
    name: measurement.name,
    seconds: (performance.now() - from) / 1000,
    ...part,
  })
  try {
    return section({ summaries: (await measurement.run(size, soFar)).map(summarize), failure: null })
  } catch (error) {
    process.exitCode = 1
    const failure = `did not end: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`
    return section({ summaries: soFar.map(summarize), failure })
  }
}
