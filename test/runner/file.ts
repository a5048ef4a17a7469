import { spawn, spawnSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  chownSync,
  createWriteStream,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs'
import { constants } from 'node:os'
import { dirname, join, sep } from 'node:path'
import { text } from 'node:stream/consumers'
import { bed, survivorsOf } from './bed.ts'
import { judge, outcomesOf, type FileOutcome } from './judge.ts'
import { linesIn, type Mark } from './marks.ts'
import { isOpen } from './open.ts'
import { root, suiteOf } from './plan.ts'
import type { Told } from './reporter.ts'

/**
 * A helper of the real Codex CLI that was being started while its server was killed: it bears no mark of ours and has no
 * parent any more, so nobody can know whose it is. Only a process namespace around every agent will hold it.
 */
const orphanOfCodex = /^bwrap --as-pid-1 --new-session --die-with-parent /

/** A user that owns nothing on any machine, for the tests that may not run as root. */
const nobody = 65_533
const lowering = ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups']

/** What became of files that shared a process. */
export interface Outcomes {
  readonly outcomes: readonly FileOutcome[]
  /** Their turn did not come, because one before them died or left something. */
  readonly notRun: readonly string[]
}

export interface FileOptions {
  /** A folder for these files alone, that does not exist yet. */
  readonly folder: string
  readonly pattern: string | null
  /** A file that has not ended by then is ended with all it started. */
  readonly limitSeconds: number
  readonly testTimeoutMs: number
  readonly env: Readonly<Record<string, string | undefined>>
  /** Ends it at once. */
  readonly signal: AbortSignal
}

/**
 * Runs test files one after another in a process of their own, with a temporary folder of their own, and where the system
 * can do that in a process namespace of their own, so that nothing they started outlives them and what they forgot to end
 * is known by name. Whoever leaves something is the last in its process.
 */
export async function runFiles(files: readonly string[], options: FileOptions): Promise<Outcomes> {
  const { folder, limitSeconds } = options
  const [first = ''] = files
  const isBoxed = first.endsWith('.boxed.test.ts')
  const missing = isBoxed && process.env['CI'] !== 'true' ? missingForBoxes() : null
  if (missing !== null) return { outcomes: files.map((file) => notRun(file, missing)), notRun: [] }
  const temporary = join(folder, 't')
  const told = join(folder, 'told')
  const marks = join(folder, 'marks')
  mkdirSync(temporary, { recursive: true })
  const args = [
    `--test-reporter=${join(import.meta.dirname, 'reporter.ts')}`,
    `--test-reporter-destination=${told}`,
    `--test-timeout=${options.testTimeoutMs}`,
    ...(options.pattern === null ? [] : [`--test-name-pattern=/${options.pattern}/i`]),
    join(import.meta.dirname, 'host.ts'),
    folder,
    ...files,
  ]
  // A box that root makes holds nothing, so what needs one runs as somebody else.
  const isLowered = isBoxed && process.getuid?.() === 0
  if (isLowered) lower([folder, temporary])
  const own = isLowered ? lowered(folder, [process.execPath, ...args]) : [process.execPath, ...args]
  const { command, args: line, detached } = bed(own[0] ?? '', own.slice(1))
  const began = performance.now()
  const env = {
    ...options.env,
    TMPDIR: temporary,
    ...(isLowered ? { HOME: temporary, ...botSeenFrom(folder, options.env), ...compiledFor(folder, options.env) } : {}),
  }
  const child = spawn(command, line, { cwd: root, env, detached, stdio: ['ignore', 'pipe', 'pipe', 'pipe'] })
  const end = (): void => {
    // With the wrapper its whole namespace ends; without one, its group.
    if (detached && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    else child.kill('SIGKILL')
  }
  let outstayed = false
  let since = { marks: -1, at: began }
  // A file has its time from when the one before it was over.
  const limit = setInterval(() => {
    const noted = sizeOf(marks)
    if (noted !== since.marks) since = { marks: noted, at: performance.now() }
    if (performance.now() - since.at < limitSeconds * 1000) return
    outstayed = true
    end()
  }, 500)
  options.signal.addEventListener('abort', end, { once: true })
  const output = join(folder, 'output')
  const written = createWriteStream(output)
  child.stdout?.pipe(written, { end: false })
  child.stderr?.pipe(written, { end: false })
  const last = child.stdio[3]
  const report = last === null || last === undefined || !('read' in last) ? Promise.resolve('') : text(last)
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    // As a shell says it, and the wrapper.
    child.once('exit', (code, signal) => resolve(signal === null ? code : 128 + constants.signals[signal]))
  })
  clearInterval(limit)
  options.signal.removeEventListener('abort', end)
  const survivors = detached ? await survivorsOf(temporary) : []
  const { left, cpuSeconds } = read(await report)
  written.end()
  const run = judge(files, linesIn(told) as readonly Told[], linesIn(marks) as readonly Mark[])
  const faults: string[] = []
  if (outstayed)
    faults.push(
      `It did not end within ${limitSeconds} s and was ended with all it had started.${open(run.events, files)}`,
    )
  else if (code !== 0 && !run.isFailed)
    faults.push(`It ended with code ${code} although none of its tests failed.${open(run.events, files)}`)
  const remarks: string[] = []
  // What is ended for its time is ended with what it started, in a namespace or not.
  for (const command of outstayed ? [] : [...left, ...survivors]) {
    const isKnown = suiteOf(first) === 'clis' && orphanOfCodex.test(command)
    ;(isKnown ? remarks : faults).push(`It left a process behind: ${command.slice(0, 300)}`)
  }
  if (!outstayed) for (const name of readdirSync(temporary)) faults.push(leftOf(temporary, name))
  const wallSeconds = (performance.now() - began) / 1000
  const whole = { output: readFileSync(output, 'utf8'), wallSeconds, cpuSeconds, faults, remarks }
  rmSync(folder, { recursive: true, force: true })
  return { outcomes: outcomesOf(run, whole, options.pattern !== null), notRun: run.notRun }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

/** What lies in it tells who came back to write there. */
function leftOf(temporary: string, name: string): string {
  const path = join(temporary, name)
  const within = statSync(path).isDirectory() ? readdirSync(path, { recursive: true }).slice(0, 8).map(String) : []
  return `It left ${name} in the temporary folder${within.length === 0 ? '' : `, with ${within.join(', ')}`}.`
}

/** Why this machine cannot run what needs a box; null: it may. What looks well and is not makes the tests fail. */
function missingForBoxes(): string | null {
  if (process.platform !== 'linux') return 'boxes are made on Linux only'
  const found = ['bwrap', 'socat'].filter((name) => spawnSync(name, ['-V'], { stdio: 'ignore' }).error === undefined)
  return found.length === 2 ? null : 'bubblewrap and socat are not both installed'
}

function notRun(file: string, why: string): FileOutcome {
  const remarks = [`NOT RUN, so nothing is known of boxes here: ${why}. (With CI=true this fails.)`]
  return { file, results: [], faults: [], remarks, output: '', wallSeconds: 0, cpuSeconds: null }
}

/** The command as nobody, who must be able to read what it runs: also where the clone lies in somebody's closed home. */
function lowered(folder: string, command: readonly string[]): readonly string[] {
  if (isOpen(root)) return [...lowering, ...command]
  const bound = boundIn(folder)
  mkdirSync(bound)
  const mounting = 'mount --bind "$1" "$2" && cd "$2" && shift 2 && exec "$@"'
  const there = command.map((word) => word.replaceAll(root + sep, bound + sep))
  // In a namespace of its own: outside of it nothing is mounted, and clearing up must never meet the clone itself.
  return ['unshare', '-m', 'sh', '-c', mounting, 'sh', root, bound, ...lowering, ...there]
}

/** Where nobody finds a clone that lies in somebody's closed home. */
function boundIn(folder: string): string {
  return join(folder, 'clone')
}

/** The bundled bot, where nobody can read it. */
function botSeenFrom(folder: string, { OMC_TEST_BOT: bot }: FileOptions['env']): { readonly OMC_TEST_BOT?: string } {
  return bot === undefined || isOpen(root) ? {} : { OMC_TEST_BOT: bot.replace(root, boundIn(folder)) }
}

/** What is kept compiled for nobody: Node keeps it by user, in a folder that nobody could not make within ours. */
function compiledFor(folder: string, { NODE_COMPILE_CACHE: ours }: FileOptions['env']): Record<string, string> {
  if (ours === undefined) return {}
  const own = `${ours}-of-nobody`
  mkdirSync(own, { recursive: true })
  chownSync(own, nobody, nobody)
  if (isOpen(root)) return { NODE_COMPILE_CACHE: own }
  // The clone lies elsewhere in each run: it is found by where it lies beside it.
  return { NODE_COMPILE_CACHE: own.replace(root, boundIn(folder)), NODE_COMPILE_CACHE_PORTABLE: '1' }
}

/** Gives these folders to nobody, and lets them add to what all stories add to. */
function lower(folders: readonly string[]): void {
  for (const path of folders) chownSync(path, nobody, nobody)
  const tally = join(root, 'artifacts', 'oracle.jsonl')
  mkdirSync(dirname(tally), { recursive: true })
  appendFileSync(tally, '')
  chmodSync(tally, 0o666)
}

/** The tests that had begun and not ended, in words. */
function open(events: readonly Told[], files: readonly string[]): string {
  const begun = new Map<string, string>()
  for (const event of events) {
    if (event.type === 'begun') begun.set(event.where, event.name)
    if (event.type === 'ended') begun.delete(event.where)
  }
  for (const [where, name] of begun) if (files.includes(name)) begun.delete(where)
  if (events.length === 0) return ''
  return begun.size === 0 ? ' All its tests were over.' : ` Not over: ${[...begun.values()].join(' › ')}`
}

/** What the wrapper says at the end: a line for every process that is left, then two lines of times(1p). */
function read(report: string): { readonly left: readonly string[]; readonly cpuSeconds: number | null } {
  const lines = report.split('\n')
  const left = lines.filter((line) => line.startsWith('left ')).map((line) => line.slice('left '.length))
  const times = lines.findLast((line) => /^\d+m[\d.]+s \d+m[\d.]+s$/.test(line))
  if (times === undefined) return { left, cpuSeconds: null }
  const parts = [...times.matchAll(/(\d+)m([\d.]+)s/g)]
  return {
    left,
    cpuSeconds: parts.reduce((sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds), 0),
  }
}
