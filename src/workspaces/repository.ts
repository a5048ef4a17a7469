import { basename, dirname } from 'node:path'
import { realFolder } from './containment.ts'
import { Git } from './git.ts'

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
  const asked = await bare.run(['rev-parse', '--path-format=absolute', '--is-bare-repository', '--git-common-dir'])
  if (!asked.ok) return asked.missing || asked.detail.startsWith('not a git repository') ? null : asked.detail
  const [isBare, common = ''] = utf8(asked.out).split('\n')
  const git = await bare.quietened()
  const top = isBare === 'true' ? common : await git.word(['rev-parse', '--show-toplevel'])
  // Inside of .git, or `core.worktree` leads elsewhere: nothing that a session could branch from.
  const real = top === null ? null : await realFolder(top)
  if (real === null || (folder !== real && !folder.startsWith(`${real}/`))) return null
  const prefix = isBare === 'true' ? '' : ((await git.word(['rev-parse', '--show-prefix'])) ?? '')
  const main = isBare !== 'true' && basename(common) === '.git' ? await realFolder(dirname(common)) : null
  const head = await git.word(['rev-parse', '--verify', '--quiet', 'HEAD^{commit}'])
  return { top: real, main: main ?? real, prefix, head, git: git.in(real) }
}

/** Whether the repository knows the folder at all: one that it ignores or never took in is no part of its worktrees. */
export async function isKnown({ git, head, prefix }: Repository): Promise<boolean> {
  if (prefix === '' || head === null) return true
  return (await git.word(['ls-tree', '-d', head, '--', prefix.replace(/\/$/, '')])) !== ''
}

function utf8(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8')
}
