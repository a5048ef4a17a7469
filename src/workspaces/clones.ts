import { lstat, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { messageOf, type Refusal } from '../core/failure.ts'
import { isSameName, type Worktree } from '../core/session.ts'
import { closing } from '../system/closing.ts'
import { removeTree } from '../system/remove-tree.ts'
import { handOn, makingOf, remember, writeGitFolder, type CloneGround } from './clone-folder.ts'
import { liesUnder, realFolder } from './containment.ts'
import { smallFile } from './git-config.ts'
import { copyOf } from './git-dir.ts'
import { branchRef, bytesOf, refsIn, type Refs } from './mirrored-refs.ts'
import { baseRef, cloneOf, worktreesName, type Repository } from './repository.ts'
import { fillSubmodules, moduleObjects } from './submodules.ts'
import { isReady, turnIntoClone, worktreeAt } from './worktrees.ts'

/** A big repository's first checkout takes its time. */
const checkoutMs = 10 * 60_000
const mostTries = 9
/** Beside a clone while it is made or taken away; nothing that a session works in. */
const unfinished = /^\..*\.(making|removing)$/

export interface Made {
  readonly worktree: Worktree
  /** It was there already, with what an earlier session of this name had left in it. */
  readonly takenUp: boolean
  /** Folders of submodules that stay empty, because what they hold is not on this machine. */
  readonly emptySubmodules: readonly string[]
}

/**
 * A clone for a session of this name: the one an earlier session left, or a new one on `omc/<name>` from what the
 * folder's working tree has checked out. `inUse`: folders that live sessions work in. It has refs, an index, objects and
 * a configuration of its own and reads the repository's objects, so nothing that is done in it can hurt the repository.
 * Nothing that is there is ever moved, overwritten or removed: where something stands in the way, `<name>-2` is taken.
 */
export async function makeClone(
  repository: Repository,
  name: string,
  ground: CloneGround,
  inUse: readonly string[],
): Promise<Made | Refusal> {
  const { main } = repository
  const place = join(placeFor(main, ground.roots), worktreesName)
  const home = join(place, basename(main, '.git'))
  try {
    await mkdir(home, { recursive: true })
    // A link that somebody laid there would lead the clone out of the roots.
    if ((await realFolder(home)) !== home) return failed(`${home} is a link`)
    // It ignores itself: the repository around it (if there is one) does not see it, and is not changed for that.
    await writeFile(join(place, '.gitignore'), '*\n', { flag: 'wx' }).catch(unlessThere)
    for (const left of await readdir(home))
      if (unfinished.test(left) && !(await isReady(join(home, left)))) await removeTree(join(home, left))
    const refs = await refsIn(repository.git)
    const taken = [...(await readdir(home)), ...branchesOf(refs)]
    for (let nth = 1; nth <= mostTries; nth++) {
      const called = nth === 1 ? name : `${name}-${nth}`
      const folder = join(home, called)
      if (inUse.includes(folder)) continue
      // On a disk that does not tell them apart, another's folder or branch would be taken for this one's.
      if (taken.some((each) => each !== called && isSameName(each, called))) continue
      const made = await makeOne(repository, folder, branchFor(refs, called), { refs, ground })
      if (made !== null) return made
    }
  } catch (error) {
    return failed(messageOf(error))
  }
  return failed(`${join(home, name)} is in the way`)
}

/** Null: something stands in the way there. */
async function makeOne(
  repository: Repository,
  folder: string,
  branch: string,
  { refs, ground }: { readonly refs: Refs; readonly ground: CloneGround },
): Promise<Made | null> {
  const { git, main, head, objects, folders } = repository
  const borrows = [...objects, ...(await moduleObjects(folders.common))]
  const record = (base: string | null): Worktree => ({ repository: main, folder, branch, base, borrows })
  const there = await contentOf(folder)
  if (there === 'full') {
    const old = await worktreeAt(repository, folder)
    if (old !== null && !old.halfMade) {
      const base = head === null || old.tip === null ? null : await git.word(['merge-base', head, old.tip])
      const worktree = { ...record(base), branch: old.branch ?? branch, borrows: null }
      const turned = await turnIntoClone(repository, worktree, ground)
      return { worktree: typeof turned === 'string' ? worktree : turned, takenUp: true, emptySubmodules: [] }
    }
    if (old !== null || !refs.has(bytesOf(baseRef(folder)))) return null
    return takeUp(repository, record(null), ground)
  }
  if (await isCheckedOut(repository, branch)) return null
  const tip = refs.get(branchRef(branch)) ?? null
  // A branch with nothing of its own goes on from what is checked out now.
  const isMerged = tip === null || (head !== null && (await git.says(['merge-base', '--is-ancestor', tip, head])))
  const start = isMerged ? head : tip
  const base = isMerged || head === null ? start : await git.word(['merge-base', head, start ?? ''])
  try {
    const emptySubmodules = await build(repository, folder, branch, { start, refs, ground })
    await remember(git, { folder, branch }, { start, tip, refs })
    await rename(makingOf(folder), folder)
    return { worktree: record(base), takenUp: !isMerged, emptySubmodules }
  } catch (error) {
    await removeTree(makingOf(folder))
    throw error
  }
}

/** A clone that an earlier session of that name has left. */
async function takeUp(repository: Repository, worktree: Worktree, ground: CloneGround): Promise<Made | null> {
  const { folder } = worktree
  const { head, objects } = repository
  const own = join(folder, '.git')
  if ((await realFolder(own)) !== own) return null
  // The repository may have been moved together with it.
  const alternates = join(own, 'objects', 'info', 'alternates')
  const borrowed = objects.map((path) => `${path}\n`).join('')
  if ((await smallFile(alternates)) !== Buffer.from(borrowed).toString('latin1')) {
    if ((await realFolder(dirname(alternates))) !== dirname(alternates)) return null
    await rm(alternates, { force: true })
    await writeFile(alternates, borrowed, { flag: 'wx' })
  }
  const clone = await cloneOf(folder, repository.objects, ground)
  if (clone === null) return null
  return closing(clone, async ({ git }) => {
    const base = head === null ? null : await git.word(['merge-base', head, 'HEAD'])
    return { worktree: { ...worktree, base }, takenUp: true, emptySubmodules: [] }
  })
}

/** Makes the clone beside its place, so that a death in between leaves nothing that is taken for one. */
async function build(
  repository: Repository,
  folder: string,
  branch: string,
  { start, refs, ground }: { readonly start: string | null; readonly refs: Refs; readonly ground: CloneGround },
): Promise<readonly string[]> {
  const { objects, dir, folders } = repository
  const making = makingOf(folder)
  const own = join(making, '.git')
  await removeTree(making)
  await writeGitFolder(repository, own, `ref: refs/heads/${branch}\n`, refs)
  if (start !== null) {
    await mkdir(dirname(join(own, 'refs', 'heads', branch)), { recursive: true })
    await writeFile(join(own, 'refs', 'heads', branch), `${start}\n`)
  }
  const git = repository.git.beside({
    cwd: making,
    environment: { GIT_DIR: own, GIT_WORK_TREE: making },
    mounts: [{ source: making, access: 'write' }, ...objects.map((source) => ({ source, access: 'read' as const }))],
  })
  const sparse = join(folders.own, 'info', 'sparse-checkout')
  if (dir.config.get('core.sparsecheckout')?.at(-1) === 'true')
    await copyOf(sparse, join(own, 'info', 'sparse-checkout'))
  if (start !== null) {
    const checkedOut = await git.run(['read-tree', '--reset', '-u', 'HEAD'], { timeoutMs: checkoutMs })
    if (!checkedOut.ok) throw new Error(checkedOut.detail)
  }
  const emptySubmodules = start === null ? [] : await fillSubmodules(git, making, repository, ground)
  // Last: a checkout that knew the operator's filters would run them.
  await handOn(repository, own, ground)
  return emptySubmodules
}

/** Whether a working tree of the repository has that branch checked out. */
export async function isCheckedOut({ folders }: Repository, branch: string): Promise<boolean> {
  const others = join(folders.common, 'worktrees')
  const own = await readdir(others).catch(() => [])
  for (const at of [folders.common, ...own.map((name) => join(others, name))]) {
    const head = Buffer.from((await smallFile(join(at, 'HEAD'))) ?? '', 'latin1').toString('utf8')
    if (head.trim() === `ref: refs/heads/${branch}`) return true
  }
  return false
}

function placeFor(main: string, roots: readonly string[]): string {
  return liesUnder(dirname(main), roots) ? dirname(main) : main
}

/** With a branch called `omc` there can be none below it. */
function branchFor(refs: Refs, name: string): string {
  return refs.has('refs/heads/omc') ? `omc-${name}` : `omc/${name}`
}

/** The sessions' branches, by what their sessions were called. */
function branchesOf(refs: Refs): readonly string[] {
  const names = [...refs.keys()].map((name) => Buffer.from(name, 'latin1').toString('utf8'))
  return names.flatMap((name) => /^refs\/heads\/omc[/-](.+)$/.exec(name)?.[1] ?? [])
}

async function contentOf(folder: string): Promise<'full' | 'empty' | 'none'> {
  const real = await realFolder(folder)
  if (real === null) return (await lstat(folder).catch(() => null)) === null ? 'none' : 'full'
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
