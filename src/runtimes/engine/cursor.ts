import type { Cursor } from '../../core/runtime.ts'

/** A position in a process's output. */
export interface SpoolPosition {
  /** Which process: see `SpoolRecord.generation`. */
  readonly generation: string
  /** The byte at which the turn's reading began. */
  readonly start: number
  /** The byte behind the last line taken in. */
  readonly offset: number
}

export function cursorOf({ generation, start, offset }: SpoolPosition): Cursor {
  return JSON.stringify([generation, start, offset]) as Cursor
}

/** Null for anything this runtime did not write. */
export function positionOf(cursor: Cursor): SpoolPosition | null {
  let parts: unknown
  try {
    parts = JSON.parse(cursor)
  } catch {
    return null
  }
  if (!Array.isArray(parts)) return null
  const [generation, start, offset] = parts as unknown[]
  if (typeof generation !== 'string' || typeof start !== 'number' || typeof offset !== 'number') return null
  return { generation, start, offset }
}
