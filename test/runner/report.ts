import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { FileOutcome } from './judge.ts'
import { root } from './plan.ts'

/** Where the summary stands after the run, for whoever prints it again. */
const kept = join(root, 'artifacts', 'tests.txt')

/** Tells what happens, and at the end what came of it. */
export class Report {
  readonly #outcomes: FileOutcome[] = []
  readonly #began = performance.now()
  readonly #options: { readonly verbose: boolean; readonly seed: string; readonly files: number }

  constructor(options: { readonly verbose: boolean; readonly seed: string; readonly files: number }) {
    this.#options = options
  }

  file(outcome: FileOutcome): void {
    this.#outcomes.push(outcome)
    const tests = outcome.results.filter(({ kind }) => kind === 'test')
    const failed = isFailed(outcome)
    const cpu = outcome.cpuSeconds === null ? '' : `, ${outcome.cpuSeconds.toFixed(1)} s of CPU`
    console.log(
      `${failed ? '✖' : '✔'} ${outcome.file} (${count(tests.length, 'test')}, ${outcome.wallSeconds.toFixed(1)} s${cpu})` +
        ` ${this.#outcomes.length}/${this.#options.files}`,
    )
    if (this.#options.verbose) for (const each of outcome.results) console.log(`  ${line(each)}`)
    if (failed) console.log(indented(details(outcome)))
    for (const remark of outcome.remarks) console.log(`  ! ${remark}`)
  }

  /** What is known only when all have run: a sentence for each file that something is wrong with. */
  fault(sentences: ReadonlyMap<string, string>): void {
    for (const [at, outcome] of this.#outcomes.entries()) {
      const sentence = sentences.get(outcome.file)
      if (sentence !== undefined) this.#outcomes[at] = { ...outcome, faults: [...outcome.faults, sentence] }
    }
  }

  /** Prints the summary, as Node's own runner does; true when all is well. */
  end(leftOut: readonly string[]): boolean {
    const failed = this.#outcomes.filter(isFailed)
    if (failed.length > 0) {
      console.log(`\n✖ failing, with OMC_TEST_SEED=${this.#options.seed}:`)
      for (const outcome of failed) console.log(`${outcome.file}\n${indented(reasons(outcome))}`)
    }
    this.#folders()
    if (leftOut.length > 0) console.log(`\nLeft out: ${leftOut.join(', ')}.`)
    const results = this.#outcomes.flatMap((outcome) => outcome.results)
    const tests = results.filter(({ kind }) => kind === 'test')
    if (tests.length === 0) console.log('\nNo test was run: none has a name like that.')
    const of = (outcome: string): number => tests.filter((each) => each.outcome === outcome).length
    // A suite's hook that failed, and what is wrong with a file as a whole, count as failures, too.
    const faults = this.#outcomes.reduce((sum, { faults: all }) => sum + all.length, 0)
    const hooks = results.filter(({ kind, outcome, error }) => kind === 'suite' && outcome === 'fail' && error !== '')
    const wrong = of('fail') + faults + hooks.length
    const summary = [
      ['tests', tests.length + faults + hooks.length],
      ['suites', results.length - tests.length],
      ['pass', of('pass')],
      ['fail', wrong],
      ['cancelled', of('cancelled')],
      ['skipped', of('skipped')],
      ['todo', of('todo')],
      ['duration_ms', Math.round(performance.now() - this.#began)],
    ]
      .map(([name, value]) => `ℹ ${name} ${value}`)
      .join('\n')
    mkdirSync(dirname(kept), { recursive: true })
    writeFileSync(kept, `${summary}\n`)
    console.log(`\n${summary}`)
    return wrong === 0 && failed.length === 0 && tests.length > 0
  }

  /** Wall and CPU of each folder below test/. */
  #folders(): void {
    const sums = new Map<string, { wall: number; cpu: number; files: number }>()
    for (const { file, wallSeconds, cpuSeconds } of this.#outcomes) {
      const folder = dirname(file)
        .split(/[/\\]/)
        .slice(0, file.startsWith('packages') ? 4 : 2)
        .join('/')
      const sum = sums.get(folder) ?? { wall: 0, cpu: 0, files: 0 }
      sums.set(folder, { wall: sum.wall + wallSeconds, cpu: sum.cpu + (cpuSeconds ?? 0), files: sum.files + 1 })
    }
    if (sums.size < 2) return
    console.log('\nSeconds of wall and of CPU, all files together:')
    for (const [folder, { wall, cpu, files }] of [...sums].sort(([, a], [, b]) => b.wall - a.wall))
      console.log(
        `  ${folder.padEnd(18)} ${wall.toFixed(0).padStart(5)} ${cpu.toFixed(0).padStart(5)}  ${count(files, 'file')}`,
      )
  }
}

function isFailed({ results, faults }: FileOutcome): boolean {
  return faults.length > 0 || results.some(({ outcome }) => outcome === 'fail' || outcome === 'cancelled')
}

/** So much of a reason stands in the summary: of a long run often only its end is kept. */
const reasonLines = 16

/** What went wrong, and how its reason begins: the whole of it was told when it happened. */
function reasons({ results, faults }: FileOutcome): string {
  const wrong = wrongOf(results).map(
    (each) => `${line(each)}\n${indented(each.error.split('\n').slice(0, reasonLines).join('\n'))}`,
  )
  return [...faults.map((fault) => `✖ ${fault}`), ...wrong].join('\n')
}

function wrongOf(results: FileOutcome['results']): FileOutcome['results'] {
  return results.filter(({ outcome, error }) => (outcome === 'fail' || outcome === 'cancelled') && error !== '')
}

function details({ results, faults, output }: FileOutcome): string {
  const tests = wrongOf(results).map((each) => `${line(each)}\n${indented(each.error)}`)
  return [...faults.map((fault) => `✖ ${fault}`), ...tests, output.trim()].filter((part) => part !== '').join('\n')
}

function line({ path, outcome, ms }: FileOutcome['results'][number]): string {
  const mark = outcome === 'pass' ? '✔' : outcome === 'fail' ? '✖' : '﹣'
  return `${mark} ${path.join(' › ')} (${Math.round(ms)} ms)${outcome === 'pass' || outcome === 'fail' ? '' : ` # ${outcome}`}`
}

function indented(text: string): string {
  return text.replaceAll(/^(?=.)/gm, '  ')
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
