import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Worktree } from '../core/session.ts'
import { gitDirOver, type GitDir } from './git-dir.ts'
import type { Git } from './git.ts'
import { mirroredRef, type Repository, type RepositoryGround } from './repository.ts'

/** Branches, remote branches and tags: what stands at which object. */
export type Refs = ReadonlyMap<string, string>

const shown = ['refs/heads', 'refs/remotes', 'refs/tags']

/** A ref that stands for another one is left out: what it says is there by its own name. */
export async function refsIn(git: Git): Promise<Refs> {
  const listed = await git.run(['for-each-ref', '--format=%(objectname) %(refname) %(symref)', ...shown])
  if (!listed.ok) throw new Error(listed.detail)
  return refsFrom(listed.out.split('\n').flatMap((line) => (line.endsWith(' ') ? [line.trimEnd()] : [])))
}

/** One a line, as git keeps them packed (latin1). */
export function refsText(refs: Refs): string {
  return [...refs].map(([name, object]) => `${object} ${name}\n`).join('')
}

/**
 * Keeps, in the repository, what a clone was given of its refs: what is still there is nobody's work, and is moved on
 * with the repository.
 */
export async function keepMirrored(
  git: Git,
  { folder, branch }: Pick<Worktree, 'folder' | 'branch'>,
  refs: Refs,
): Promise<void> {
  const others = new Map([...refs].filter(([name]) => name !== nameOf(branch)))
  const kept = await git.run(['hash-object', '-w', '--stdin'], { input: refsText(others) })
  if (!kept.ok) throw new Error(kept.detail)
  const pointed = await git.run(['update-ref', mirroredRef(folder), kept.out.trim()])
  if (!pointed.ok) throw new Error(pointed.detail)
}

export async function mirroredIn(git: Git, folder: string): Promise<Refs> {
  const kept = await git.run(['cat-file', 'blob', mirroredRef(folder)])
  return refsFrom(kept.ok ? kept.out.split('\n').filter((line) => line !== '') : [])
}

/**
 * Gives a clone what has become of the repository's other branches and tags since. Those that the session has moved or
 * taken away, and the one that it has checked out, are its own.
 */
export async function refresh(
  { folder, branch }: Worktree,
  repository: Repository,
  clone: GitDir,
  ground: RepositoryGround,
): Promise<void> {
  const { git, objects } = repository
  const [now, given, there] = await Promise.all([refsIn(git), mirroredIn(git, folder), refsIn(clone.git)])
  const head = await clone.git.run(['symbolic-ref', '--quiet', 'HEAD'])
  const kept = [nameOf(branch), head.ok ? head.out.trim() : '']
  const lines: string[] = []
  for (const name of new Set([...now.keys(), ...given.keys()])) {
    const [wanted, before, has] = [now.get(name), given.get(name), there.get(name)]
    if (wanted === has || kept.includes(name)) continue
    if (has === undefined && before === undefined && wanted !== undefined) lines.push(`create ${name} ${wanted}`)
    if (has === undefined || has !== before) continue
    lines.push(wanted === undefined ? `delete ${name} ${has}` : `update ${name} ${wanted} ${has}`)
  }
  if (lines.length > 0) {
    const own = join(folder, '.git')
    if (await hasLinks(join(own, 'refs'))) throw new Error('refs of the clone are links')
    const folders = { top: folder, own, common: own }
    await using writer = await gitDirOver({
      folders,
      confinement: ground.confinement,
      borrows: objects,
      isClone: true,
      writes: true,
    })
    const moved = await writer.git.run(['update-ref', '--stdin'], { input: lines.map((line) => `${line}\n`).join('') })
    if (!moved.ok) throw new Error(moved.detail)
  }
  const isNew = now.size !== given.size || [...now].some(([name, object]) => given.get(name) !== object)
  if (isNew) await keepMirrored(git, { folder, branch }, now)
}

/** Through a link we would write somewhere else. */
async function hasLinks(folder: string): Promise<boolean> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries.some((entry) => !entry.isFile() && !entry.isDirectory())
}

const nameOf = (branch: string): string => Buffer.from(`refs/heads/${branch}`).toString('latin1')

function refsFrom(lines: readonly string[]): Refs {
  return new Map(lines.map((line) => [line.slice(line.indexOf(' ') + 1), line.slice(0, line.indexOf(' '))]))
}
