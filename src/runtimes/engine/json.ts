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

export function numberAt(value: unknown): number | null {
  return typeof value === 'number' ? value : null
}
