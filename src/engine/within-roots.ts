import { isAbsolute } from 'node:path'
import type { Workspaces } from '../core/workspace.ts'

/**
 * The first folder of what is given (sessions, worktrees, wishes) that does not lie under a root which this machine's own
 * operator has named (OMC_PROJECT_ROOTS); null: none. Whoever has the database's password can write whatever folder into it.
 */
export async function beyondRoots(
  workspaces: Pick<Workspaces, 'resolve'>,
  given: readonly unknown[],
): Promise<string | null> {
  for (const path of given.flatMap(foldersIn)) {
    if (!isAbsolute(path)) return path
    const found = await workspaces.resolve(path)
    if (!found.ok && found.refusal.code === 'workdir-outside') return path
  }
  return null
}

/** The folders that it works in, and those it reads a repository's objects from. */
function foldersIn(argument: unknown): readonly string[] {
  if (typeof argument !== 'object' || argument === null) return []
  if (Array.isArray(argument)) return argument.flatMap(foldersIn)
  const { workdir, worktree, folder, repository, borrows } = argument as Readonly<Record<string, unknown>>
  const own = [workdir, folder, repository, ...(Array.isArray(borrows) ? borrows : [])]
  return [...own.filter((path) => typeof path === 'string'), ...foldersIn(worktree)]
}
