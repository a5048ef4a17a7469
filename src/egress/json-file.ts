import { readFileSync } from 'node:fs'

/** An object of which nobody knows what is in it. */
export type Fields = Readonly<Record<string, unknown>>

export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}
}

/** The object in a file; empty when there is none that can be read. */
export function readJson(path: string): Fields {
  try {
    return fieldsOf(JSON.parse(readFileSync(path, 'utf8')))
  } catch {
    return {}
  }
}

/** A text that is not empty, so many names down; null: there is none. */
export function textAt(fields: Fields, ...names: readonly string[]): string | null {
  let found: unknown = fields
  for (const name of names) found = fieldsOf(found)[name]
  return typeof found === 'string' && found !== '' ? found : null
}
