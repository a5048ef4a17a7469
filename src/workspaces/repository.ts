import { basename, dirname } from 'node:path'
import { liesUnder, realFolder } from './containment.ts'
import { Git, type GitAnswer } from './git.ts'

/** The git repository that a folder lies in. */
export interface Repository {
  /** Top of the working tree that the folder lies in; of a bare repository, its folder. */
  readonly top: string
  /** Top of the repository's first working tree: worktrees are named and placed by it. */
  readonly main: string
  /** From the top to the folder: '' or `packages/cart/`. */
  readonly prefix: string
  /** The commit that is checked out there; null: none yet. */
  readonly head: string | null
  /** git in the top folder, with the repository's filters off. */
  readonly git: Git
}

/** Null: the folder is no part of one. A string: it is, but git does not want to work with it, and why. */
export async function repositoryOf(folder: string, roots: readonly string[]): Promise<Repository | string | null> {
  // A repository above the roots (somebody's home under git) holds what sessions must not see.
  const bare = new Git(folder, roots.map(dirname))
  const asked = await inTree(bare, ['--show-toplevel', '--show-prefix'])
  if (!asked.ok) {
    if (asked.missing || asked.detail.startsWith('not a git repository')) return null
    return asked.detail.startsWith('this operation must be run in a work tree')
      ? bareOf(bare, folder, roots)
      : asked.detail
  }
  const [common = '', top = '', prefix = ''] = utf8(asked.out).split('\n')
  const real = await realFolder(top)
  // `core.worktree` leads elsewhere.
  if (real === null || !liesUnder(folder, [real])) return null
  if (!(await isOurs(common, roots))) return null
  const main = basename(common) === '.git' ? await realFolder(dirname(common)) : null
  return found(bare, { top: real, main: main ?? real, prefix })
}

/** A repository without a working tree; or the folder lies inside of `.git`, where there is nothing to branch from. */
async function bareOf(git: Git, folder: string, roots: readonly string[]): Promise<Repository | null> {
  const asked = await inTree(git, ['--is-bare-repository'])
  const [common = '', isBare] = asked.ok ? utf8(asked.out).split('\n') : []
  const real = isBare === 'true' && (await isOurs(common, roots)) ? await realFolder(common) : null
  if (real === null || !liesUnder(folder, [real])) return null
  return found(git, { top: real, main: real, prefix: '' })
}

/**
 * Whether what git keeps of it lies under the roots. A `.git` that anybody wrote may name a repository elsewhere, and a
 * worktree of that would bring its content into the session's reach.
 */
async function isOurs(common: string, roots: readonly string[]): Promise<boolean> {
  const real = await realFolder(common)
  return real !== null && liesUnder(real, roots)
}

function inTree(git: Git, what: readonly string[]): Promise<GitAnswer> {
  return git.run(['rev-parse', '--path-format=absolute', '--git-common-dir', ...what])
}

async function found(bare: Git, where: Pick<Repository, 'top' | 'main' | 'prefix'>): Promise<Repository> {
  const [git, head] = await Promise.all([
    bare.quietened(),
    bare.word(['rev-parse', '--verify', '--quiet', 'HEAD^{commit}']),
  ])
  return { ...where, head, git: git.in(where.top) }
}

/** Whether the repository knows the folder at all: one that it ignores or never took in is no part of its worktrees. */
export async function isKnown({ git, head, prefix }: Repository): Promise<boolean> {
  if (prefix === '' || head === null) return true
  return (await git.word(['ls-tree', '-d', head, '--', prefix.replace(/\/$/, '')])) !== ''
}

function utf8(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8')
}
