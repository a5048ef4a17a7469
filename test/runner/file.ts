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
import { dirname, join, sep } from 'node:path'
import { text } from 'node:stream/consumers'
import { bed, survivorsOf } from './bed.ts'
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

/** What a file's run came to. */
export interface FileOutcome {
  readonly file: string
  readonly results: readonly (Told & { readonly type: 'result' })[]
  /** What is wrong with the file as a whole, beside tests that failed: sentences. */
  readonly faults: readonly string[]
  /** What is told and fails nothing: sentences. */
  readonly remarks: readonly string[]
  /** What it wrote itself, for whoever looks for the cause. */
  readonly output: string
  readonly wallSeconds: number
  /** Of the file and of all that it started; null where the system does not tell. */
  readonly cpuSeconds: number | null
}

export interface FileOptions {
  /** A folder for this file alone, that does not exist yet. */
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
 * Runs one test file in a process of its own, with a temporary folder of its own, and where the system can do that in
 * a process namespace of its own, so that nothing it started outlives it and what it forgot to end is known by name.
 */
export async function runFile(file: string, options: FileOptions): Promise<FileOutcome> {
  const { folder, limitSeconds } = options
  const missing = file.endsWith('.boxed.test.ts') && process.env['CI'] !== 'true' ? missingForBoxes() : null
  if (missing !== null) return notRun(file, missing)
  const temporary = join(folder, 't')
  const told = join(folder, 'told')
  mkdirSync(temporary, { recursive: true })
  const args = [
    `--test-reporter=${join(import.meta.dirname, 'reporter.ts')}`,
    `--test-reporter-destination=${told}`,
    `--test-timeout=${options.testTimeoutMs}`,
    ...(options.pattern === null ? [] : [`--test-name-pattern=/${options.pattern}/i`]),
    join(root, file),
  ]
  // A box that root makes holds nothing, so what needs one runs as somebody else.
  const isLowered = file.endsWith('.boxed.test.ts') && process.getuid?.() === 0
  if (isLowered) lower([folder, temporary])
  const own = isLowered ? lowered(folder, [process.execPath, ...args]) : [process.execPath, ...args]
  const { command, args: line, detached } = bed(own[0] ?? '', own.slice(1))
  const began = performance.now()
  const env = { ...options.env, TMPDIR: temporary, ...(isLowered ? { HOME: temporary } : {}) }
  const child = spawn(command, line, { cwd: root, env, detached, stdio: ['ignore', 'pipe', 'pipe', 'pipe'] })
  const end = (): void => {
    // With the wrapper its whole namespace ends; without one, its group.
    if (detached && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    else child.kill('SIGKILL')
  }
  let outstayed = false
  const limit = setTimeout(() => {
    outstayed = true
    end()
  }, limitSeconds * 1000)
  options.signal.addEventListener('abort', end, { once: true })
  const output = join(folder, 'output')
  const written = createWriteStream(output)
  child.stdout?.pipe(written, { end: false })
  child.stderr?.pipe(written, { end: false })
  const last = child.stdio[3]
  const report = last === null || last === undefined || !('read' in last) ? Promise.resolve('') : text(last)
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', resolve)
  })
  clearTimeout(limit)
  options.signal.removeEventListener('abort', end)
  const survivors = detached ? await survivorsOf(temporary) : []
  const { left, cpuSeconds } = read(await report)
  written.end()
  const events = eventsIn(told)
  const results = events.filter((each) => each.type === 'result')
  const faults: string[] = []
  if (outstayed)
    faults.push(`It did not end within ${limitSeconds} s and was ended with all it had started.${open(events)}`)
  else if (code !== 0 && !results.some(({ outcome }) => outcome === 'fail' || outcome === 'cancelled'))
    faults.push(`It ended with code ${code} although none of its tests failed.${open(events)}`)
  else if (code === 0 && results.length === 0 && options.pattern === null) faults.push('It has no tests.')
  const remarks: string[] = []
  for (const command of [...left, ...survivors]) {
    const isKnown = suiteOf(file) === 'clis' && orphanOfCodex.test(command)
    ;(isKnown ? remarks : faults).push(`It left a process behind: ${command.slice(0, 300)}`)
  }
  if (!outstayed) for (const name of readdirSync(temporary)) faults.push(`It left ${name} in the temporary folder.`)
  const wallSeconds = (performance.now() - began) / 1000
  const outcome = { file, results, faults, remarks, output: readFileSync(output, 'utf8'), wallSeconds, cpuSeconds }
  rmSync(folder, { recursive: true, force: true })
  return outcome
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
  const bound = join(folder, 'clone')
  mkdirSync(bound)
  const mounting = 'mount --bind "$1" "$2" && cd "$2" && shift 2 && exec "$@"'
  const there = command.map((word) => word.replaceAll(root + sep, bound + sep))
  // In a namespace of its own: outside of it nothing is mounted, and clearing up must never meet the clone itself.
  return ['unshare', '-m', 'sh', '-c', mounting, 'sh', root, bound, ...lowering, ...there]
}

/** Whether everybody may go into it. */
function isOpen(path: string): boolean {
  return (statSync(path).mode & 0o1) !== 0 && (dirname(path) === path || isOpen(dirname(path)))
}

/** Gives these folders to nobody, and lets them add to what all stories add to. */
function lower(folders: readonly string[]): void {
  for (const path of folders) chownSync(path, nobody, nobody)
  const tally = join(root, 'artifacts', 'oracle.jsonl')
  mkdirSync(dirname(tally), { recursive: true })
  appendFileSync(tally, '')
  chmodSync(tally, 0o666)
}

function eventsIn(told: string): readonly Told[] {
  try {
    const lines = readFileSync(told, 'utf8').split('\n')
    // The last one may be cut off.
    return lines.slice(0, -1).map((line) => JSON.parse(line) as Told)
  } catch {
    return []
  }
}

/** The tests that had begun and not ended, in words. */
function open(events: readonly Told[]): string {
  const begun = new Map<string, string>()
  for (const event of events) {
    if (event.type === 'begun') begun.set(event.where, event.name)
    if (event.type === 'ended') begun.delete(event.where)
  }
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
