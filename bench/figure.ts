/** One thing that was measured, beside what it is compared with. */
export interface Figure {
  /** What was measured, as a person would ask for it. */
  readonly what: string
  readonly unit: 'ms' | 'MB' | 'per s' | ''
  readonly values: readonly number[]
  /** The other side of a comparison, from the same run on the same machine. */
  readonly against?: { readonly what: string; readonly values: readonly number[] }
  /** The median should be below this; shown, never enforced. */
  readonly below?: number
  /** Not only the median: every single one should. */
  readonly each?: boolean
}

/** Something that is measured. It cleans up after itself, also when it fails. */
export interface Measurement {
  readonly name: string
  /** `soFar`: what takes minutes puts each of its figures there as well, so that one that is broken off gives some. */
  run(size: Size, soFar: Figure[]): Promise<readonly Figure[]>
}

/** How much is done: `quick` is for a look while working, `full` for what is written down. Each is bounded in itself. */
export type Size = 'quick' | 'full'

/** A figure with what the table and the file say of it. */
export interface Summary {
  readonly what: string
  readonly unit: Figure['unit']
  readonly median: number
  readonly min: number
  readonly max: number
  readonly n: number
  readonly against: { readonly what: string; readonly median: number; readonly ratio: number } | null
  readonly below: number | null
  readonly each: boolean
  /** Whether it is below that; null: nothing was aimed at, or nothing measured. */
  readonly met: boolean | null
}

export function summarize({ what, unit, values, against, below, each = false }: Figure): Summary {
  const other = against === undefined ? null : medianOf(against.values)
  const median = medianOf(values)
  const judged = each ? Math.max(...values) : median
  return {
    what,
    unit,
    median,
    min: Math.min(...values),
    max: Math.max(...values),
    n: values.length,
    against:
      against === undefined || other === null ? null : { what: against.what, median: other, ratio: median / other },
    below: below ?? null,
    each,
    met: below === undefined || values.length === 0 ? null : judged < below,
  }
}

export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

/** Milliseconds since 1970 with fractions: comparable between the processes of one machine. */
export function moment(): number {
  return performance.timeOrigin + performance.now()
}

/** Calls `work` until it was called `times` times or `ms` have passed, at least once; gives what each call gave. */
export async function repeat<Value>(
  times: number,
  ms: number,
  work: (nth: number) => Promise<Value> | Value,
): Promise<Value[]> {
  const values: Value[] = []
  const until = performance.now() + ms
  do values.push(await work(values.length))
  while (values.length < times && performance.now() < until)
  return values
}

/** How often per second something happened that took `ms` for `count` times. */
export function perSecond(count: number, ms: number): number {
  return (count / ms) * 1000
}

/** How many milliseconds something took. */
export async function took(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now()
  await work()
  return performance.now() - from
}
