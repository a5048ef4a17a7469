/** What a CLI writes, read tolerantly: what is not there, or something else, is empty. */
export type JsonObject = Readonly<Record<string, unknown>>

/** The JSON object that stands on a line; empty for anything else. */
export function objectIn(line: string): JsonObject {
  try {
    return objectAt(JSON.parse(line))
  } catch {
    return {}
  }
}

export function objectAt(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {}
}

export function arrayAt(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : []
}

export function stringAt(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** `1e999` is JSON, and no number that anybody could keep. */
export function numberAt(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}

/** A moment that is told in seconds since 1970, in whole milliseconds; null: there is none, or it is none. */
export function momentAt(value: unknown): number | null {
  const ms = Math.round((numberAt(value) ?? 0) * 1000)
  return ms > 0 && ms < 1e15 ? ms : null
}
