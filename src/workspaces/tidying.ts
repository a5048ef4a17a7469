import { lstat, rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { Checkpoint } from '../core/checkpoint.ts'
import type { Worktree } from '../core/session.ts'
import type { Remains } from '../core/work.ts'
import { closing } from '../system/closing.ts'
import { removeTree } from '../system/remove-tree.ts'
import { openDeeds, removingOf, type CloneGround } from './clone-folder.ts'
import { realFolder } from './containment.ts'
import type { GitDir } from './git-dir.ts'
import { utf8 } from './git.ts'
import { bytesOf, mirroredIn, mostRefsOf, refsText } from './mirrored-refs.ts'
import { baseRef, cloneOf, mirroredRef, repositoryAt, takenRef, type Repository } from './repository.ts'
import { newInSubmodules } from './submodules.ts'
import { takeBack } from './taking-back.ts'
import { detachedHeads, turnIntoClone, worktreeAt } from './worktrees.ts'

/**
 * Removes a session's clone and its branch when nothing would be lost by it: clean, nothing untracked or put aside, and
 * every commit that has a name in it part of another branch of the repository (or of what that has checked out).
 * Otherwise it stays, and what was committed on its branch is in the repository.
 */
export async function tidy(worktree: Worktree, ground: CloneGround, checkpoint: Checkpoint): Promise<Remains> {
  if ((await realFolder(worktree.folder)) === null) return { kind: 'gone' }
  try {
    return await closing(await repositoryAt(worktree.repository, ground, true), async (repository) => {
      if (repository === null) return { kind: 'kept', why: 'unknown' }
      const { borrows } = worktree
      const isClone = borrows !== null || typeof (await turnIntoClone(repository, worktree, ground)) !== 'string'
      if (!isClone) return { kind: 'kept', why: await whyOld(repository, worktree) }
      await takeBack({ ...worktree, borrows: repository.objects }, ground, { checkpoint, consent: null })
      return closing(await cloneOf(worktree.folder, repository.objects, ground), async (clone) => {
        if (clone === null) return { kind: 'kept', why: 'unknown' }
        const why = await reasonToKeep(repository, clone, worktree, ground)
        return why === null ? remove(repository, worktree) : { kind: 'kept', why }
      })
    })
  } catch {
    return { kind: 'kept', why: 'unknown' }
  }
}

/** Why a git worktree of an earlier version, which could not be made a clone, stays. */
async function whyOld(repository: Repository, { folder }: Worktree): Promise<'unfinished' | 'unknown'> {
  const old = await worktreeAt(repository, folder)
  for (const deed of openDeeds) if (old !== null && (await isThere(join(old.own, deed)))) return 'unfinished'
  return 'unknown'
}

async function reasonToKeep(
  repository: Repository,
  clone: GitDir,
  worktree: Worktree,
  ground: CloneGround,
): Promise<Extract<Remains, { kind: 'kept' }>['why'] | null> {
  const { folder } = worktree
  const git = await clone.withIndex()
  const status = await git.run(['status', '--porcelain', '-z', '--untracked-files=all', '--ignore-submodules=dirty'])
  if (!status.ok) return 'unknown'
  if (status.out !== '') return 'uncommitted'
  const inside = await newInSubmodules(git, folder, repository, ground)
  if (inside !== null) return inside
  for (const deed of openDeeds) if (await isThere(join(folder, '.git', deed))) return 'unfinished'
  if (await git.says(['show-ref', '--verify', '--quiet', 'refs/stash'])) return 'stashed'
  return (await hasOwn(repository, clone, worktree)) ? 'unmerged' : null
}

/** Whether something that has a name in the clone has none in the repository but for the branch that goes with it. */
async function hasOwn(
  { git, dir, folders }: Repository,
  clone: GitDir,
  { folder, branch }: Worktree,
): Promise<boolean> {
  const names = ['for-each-ref', '--format=%(objectname) %(refname)']
  const most = await mostRefsOf({ folders })
  const [own, theirs] = await Promise.all([clone.git.run(names, { most }), git.word(names)])
  // There are more than can be looked at.
  if (!own.ok || own.cut || theirs === null) return true
  const mine = utf8(own.out)
  const ownRefs: readonly string[] = [`refs/heads/${branch}`, baseRef(folder), takenRef(folder), mirroredRef(folder)]
  const stay = linesOf(theirs).filter((line) => !ownRefs.includes(nameIn(line)))
  // What it was given, and has not touched, is nothing of its own, whatever has become of it in the repository.
  const given = linesOf(utf8(refsText(await mirroredIn(git, folder))))
  const known = new Set([...stay, ...given])
  const rest = linesOf(mine).filter((line) => !known.has(line))
  // A tag is a name that somebody gave; that its commit is elsewhere does not keep it.
  if (rest.some((line) => nameIn(line).startsWith('refs/tags/'))) return true
  const [outside, inside] = await Promise.all([dir, clone].map((each) => each.git.word(head)))
  const others = await detachedHeads(folders)
  // What a remote has is not lost with the clone.
  const remote = rest.filter((line) => nameIn(line).startsWith('refs/remotes/'))
  const tips = [...rest.filter((line) => !remote.includes(line)).map(objectIn), inside].filter(
    (each) => typeof each === 'string',
  )
  if (tips.length === 0) return false
  const not = [...[...stay, ...remote].map(objectIn), outside, ...others].filter((each) => typeof each === 'string')
  const input = [...new Set(tips), ...[...new Set(not)].map((tip) => `^${tip}`), ''].join('\n')
  const commits = await clone.git.run(['rev-list', '--max-count=1', '--stdin'], { input })
  return !commits.ok || commits.out !== ''
}

const head = ['rev-parse', '--verify', '--quiet', 'HEAD^{commit}']

async function remove({ git }: Repository, { folder, branch }: Worktree): Promise<Remains> {
  const ref = `refs/heads/${branch}`
  const tip = await git.word(['rev-parse', '--verify', '--quiet', ref])
  const removing = removingOf(folder)
  await removeTree(removing)
  await rename(folder, removing)
  const gone = [...(tip === null ? [] : [`${ref} ${tip}`]), baseRef(folder), takenRef(folder), mirroredRef(folder)]
  // Only if it is still where it was when we looked.
  await git.run(['update-ref', '--stdin'], { input: bytesOf(gone.map((each) => `delete ${each}\n`).join('')) })
  await removeTree(removing)
  return { kind: 'removed' }
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  )
}

const linesOf = (text: string): readonly string[] => text.split('\n').filter((line) => line !== '')
const nameIn = (line: string): string => line.slice(line.indexOf(' ') + 1)
const objectIn = (line: string): string => line.slice(0, line.indexOf(' '))
