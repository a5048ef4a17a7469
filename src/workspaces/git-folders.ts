import { lstat, realpath, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { liesUnder, realFolder } from './containment.ts'
import { smallFile } from './git-config.ts'

/** Where git keeps what of a repository. Real paths. */
export interface GitFolders {
  /** Top of the working tree; null: there is none here, it is a bare repository or the inside of a git folder. */
  readonly top: string | null
  /** What this working tree has to itself: HEAD, index. */
  readonly own: string
  /** What all its working trees share: objects, refs, configuration. */
  readonly common: string
}

/** Deeper than this git follows none either. */
const deepest = 5

/**
 * The git folders of the repository that a folder lies in, found as git finds them, but without running it there. Null:
 * it lies in none, or in one that keeps something outside of the roots: a `.git` that anybody wrote may name a
 * repository elsewhere, and its content would come into the session's reach.
 */
export async function findGit(folder: string, roots: readonly string[]): Promise<GitFolders | null> {
  // A repository above the roots (somebody's home under git) holds what sessions must not see.
  for (let at = folder; liesUnder(at, roots); at = dirname(at)) {
    const own = await ownFolderIn(at)
    if (own === broken) return null
    if (own !== null) return within(roots, { top: at, own, common: await commonOf(own) })
    if (await isGitFolder(at, at)) return within(roots, { top: null, own: at, common: await commonOf(at) })
    if (dirname(at) === at) break
  }
  return null
}

/**
 * The folders that hold the objects of a repository: its own first, then those that it borrows from.
 * @throws when one is outside of the roots.
 */
export async function objectFolders(common: string, roots: readonly string[]): Promise<readonly string[]> {
  const found: string[] = []
  let next = [join(common, 'objects')]
  for (let depth = 0; next.length > 0 && depth <= deepest; depth++) {
    const further: string[] = []
    for (const path of next) {
      const real = await realpath(path)
      if (!liesUnder(real, roots)) throw new Error(`the repository has objects in ${path}, outside of the roots`)
      if (found.includes(real)) continue
      found.push(real)
      const lines = (await smallFile(join(real, 'info', 'alternates')))?.split('\n') ?? []
      const named = lines.filter((line) => line !== '' && !line.startsWith('#'))
      further.push(...named.map((line) => resolve(real, Buffer.from(line, 'latin1').toString('utf8'))))
    }
    next = further
  }
  return found
}

/** The working tree that a repository is named by, and sessions' own are placed by: the first one. */
export function mainOf({ top, common }: GitFolders): string {
  if (basename(common) === '.git') return dirname(common)
  return top ?? common
}

/** A `.git` that leads to nothing. */
const broken = Symbol('broken')

/** Null: there is no `.git`. */
async function ownFolderIn(top: string): Promise<string | typeof broken | null> {
  const path = join(top, '.git')
  const found = await stat(path).catch(() => null)
  if (found === null) return (await lstat(path).catch(() => null)) === null ? null : broken
  if (found.isDirectory()) {
    const real = await realFolder(path)
    return real !== null && (await isGitFolder(real, await commonOf(real))) ? real : null
  }
  const named = /^gitdir: (.+?)\r?\n*$/s.exec(await textOf(path))?.[1]
  const real = named === undefined ? null : await realFolder(resolve(top, named))
  return real !== null && (await isGitFolder(real, await commonOf(real))) ? real : broken
}

async function commonOf(own: string): Promise<string> {
  const named = (await textOf(join(own, 'commondir'))).trim()
  return named === '' ? own : ((await realFolder(resolve(own, named))) ?? own)
}

async function isGitFolder(own: string, common: string): Promise<boolean> {
  const [head, objects, refs] = await Promise.all([
    lstat(join(own, 'HEAD')).catch(() => null),
    realFolder(join(common, 'objects')),
    realFolder(join(common, 'refs')),
  ])
  return head !== null && objects !== null && refs !== null
}

async function within(roots: readonly string[], folders: GitFolders): Promise<GitFolders | null> {
  return liesUnder(folders.common, roots) && liesUnder(folders.own, roots) ? folders : null
}

async function textOf(path: string): Promise<string> {
  return Buffer.from((await smallFile(path)) ?? '', 'latin1').toString('utf8')
}
