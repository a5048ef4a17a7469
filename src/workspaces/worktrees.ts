import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { messageOf, type Refusal } from '../core/failure.ts'
import type { Worktree } from '../core/session.ts'
import { liesUnder, realFolder } from './containment.ts'
import type { Git } from './git.ts'
import type { Repository } from './repository.ts'

/** Beside the repository; inside of it when the repository is itself a root, because beside it is not ours. */
export const worktreesName = '.omc-worktrees'
/** A big repository's first checkout takes its time. */
const checkoutMs = 10 * 60_000
const mostTries = 9

export interface Made {
  readonly worktree: Worktree
  /** It was there already, with what an earlier session of this name had left in it. */
  readonly takenUp: boolean
}

/** One line of `git worktree list`. */
interface Listed {
  readonly path: string
  readonly branch: string | null
  /** git died while it was making it: what is there is half a checkout. */
  readonly halfMade: boolean
}

/**
 * A worktree for a session of this name: the one an earlier session left, or a new one on `omc/<name>` from what the
 * folder's working tree has checked out. `inUse`: folders of worktrees that live sessions work in.
 * Nothing that is there is ever moved, overwritten or removed: where something stands in the way, `<name>-2` is taken.
 */
export async function makeWorktree(
  repository: Repository,
  name: string,
  roots: readonly string[],
  inUse: readonly string[],
): Promise<Made | Refusal> {
  const { git, main } = repository
  const place = join(placeFor(main, roots), worktreesName)
  const home = join(place, basename(main, '.git'))
  try {
    await mkdir(home, { recursive: true })
    // A link that somebody laid there would lead the worktree out of the roots.
    if ((await realFolder(home)) !== home) return failed(`${home} is a link`)
    // It ignores itself: the repository around it (if there is one) does not see it, and is not changed for that.
    await writeFile(join(place, '.gitignore'), '*\n', { flag: 'wx' }).catch(unlessThere)
  } catch (error) {
    return failed(messageOf(error))
  }
  const listed = await list(git)
  for (let nth = 1; nth <= mostTries; nth++) {
    const called = nth === 1 ? name : `${name}-${nth}`
    const folder = join(home, called)
    if (inUse.includes(folder)) continue
    const made = await makeOne(repository, folder, await branchFor(git, called), listed)
    if (made !== null) return made
  }
  return failed(`${join(home, name)} is in the way`)
}

/** Null: something stands in the way there. */
async function makeOne(
  repository: Repository,
  folder: string,
  branch: string,
  listed: readonly Listed[],
): Promise<Made | Refusal | null> {
  const { main, git } = repository
  const known = listed.find(({ path }) => path === folder)
  const there = await contentOf(folder)
  if (known?.halfMade === false && there === 'full') {
    if ((await git.in(folder).word(['rev-parse', '--show-toplevel'])) !== folder) return null
    const on = known.branch ?? branch
    const base = await baseOf(repository, git.in(folder), 'HEAD')
    return { worktree: { repository: main, folder, branch: on, base }, takenUp: true }
  }
  if (there === 'full' || known?.halfMade === true) return null
  const elsewhere = listed.find((each) => each.branch === branch && each.path !== folder)
  if (elsewhere !== undefined) return null
  const made = await add(repository, folder, branch)
  if (typeof made === 'string') return failed(made)
  return { worktree: { repository: main, folder, branch, base: made.base }, takenUp: made.takenUp }
}

/** A string: why git would not. */
async function add(
  repository: Repository,
  folder: string,
  branch: string,
): Promise<{ readonly base: string | null; readonly takenUp: boolean } | string> {
  const { git, head } = repository
  // -f: one that was deleted behind git's back may be made again; nobody has this folder or branch (see makeOne).
  const into = ['worktree', 'add', '-f', '--quiet']
  const ref = `refs/heads/${branch}`
  const tip = await git.word(['rev-parse', '--verify', '--quiet', `${ref}^{commit}`])
  if (tip === null && head === null) return addUnborn(repository, folder, branch)
  if (tip === null) {
    const added = await git.run([...into, '--no-track', '-b', branch, folder, head ?? 'HEAD'], {
      timeoutMs: checkoutMs,
    })
    return added.ok ? { base: head, takenUp: false } : added.detail
  }
  // A branch with nothing of its own goes on from what is checked out now.
  const isMerged = head !== null && (await git.says(['merge-base', '--is-ancestor', tip, head]))
  if (isMerged && tip !== head) await git.run(['update-ref', '-m', 'omc: session', ref, head, tip])
  const added = await git.run([...into, folder, branch], { timeoutMs: checkoutMs })
  if (!added.ok) return added.detail
  return { base: isMerged ? head : await baseOf(repository, git, ref), takenUp: !isMerged }
}

/** No commits yet: a worktree on a branch that its first commit will make. (`--orphan` is newer than many gits.) */
async function addUnborn(
  { git }: Repository,
  folder: string,
  branch: string,
): Promise<{ readonly base: null; readonly takenUp: false } | string> {
  const nobody = { NAME: 'omc', EMAIL: 'omc@localhost', DATE: '@0 +0000' }
  const env = Object.fromEntries(
    Object.entries(nobody).flatMap(([what, value]) => [
      [`GIT_AUTHOR_${what}`, value],
      [`GIT_COMMITTER_${what}`, value],
    ]),
  )
  const tree = await git.run(['mktree'], { input: '' })
  if (!tree.ok) return tree.detail
  const commit = await git.run(['commit-tree', '-m', 'nothing', tree.out.trim()], { env })
  if (!commit.ok) return commit.detail
  const added = await git.run(['worktree', 'add', '-f', '--quiet', '--detach', folder, commit.out.trim()])
  if (!added.ok) return added.detail
  const turned = await git.in(folder).run(['symbolic-ref', 'HEAD', `refs/heads/${branch}`])
  return turned.ok ? { base: null, takenUp: false } : turned.detail
}

function placeFor(main: string, roots: readonly string[]): string {
  return liesUnder(dirname(main), roots) ? dirname(main) : main
}

/** With a branch called `omc` there can be none below it. */
async function branchFor(git: Git, name: string): Promise<string> {
  return (await git.says(['show-ref', '--verify', '--quiet', 'refs/heads/omc'])) ? `omc-${name}` : `omc/${name}`
}

/** Where the work of a branch parted from what is checked out in the repository; null: it has all of it to itself. */
async function baseOf({ head }: Repository, git: Git, tip: string): Promise<string | null> {
  return head === null ? null : ((await git.word(['merge-base', head, tip])) ?? null)
}

async function list(git: Git): Promise<readonly Listed[]> {
  const told = (await git.word(['worktree', 'list', '--porcelain'])) ?? ''
  return told.split('\n\n').flatMap((block) => {
    const path = /^worktree (.*)$/m.exec(block)?.[1]
    const branch = /^branch refs\/heads\/(.*)$/m.exec(block)?.[1] ?? null
    return path === undefined ? [] : [{ path, branch, halfMade: /^locked initializing$/m.test(block) }]
  })
}

async function contentOf(folder: string): Promise<'full' | 'empty' | 'none'> {
  const real = await realFolder(folder)
  if (real === null) return 'none'
  // Through a link it is somebody else's.
  if (real !== folder) return 'full'
  return (await readdir(folder)).length > 0 ? 'full' : 'empty'
}

function unlessThere(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
}

function failed(detail: string): Refusal {
  return { code: 'worktree-failed', detail }
}
