import { createHash } from 'node:crypto'
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Worktree } from '../core/session.ts'
import { closing } from '../system/closing.ts'
import { smallFile } from './git-config.ts'
import { gitDirOver } from './git-dir.ts'
import type { Git } from './git.ts'
import { mirroredRef, type Repository, type RepositoryGround } from './repository.ts'

/** What stands at which object. Names are bytes (latin1). */
export type Refs = ReadonlyMap<string, string>

/**
 * How much of a clone's refs is read, in bytes, beside what its repository has: some hundred thousand. An agent can make
 * millions in a moment, and taking them apart would hold up everybody.
 */
const mostOfAgents = 16 * 1024 * 1024

/** So much is read of the refs of a clone of that repository. */
export async function mostRefsOf({ folders }: Pick<Repository, 'folders'>): Promise<number> {
  const packed = await lstat(join(folders.common, 'packed-refs')).catch(() => null)
  // As they are listed they are a little longer.
  return mostOfAgents + 2 * (packed?.size ?? 0)
}

/**
 * All of a git folder. A ref that stands for another one is left out: what it says is there by its own name. Throws when
 * there are more than `most` bytes of them.
 */
export async function refsIn(git: Git, most?: number): Promise<Refs> {
  const call = most === undefined ? {} : { most }
  const listed = await git.run(['for-each-ref', '--format=%(objectname) %(refname) %(symref)'], call)
  if (!listed.ok) throw new Error(listed.detail)
  if (listed.cut) throw new Error('it has more branches and tags than can be looked at')
  return refsFrom(listed.out.split('\n').flatMap((line) => (line.endsWith(' ') ? [line.trimEnd()] : [])))
}

/** What a clone is given of a repository's: its branches, remote branches and tags, but not the session's own branch. */
export function givenOf(refs: Refs, branch: string): Refs {
  const own = branchRef(branch)
  return new Map([...refs].filter(([name]) => name !== own && /^refs\/(heads|remotes|tags)\//.test(name)))
}

/** The name of a branch's ref, as `Refs` have it. */
export function branchRef(branch: string): string {
  return bytesOf(`refs/heads/${branch}`)
}

/** A name as `Refs` have it. */
export function bytesOf(name: string): string {
  return Buffer.from(name).toString('latin1')
}

/** One a line, as git keeps them packed (latin1). */
export function refsText(refs: Refs): string {
  return [...refs].map(([name, object]) => `${object} ${name}\n`).join('')
}

/** The object, in the repository, that says what a clone was given: what still stands so is nobody's work. */
export async function givenObject(git: Git, given: Refs): Promise<string> {
  const kept = await git.run(['hash-object', '-w', '--stdin'], { input: refsText(given) })
  if (!kept.ok) throw new Error(kept.detail)
  return kept.out.trim()
}

export async function mirroredIn(git: Git, folder: string): Promise<Refs> {
  const kept = await git.run(['cat-file', 'blob', mirroredRef(folder)])
  return refsFrom(kept.ok ? kept.out.split('\n').filter((line) => line !== '') : [])
}

/**
 * Gives a clone what has become of the repository's other branches and tags since. Those that the session has moved or
 * taken away, and the one that it has checked out, are its own. `theirs`, `there`: the refs of both.
 */
export async function refresh(
  { folder, branch }: Worktree,
  repository: Repository,
  { theirs, there, ground }: { readonly theirs: Refs; readonly there: Refs; readonly ground: RepositoryGround },
): Promise<void> {
  const { git, objects } = repository
  const now = givenOf(theirs, branch)
  if (theirs.get(bytesOf(mirroredRef(folder))) === idOf(now)) return
  const given = await mirroredIn(git, folder)
  const head = /^ref: (.+)\n/.exec((await smallFile(join(folder, '.git', 'HEAD'))) ?? '')?.[1]
  const lines: string[] = []
  for (const name of new Set([...now.keys(), ...given.keys()])) {
    const [wanted, before, has] = [now.get(name), given.get(name), there.get(name)]
    if (wanted === has || name === head) continue
    if (has === undefined && before === undefined && wanted !== undefined) lines.push(`create ${name} ${wanted}`)
    if (has === undefined || has !== before) continue
    lines.push(wanted === undefined ? `delete ${name} ${has}` : `update ${name} ${wanted} ${has}`)
  }
  if (lines.length > 0) {
    const own = join(folder, '.git')
    if (await hasLinks(join(own, 'refs'))) throw new Error('refs of the clone are links')
    const folders = { top: folder, own, common: own }
    const writer = await gitDirOver({
      folders,
      tools: ground,
      borrows: objects,
      isClone: true,
      writes: true,
    })
    const input = lines.map((line) => `${line}\n`).join('')
    const moved = await closing(writer, ({ git: its }) => its.run(['update-ref', '--stdin'], { input }))
    if (!moved.ok) throw new Error(moved.detail)
  }
  await git.run(['update-ref', mirroredRef(folder), await givenObject(git, now)])
}

/** The name that git gives to what was given, in a repository with names of that length. */
function idOf(given: Refs): string {
  const text = Buffer.from(refsText(given), 'latin1')
  const isLong = [...given.values()].some((object) => object.length > 40)
  return createHash(isLong ? 'sha256' : 'sha1')
    .update(`blob ${text.length}\0`)
    .update(text)
    .digest('hex')
}

/** Through a link we would write somewhere else. */
async function hasLinks(folder: string): Promise<boolean> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries.some((entry) => !entry.isFile() && !entry.isDirectory())
}

function refsFrom(lines: readonly string[]): Refs {
  return new Map(lines.map((line) => [line.slice(line.indexOf(' ') + 1), line.slice(0, line.indexOf(' '))]))
}
