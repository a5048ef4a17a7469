import { readdirSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join, sep } from 'node:path'
import { Problem } from '../../core/failure.ts'

/** What the sandbox reads as a pattern instead of a path. */
const special = /[*?[\]{}\\]/

/**
 * The rules by which the CLI's sandbox keeps its tools from `denied`: files and folders, there or not. `open` are
 * folders below those that stay as they are, because agents work there (the demo's project lies in the data folder).
 *
 * The sandbox cannot shut a folder that lies in a shut one, follows no link, and fails when a shut file goes away while
 * the CLI runs. So the outermost folder is shut as a whole, paths are resolved, and files are patterns: those are looked
 * for anew with each command, and one that is not there does no harm.
 *
 * @throws {Problem} for a path that can only be read as a pattern: it would stay open.
 */
export function closedTo(denied: readonly string[], open: readonly string[]): readonly string[] {
  const kept = open.map(resolved)
  const rules = denied.flatMap((path) => rulesFor(resolved(path), kept))
  const folders = rules.filter(({ whole }) => whole).map(({ path }) => path)
  const outermost = rules.filter(({ path }) => !folders.some((folder) => isWithin(path, folder)))
  return [...new Set(outermost.map(({ rule }) => rule))]
}

/** Whether a session may work in that folder: it must not lie in a shut one. */
export function isClosed(folder: string, denied: readonly string[], open: readonly string[]): boolean {
  const path = resolved(folder)
  const inside = (each: string): boolean => path === each || isWithin(path, each)
  const kept = open.map(resolved)
  return denied.map(resolved).some((shut) => inside(shut) && !kept.some((each) => isWithin(each, shut) && inside(each)))
}

interface Rule {
  readonly path: string
  readonly rule: string
  /** Shuts everything below the path too. */
  readonly whole: boolean
}

function rulesFor(path: string, open: readonly string[]): readonly Rule[] {
  if (special.test(path))
    throw new Problem(
      'refused',
      `Codex CLI cannot keep its tools from ${path}, because of the signs in its name. Rename it, or the folder it is in.`,
    )
  if (!isFolder(path)) return [{ path, rule: fileRule(path), whole: false }]
  if (!open.some((each) => isWithin(each, path))) return [{ path, rule: path, whole: true }]
  const folders = readdirSync(path)
    .map((name) => join(path, name))
    .filter((each) => isFolder(each) && !open.includes(resolved(each)))
  // A pattern finds files only: all those that lie in the folder itself.
  return [
    { path: join(path, '*'), rule: join(path, '*'), whole: false },
    ...folders.flatMap((each) => rulesFor(resolved(each), open)),
  ]
}

/** The pattern that fits this file alone: one of its letters in brackets. */
function fileRule(path: string): string {
  return join(dirname(path), basename(path).replace(/[a-z0-9.](?!.*[a-z0-9.])/i, '[$&]'))
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}

function isWithin(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`)
}

/** With symlinks resolved as far as it exists. */
function resolved(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return dirname(path) === path ? path : join(resolved(dirname(path)), basename(path))
  }
}
