import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Worktree } from '../core/session.ts'
import type { Remains } from '../core/work.ts'
import { realFolder } from './containment.ts'
import { Git } from './git.ts'

/** In a worktree's git folder while something has been begun and not ended. */
const openDeeds = ['MERGE_HEAD', 'CHERRY_PICK_HEAD', 'REVERT_HEAD', 'BISECT_LOG', 'rebase-merge', 'rebase-apply']

/**
 * Removes a worktree and its branch when nothing would be lost by it: clean, nothing untracked, and what is checked out
 * in it and its branch both part of another branch (or of what the repository has checked out). Otherwise it stays.
 */
export async function tidy(worktree: Worktree, ceilings: readonly string[]): Promise<Remains> {
  const { folder, repository, branch } = worktree
  if ((await realFolder(folder)) === null) return { kind: 'gone' }
  const inside = await new Git(folder, ceilings).quietened()
  const where = await inside.word(['rev-parse', '--show-toplevel', '--absolute-git-dir'])
  const [top, own = ''] = where?.split('\n') ?? []
  if (top !== folder) return { kind: 'kept', why: 'unknown' }
  const why = await reasonToKeep(inside, worktree, own)
  if (why !== null) return { kind: 'kept', why }
  const outside = inside.in(repository)
  const ref = `refs/heads/${branch}`
  const tip = await inside.word(['rev-parse', '--verify', '--quiet', ref])
  // Without --force, so git looks once more itself.
  if (!(await outside.says(['worktree', 'remove', folder]))) return { kind: 'kept', why: 'unknown' }
  // Only if it is still where it was when we looked.
  if (tip !== null) await outside.run(['update-ref', '-d', ref, tip])
  return { kind: 'removed' }
}

async function reasonToKeep(
  git: Git,
  { folder, branch }: Worktree,
  own: string,
): Promise<Extract<Remains, { kind: 'kept' }>['why'] | null> {
  const status = await git.run(['status', '--porcelain', '-z', '--untracked-files=all', '--ignore-submodules=dirty'])
  if (!status.ok) return 'unknown'
  if (status.out !== '' || (await hasFilledSubmodule(git, folder))) return 'uncommitted'
  for (const deed of openDeeds) if (await isThere(join(own, deed))) return 'unfinished'
  const commits = await Promise.all(
    ['HEAD', `refs/heads/${branch}`].map((tip) => git.word(['rev-parse', '--verify', '--quiet', `${tip}^{commit}`])),
  )
  for (const commit of new Set(commits)) {
    // No commit there: a branch that was never begun.
    if (commit !== null && !(await isElsewhere(git, commit, branch))) return 'unmerged'
  }
  return null
}

/** We never fill a submodule's folder, and git's status does not look into one that is not set up. */
async function hasFilledSubmodule(git: Git, top: string): Promise<boolean> {
  const staged = await git.run(['ls-files', '--stage', '-z'])
  if (!staged.ok) return true
  const links = staged.out.split('\0').filter((line) => line.startsWith('160000 '))
  for (const line of links) {
    const path = Buffer.from(line.slice(line.indexOf('\t') + 1), 'latin1')
    const inside = await readdir(Buffer.concat([Buffer.from(`${top}/`), path])).catch(() => [])
    if (inside.length > 0) return true
  }
  return false
}

/** Whether a commit is part of something that stays. */
async function isElsewhere(git: Git, commit: string, branch: string): Promise<boolean> {
  const refs = await git.word(['for-each-ref', '--format=%(refname)', `--contains=${commit}`])
  if (refs === null) return false
  const others = refs.split('\n').filter((ref) => ref !== '' && ref !== `refs/heads/${branch}`)
  if (others.length > 0) return true
  const main = await git.word(['rev-parse', '--path-format=absolute', '--git-common-dir'])
  // A detached head of the repository itself: `main-worktree/` names it from within any worktree.
  return main !== null && (await git.says(['merge-base', '--is-ancestor', commit, 'main-worktree/HEAD']))
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
