import { lstatSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import type { Session } from '../core/session.ts'

/** Where a session works, as far as its box has to know. Absolute paths. */
export type WorkFolder =
  /** A folder with all of its repository in it, if it has one. */
  | { readonly kind: 'plain'; readonly cwd: string }
  /** A part of a repository's own working tree. */
  | { readonly kind: 'part'; readonly cwd: string; readonly top: string; readonly store: string }
  /** A clone of the session's own, which reads the objects of the repository it was made from. */
  | { readonly kind: 'clone'; readonly cwd: string; readonly top: string; readonly stores: readonly string[] }
  /** A git worktree, which has its repository's whole store in common with it. */
  | { readonly kind: 'worktree'; readonly cwd: string; readonly top: string; readonly store: string }

/**
 * Looks where a session works. Nothing that an agent can write is believed: where the repository is comes from the
 * session's record.
 */
export function workFolderOf({ workdir, worktree }: Pick<Session, 'workdir' | 'worktree'>): WorkFolder {
  if (worktree !== null) {
    const { repository, folder: top, borrows } = worktree
    if (borrows === null) {
      const store = isFolder(join(repository, '.git')) ? join(repository, '.git') : repository
      return { kind: 'worktree', cwd: workdir, top, store }
    }
    // Big files (git-lfs) are looked for beside the objects.
    const large = borrows.map((objects) => join(dirname(objects), 'lfs', 'objects'))
    return { kind: 'clone', cwd: workdir, top, stores: [...borrows, ...large].filter(isFolder) }
  }
  for (let top = dirname(workdir); top.split(sep).length > 2; top = dirname(top))
    if (isFolder(join(top, '.git')) && !isFolder(join(workdir, '.git')))
      return { kind: 'part', cwd: workdir, top, store: join(top, '.git') }
  return { kind: 'plain', cwd: workdir }
}

/** A link is none: it may lead anywhere by the time it is followed. */
function isFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}
