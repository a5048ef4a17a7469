import { readFileSync } from 'node:fs'

/** What the process that files run in notes of them. */
export type Mark =
  | { readonly type: 'loading' | 'begun'; readonly file: string }
  /** An error that no test is known for. */
  | { readonly type: 'uncaught'; readonly file: string; readonly error: string }
  | {
      readonly type: 'ended'
      readonly file: string
      /** Sockets, timers and the like that would keep the process from ending. */
      readonly open: readonly string[]
      /** What of the process itself is not as it was, in words. */
      readonly changed: readonly string[]
      readonly cpuSeconds: number
    }
  /** All files were run. */
  | { readonly type: 'over' }

/** The lines of such a file that are whole; none where it was not written. */
export function linesIn(path: string): readonly unknown[] {
  try {
    const lines = readFileSync(path, 'utf8').split('\n')
    // The last one may be cut off.
    return lines.slice(0, -1).map((line) => JSON.parse(line) as unknown)
  } catch {
    return []
  }
}
