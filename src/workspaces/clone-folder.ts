import { copyFile, lstat, mkdir, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { configText, formOf, handedOnOf, readConfig, type GitConfig } from './git-config.ts'
import { copyOf } from './git-dir.ts'
import type { Git } from './git.ts'
import type { Worktree } from '../core/session.ts'
import { bytesOf, givenObject, givenOf, refsText, type Refs } from './mirrored-refs.ts'
import { baseRef, mirroredRef, takenRef, type RepositoryGround, type Repository } from './repository.ts'

/** What clones are made with. */
export interface CloneGround extends RepositoryGround {
  /** The operator's home: where git keeps who commits. */
  readonly home: string
}

export const makingOf = (folder: string): string => join(dirname(folder), `.${basename(folder)}.making`)
export const removingOf = (folder: string): string => join(dirname(folder), `.${basename(folder)}.removing`)

/** In a working tree's git folder while something has been begun and not ended. */
export const openDeeds = ['MERGE_HEAD', 'CHERRY_PICK_HEAD', 'REVERT_HEAD', 'BISECT_LOG', 'rebase-merge', 'rebase-apply']

/** Refs as the repository has them, so that an agent can compare with them and merge them; its objects by reference. */
export async function writeGitFolder(repository: Repository, own: string, head: string, refs: Refs): Promise<void> {
  const { objects, dir, folders } = repository
  for (const path of ['objects/info', 'objects/pack', 'refs/heads', 'refs/tags', 'info'])
    await mkdir(join(own, path), { recursive: true })
  await writeFile(join(own, 'HEAD'), head)
  await writeFile(join(own, 'config'), configText(formFor(dir.config)))
  await writeFile(join(own, 'objects', 'info', 'alternates'), objects.map((path) => `${path}\n`).join(''))
  await copyOf(join(folders.common, 'info', 'exclude'), join(own, 'info', 'exclude'))
  const shallow = join(folders.common, 'shallow')
  if ((await lstat(shallow).catch(() => null)) !== null) await copyFile(shallow, join(own, 'shallow'))
  await writeFile(join(own, 'packed-refs'), refsText(givenOf(refs, '')), 'latin1')
}

/**
 * Gives a clone what of the repository's configuration an agent needs (see `handedOnOf`), and of the operator's own where
 * the agent's git cannot read that itself, because it is in a box.
 */
export async function handOn({ dir, top, git }: Repository, own: string, ground: CloneGround): Promise<void> {
  const config = new Map(formFor(dir.config))
  const isBoxed = ground.confinement.level().boxed
  const files = isBoxed ? ['.config/git/config', '.gitconfig'].map((name) => join(ground.home, name)) : []
  for (const file of files)
    for (const [name, values] of handedOnOf((await readConfig(git, file)) ?? new Map(), ground.home))
      config.set(name, values)
  for (const [name, values] of handedOnOf(dir.config, top)) config.set(name, values)
  await writeFile(join(own, 'config'), configText(config))
}

function formFor(config: GitConfig): GitConfig {
  const form = new Map(formOf(config))
  // Ours are always kept as files; a repository with forms of its own needs the newer version.
  form.delete('extensions.refstorage')
  form.set('core.repositoryformatversion', [form.has('extensions.objectformat') ? '1' : '0'])
  form.set('core.bare', ['false'])
  form.delete('core.sharedrepository')
  return form
}

/** What is known of a clone in its repository from the beginning. */
export interface Beginning {
  /** The commit it begins at; null: the repository has none. */
  readonly start: string | null
  /** Where its branch is in the repository; null: nowhere. */
  readonly tip: string | null
  readonly refs: Refs
}

/** Keeps what the clone stands on from being taken away in the repository, and what it was given there. */
export async function remember(
  git: Git,
  { folder, branch }: Pick<Worktree, 'folder' | 'branch'>,
  { start, tip, refs }: Beginning,
): Promise<void> {
  const empty = start ?? (await git.run(['hash-object', '-t', 'tree', '-w', '--stdin'], { input: '' }))
  if (typeof empty !== 'string' && !empty.ok) throw new Error(empty.detail)
  const base = typeof empty === 'string' ? empty : empty.out.trim()
  const input = [
    `update ${baseRef(folder)} ${base}`,
    tip === null ? `delete ${takenRef(folder)}` : `update ${takenRef(folder)} ${tip}`,
    `update ${mirroredRef(folder)} ${await givenObject(git, givenOf(refs, branch))}`,
    '',
  ]
  const kept = await git.run(['update-ref', '--stdin'], { input: bytesOf(input.join('\n')) })
  if (!kept.ok) throw new Error(kept.detail)
}
