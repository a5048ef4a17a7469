import { basename, dirname, join, relative } from 'node:path'
import { closing } from '../system/closing.ts'
import { liesUnder, realFolder } from './containment.ts'
import { gitDirOver, type GitDir, type GitTools } from './git-dir.ts'
import { smallFile } from './git-config.ts'
import { findGit, mainOf, objectFolders, type GitFolders } from './git-folders.ts'
import { GitMissing, type Git } from './git.ts'

/** Beside the repository; inside of it when the repository is itself a root, because beside it is not ours. */
export const worktreesName = '.omc-worktrees'

/** Where sessions may work, symlinks resolved, and what git is boxed with. */
export interface RepositoryGround extends GitTools {
  readonly roots: readonly string[]
}

/** A git repository, looked at by a git folder of our own. */
export interface Repository extends AsyncDisposable {
  readonly folders: GitFolders
  /** Top of the working tree that was asked about; of a bare repository, its folder. */
  readonly top: string
  /** That working tree is a session's clone of the repository. */
  readonly isClone: boolean
  /** Top of the repository's first working tree: worktrees are named and placed by it. */
  readonly main: string
  /** From the top to the folder: '' or `packages/cart/`. */
  readonly prefix: string
  /** The commit that is checked out there; null: none yet. */
  readonly head: string | null
  /** Folders that hold its objects: its own, and those that it borrows from. */
  readonly objects: readonly string[]
  readonly git: Git
  readonly dir: GitDir
}

/**
 * The repository that a folder lies in; of a session's clone, the one that it was made from. Null: it lies in none.
 * `writes`: something in the repository is to be written.
 * @throws an Error in git's words: it is one, but cannot be worked with.
 */
export async function repositoryOf(
  folder: string,
  ground: RepositoryGround,
  writes = false,
): Promise<Repository | null> {
  try {
    return await lookFor(folder, ground, writes)
  } catch (error) {
    // Then it is a folder like any other.
    if (error instanceof GitMissing) return null
    throw error
  }
}

async function lookFor(folder: string, ground: RepositoryGround, writes: boolean): Promise<Repository | null> {
  const found = await findGit(folder, ground.roots)
  if (found === null) return null
  const top = found.top ?? found.own
  const prefix = relative(top, folder)
  const where = { top, prefix: prefix === '' ? '' : `${prefix}/` }
  const origin = await originOf(found, ground)
  if (origin !== null) return open(origin, { ...where, of: basename(top) }, ground, writes)
  const repository = await open(found, { ...where, of: null }, ground, writes)
  const { config } = repository.dir
  const isBare = isTrue(config.get('core.bare')?.at(-1))
  const [named] = config.get('core.worktree')?.slice(-1) ?? []
  // Its working tree is elsewhere, or it has none: what lies here is not what it keeps.
  const isElsewhere = named !== undefined && (await realFolder(resolveIn(found.own, named))) !== found.top
  if ((found.top === null) === isBare && !isElsewhere) return repository
  // A working tree of a bare repository.
  if (found.top !== null && found.own !== found.common) return repository
  await repository[Symbol.asyncDispose]()
  return null
}

/** The same for a session's worktree or clone, by its record: the repository itself. Null: it is no longer there. */
export async function repositoryAt(path: string, ground: RepositoryGround, writes = false): Promise<Repository | null> {
  const folders = (await realFolder(path)) === path ? await findGit(path, ground.roots) : null
  if (folders === null || (folders.top ?? folders.own) !== path) return null
  return open(folders, { top: path, prefix: '', of: null }, ground, writes)
}

/** A git folder over a session's clone, which reads these folders of objects. Null: there is none. */
export async function cloneOf(
  folder: string,
  borrows: readonly string[],
  tools: RepositoryGround,
): Promise<GitDir | null> {
  const own = join(folder, '.git')
  if ((await realFolder(own)) !== own) return null
  const folders = { top: folder, own, common: own }
  return gitDirOver({ folders, tools, borrows, isClone: true, writes: false })
}

/** What keeps what a session's clone stands on, while there is the clone. */
export const baseRef = (folder: string): string => `refs/omc/${basename(folder)}/base`
/** Where the session's branch in the repository was when we last put it there. */
export const takenRef = (folder: string): string => `refs/omc/${basename(folder)}/taken`

/** What its clone was given of the repository's refs. */
export const mirroredRef = (folder: string): string => `refs/omc/${basename(folder)}/mirrored`

/** Of a session's clone, the repository that it was made from, if that says so too. */
async function originOf({ top, own }: GitFolders, ground: RepositoryGround): Promise<GitFolders | null> {
  if (top === null || basename(dirname(dirname(top))) !== worktreesName) return null
  const [borrowed = ''] = (await smallFile(`${own}/objects/info/alternates`))?.split('\n') ?? []
  const objects = await realFolder(Buffer.from(borrowed, 'latin1').toString('utf8'))
  if (objects === null || !liesUnder(objects, ground.roots)) return null
  const common = dirname(objects)
  const folders = await findGit(basename(common) === '.git' ? dirname(common) : common, ground.roots)
  if (folders === null || folders.common !== common) return null
  return closing(await open(folders, { top, prefix: '', of: null }, ground, false), async ({ dir, git }) => {
    // Of a submodule it does not say where its working tree is.
    if (folders.top === null && !isTrue(dir.config.get('core.bare')?.at(-1))) return null
    return (await git.says(['show-ref', '--verify', '--quiet', baseRef(top)])) ? folders : null
  })
}

/** `of`: the name of the clone whose branch counts as checked out; null: the repository's own HEAD does. */
async function open(
  folders: GitFolders,
  { top, prefix, of }: { readonly top: string; readonly prefix: string; readonly of: string | null },
  ground: RepositoryGround,
  writes: boolean,
): Promise<Repository> {
  const objects = await objectFolders(folders.common, ground.roots)
  const dir = await gitDirOver({ folders, tools: ground, borrows: objects, isClone: false, writes })
  const { git } = dir
  try {
    const names = of === null ? ['HEAD'] : [`refs/heads/omc/${of}`, baseRef(of)]
    let head: string | null = null
    for (const name of names) head ??= await git.word(['rev-parse', '--verify', '--quiet', `${name}^{commit}`])
    const main = mainOf(folders)
    const isClone = of !== null
    return {
      folders,
      top,
      isClone,
      main,
      prefix,
      head,
      objects,
      git,
      dir,
      [Symbol.asyncDispose]: () => dir[Symbol.asyncDispose](),
    }
  } catch (error) {
    await dir[Symbol.asyncDispose]()
    throw error
  }
}

/** Whether the repository knows the folder at all: one that it ignores or never took in is no part of its worktrees. */
export async function isKnown({ git, head, prefix }: Repository): Promise<boolean> {
  if (prefix === '' || head === null) return true
  return (await git.word(['ls-tree', '-d', head, '--', prefix.replace(/\/$/, '')])) !== ''
}

function isTrue(value: string | undefined): boolean {
  return value !== undefined && /^(true|yes|on|1)$/i.test(value)
}

function resolveIn(folder: string, path: string): string {
  return path.startsWith('/') ? path : `${folder}/${path}`
}
