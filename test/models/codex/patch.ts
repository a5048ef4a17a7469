import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import type { Json } from './lines.ts'

/** What a patch wants to do to one file. */
interface Change {
  readonly path: string
  readonly kind: 'add' | 'delete' | 'update'
  /** Lines of the patch, with their signs. */
  readonly lines: readonly string[]
}

/** The files of a patch in the model's own language (`*** Begin Patch` …). */
export function changesOf(raw: string, cwd: string): readonly Change[] {
  const changes: { path: string; kind: Change['kind']; lines: string[] }[] = []
  for (const line of raw.split('\n')) {
    const head = /^\*\*\* (Add|Delete|Update) File: (.+)$/.exec(line)
    if (head !== null)
      changes.push({
        path: resolve(cwd, head[2] ?? ''),
        kind: (head[1] ?? '').toLowerCase() as Change['kind'],
        lines: [],
      })
    else if (!line.startsWith('***') && line !== '') changes.at(-1)?.lines.push(line)
  }
  return changes
}

export function leavesFolder(changes: readonly Change[], cwd: string): boolean {
  return changes.some(({ path }) => relative(cwd, path).startsWith('..'))
}

/** As a `fileChange` item tells of it. */
export function toldOf({ path, kind, lines }: Change): Json {
  if (kind === 'add') return { path, kind: { type: 'add' }, diff: lines.map((line) => `${line.slice(1)}\n`).join('') }
  if (kind === 'delete')
    return { path, kind: { type: 'delete' }, diff: existsSync(path) ? readFileSync(path, 'utf8') : '' }
  return { path, kind: { type: 'update', move_path: null }, diff: `${lines.join('\n')}\n` }
}

/** Changes the files; false when they are not as the patch says. */
export function apply(changes: readonly Change[]): boolean {
  for (const { path, kind, lines } of changes) {
    if (kind === 'delete') rmSync(path)
    else if (kind === 'add') put(path, `${lines.map((line) => line.slice(1)).join('\n')}\n`)
    else {
      const of = (sign: string): string =>
        lines
          .filter((line) => line.startsWith(sign) || line.startsWith(' '))
          .map((line) => `${line.slice(1)}\n`)
          .join('')
      const before = readFileSync(path, 'utf8')
      if (!before.includes(of('-'))) return false
      put(
        path,
        before.replace(of('-'), () => of('+')),
      )
    }
  }
  return true
}

function put(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}
