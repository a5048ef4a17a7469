import { readdirSync, readFileSync, type Dirent } from 'node:fs'
import { join } from 'node:path'

/** The files below a folder that hold a text, while others write there: what goes away in between holds nothing. */
export function filesHolding(folder: string, text: string): readonly string[] {
  return entriesOf(folder).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return filesHolding(path, text)
    return entry.isFile() && (unlessGone(() => readFileSync(path)) ?? '').includes(text) ? [path] : []
  })
}

function entriesOf(folder: string): readonly Dirent[] {
  return unlessGone(() => readdirSync(folder, { withFileTypes: true })) ?? []
}

function unlessGone<T>(read: () => T): T | null {
  try {
    return read()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}
