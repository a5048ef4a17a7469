import { code } from './markdown.ts'

const shown = 6

/** How a folder is written for people: relative to home, in code marks. */
export function folder(path: string, home: string | null): string {
  return code(tilde(path, home), 160)
}

/** Several folders in one line; of many, the first few and `more` of the rest. */
export function folders(paths: readonly string[], home: string | null, more: (count: number) => string): string {
  const first = paths.slice(0, shown).map((path) => folder(path, home))
  return paths.length > shown ? `${first.join(', ')} ${more(paths.length - shown)}` : first.join(', ')
}

function tilde(path: string, home: string | null): string {
  if (home === null || home === '/' || home === '') return path
  if (path === home) return '~'
  return path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path
}
