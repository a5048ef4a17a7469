import { readFileSync, realpathSync, rmSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { messageOf, Problem } from '../core/failure.ts'
import { writeAtomically } from '../system/atomic-file.ts'

/** Variables by name; what is to be written as empty is ''. */
export type Settings = Readonly<Record<string, string>>

/** What a `.env` says; null: there is none. @throws {Problem} `refused`: it cannot be read as text. */
export function textOfDotEnv(path: string): string | null {
  try {
    const written = readFileSync(path, 'utf8')
    if (written.includes('\0')) throw new Error('it is saved as UTF-16, not as UTF-8')
    // Some editors put a mark before the first name, which would then be another name.
    return written.replace(/^\uFEFF/, '')
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return null
    throw new Problem('refused', `${path} cannot be read: ${messageOf(cause)}. Correct it or remove it.`, { cause })
  }
}

/**
 * Sets variables in a `.env`, for its owner alone, whole or not at all; everything else in it stays as it is. One that
 * is not there begins as `example`.
 * @throws {Problem} `refused`: it could not be read again as it is meant.
 */
export function writeDotEnv(path: string, values: Settings, example: string): void {
  const before = textOfDotEnv(path)
  const text = withSettings(before ?? example, values)
  // A link leads to the file that is meant.
  const file = before === null ? path : realpathSync(path)
  // What a killed writer has left may have other rights.
  rmSync(`${file}.new`, { force: true })
  writeAtomically(file, text)
}

/**
 * The text of a `.env` with these variables set, each in its own line where it has one.
 * @throws {Problem} `refused`: what would come out says something else.
 */
export function withSettings(before: string, values: Settings): string {
  const wanted = { ...parseEnv(before), ...values }
  const inPlace = Object.entries(values).reduce(setInPlace, before)
  // A value in quotes may go over several lines, and look like a variable; the last line of a name counts.
  const text = saysAll(inPlace, wanted) ? inPlace : Object.entries(values).reduce(append, before)
  if (saysAll(text, wanted)) return text
  throw new Problem('refused', `These settings cannot be written into .env: ${Object.keys(values).join(', ')}.`)
}

function saysAll(text: string, wanted: Readonly<Record<string, string | undefined>>): boolean {
  const said = parseEnv(text)
  const names = Object.keys(wanted)
  return names.length === Object.keys(said).length && names.every((name) => said[name] === wanted[name])
}

function setInPlace(text: string, [name, value]: readonly [string, string]): string {
  const lines = text.split('\n')
  const at = lines.findLastIndex((line) => new RegExp(`^\\s*(export\\s+)?${name}\\s*=`).test(line))
  if (at === -1) return append(text, [name, value])
  const end = lines[at]?.endsWith('\r') === true ? '\r' : ''
  return lines.with(at, `${name}=${quoted(value)}${end}`).join('\n')
}

function append(text: string, [name, value]: readonly [string, string]): string {
  return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${name}=${quoted(value)}\n`
}

function quoted(value: string): string {
  if (/^[\w./:@,~%+={}-]*$/.test(value)) return value
  const mark = ["'", '"', '`'].find((each) => !value.includes(each)) ?? ''
  return `${mark}${value}${mark}`
}
