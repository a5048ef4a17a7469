import type { Mark } from './marks.ts'
import type { Told } from './reporter.ts'

/** What a file's run came to. */
export interface FileOutcome {
  readonly file: string
  readonly results: readonly (Told & { readonly type: 'result' })[]
  /** What is wrong with the file as a whole, beside tests that failed: sentences. */
  readonly faults: readonly string[]
  /** What is told and fails nothing: sentences. */
  readonly remarks: readonly string[]
  /** What it wrote itself, or whoever shares its process: for whoever looks for the cause. */
  readonly output: string
  readonly wallSeconds: number
  /** Of the file and of all that it started; null where the system does not tell. */
  readonly cpuSeconds: number | null
}

/** What is known of files that shared a process, by what they said. */
export interface Judged {
  readonly events: readonly Told[]
  readonly isFailed: boolean
  /** Each file that was run, in turn. */
  readonly run: readonly Part[]
  readonly notRun: readonly string[]
}

/** What is known of one file by what was said of it alone. */
interface Part {
  readonly file: string
  readonly results: FileOutcome['results']
  readonly faults: readonly string[]
  /** null: it did not come to its end. */
  readonly seconds: { readonly wall: number; readonly cpu: number } | null
}

/**
 * Tells them apart. The last one that something was noted of answers for what nobody can tell of whom it is: it left
 * something, or the process died with it.
 */
export function judge(files: readonly string[], events: readonly Told[], marks: readonly Mark[]): Judged {
  const isOver = marks.some(({ type }) => type === 'over')
  const noted = marks.findLast((mark) => 'file' in mark)?.file ?? files[0]
  const stopped = isOver ? undefined : noted
  const wasRun = (file: string): boolean =>
    isOver || file === stopped || marks.some((mark) => mark.type === 'ended' && mark.file === file)
  return {
    events,
    isFailed: events.some((event) => event.type === 'result' && isFailure(event.outcome)),
    run: [
      ...files.filter((file) => wasRun(file) && file !== noted),
      ...files.filter((file) => wasRun(file) && file === noted),
    ].map((file) => part(file, events, marks)),
    notRun: files.filter((file) => !wasRun(file)),
  }
}

function part(file: string, events: readonly Told[], marks: readonly Mark[]): Part {
  const results: (Told & { readonly type: 'result' })[] = []
  let ms = 0
  for (const event of events) {
    if (event.type !== 'result' || event.path[0] !== file) continue
    const isWhole = event.path.length === 1
    if (isWhole) ms = event.ms
    // Of the file as a whole only what went wrong in itself is worth a word: a hook of it.
    if (!isWhole) results.push({ ...event, path: event.path.slice(1) })
    else if (event.error !== '') results.push(event)
  }
  const of = marks.filter((mark) => 'file' in mark && mark.file === file)
  const faults = of.flatMap((mark) => {
    if (mark.type === 'uncaught') return [`Nobody caught an error: ${mark.error}`]
    if (mark.type !== 'ended') return []
    const changed = mark.changed.map((each) => `It left its process changed: ${each}`)
    return [...changed, ...(mark.open.length === 0 ? [] : [`It left open: ${mark.open.join(', ')}`])]
  })
  const ended = of.find(({ type }) => type === 'ended')
  return {
    file,
    results,
    faults,
    seconds: ended?.type === 'ended' ? { wall: ms / 1000, cpu: ended.cpuSeconds } : null,
  }
}

function isFailure(outcome: string): boolean {
  return outcome === 'fail' || outcome === 'cancelled'
}

/** The whole process's share in each file's outcome: faults that nobody else has are the last one's. */
export function outcomesOf(
  { run, notRun }: Judged,
  whole: Omit<FileOutcome, 'file' | 'results'>,
  isNarrowed: boolean,
): readonly FileOutcome[] {
  const own = run.reduce((sum, { seconds }) => sum + (seconds?.cpu ?? 0), 0)
  // What it took to start and to load them all.
  const each = whole.cpuSeconds === null ? 0 : Math.max(0, whole.cpuSeconds - own) / Math.max(1, run.length)
  const isShared = run.length + notRun.length > 1
  return run.map(({ file, results, faults, seconds }, nth) => {
    const isLast = nth === run.length - 1
    const all = [...faults, ...(isLast ? whole.faults : [])]
    if (all.length === 0 && results.length === 0 && !isNarrowed) all.push('It has no tests.')
    return {
      file,
      results,
      faults: all,
      remarks: isLast ? whole.remarks : [],
      output: whole.output,
      wallSeconds: isShared && seconds !== null ? seconds.wall : whole.wallSeconds,
      cpuSeconds: whole.cpuSeconds === null ? null : (seconds?.cpu ?? 0) + each,
    }
  })
}
