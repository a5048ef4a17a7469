import { code, plain } from '../core/markdown.ts'
import { folder } from '../core/paths.ts'
import type { Session, Worktree } from '../core/session.ts'
import type { BranchLeft } from '../core/work.ts'
import type { ObeyedFiles } from '../core/workspace.ts'

/** What a session has committed did not come into its repository, in English. */
export function branchLeft(session: Session, worktree: Worktree, left: BranchLeft, home: string | null): string {
  const branch = code(worktree.branch, 80)
  const repository = folder(worktree.repository, home)
  return (
    `⚠ What **${plain(session.name)}** has committed is not on ${branch} in ${repository} yet: ${reason(left)} ` +
    `It is safe in ${folder(worktree.folder, home)}.`
  )
}

function reason({ why, detail }: BranchLeft): string {
  switch (why) {
    case 'moved':
      return 'the branch was changed there by somebody else, and I do not overwrite that. Rename or delete it there; I try again after the next turn.'
    case 'checked-out':
      return 'the branch is checked out there. Switch to another one; I try again after the next turn.'
    case 'failed':
      return `git said ${code(detail, 300)}. I try again after the next turn.`
  }
}

/** So many files are named. */
const namedUpTo = 12

/** What a session has committed waits for an owner, in English. `by`: who has consented to it. */
export function branchHeld(session: Session, worktree: Worktree, paths: readonly string[], by: string | null): string {
  const branch = code(worktree.branch, 80)
  const name = plain(session.name)
  const head =
    by === null
      ? `⚠ What **${name}** has committed changes files that other programs obey later. An owner decides whether it comes to ${branch}:`
      : `✓ What **${name}** has committed came to ${branch}, by @${plain(by, 60)}, with these files that other programs obey later:`
  const foot = by === null ? ['`/diff` shows all of it. Until then it stays in the session.'] : []
  return [head, ...listed(paths), ...foot].join('\n')
}

/** A session works in a folder itself, where nothing waits for an owner, in English. */
export function obeyedChanged(session: Session, { paths, cut }: ObeyedFiles, home: string | null): string {
  const where = folder(session.workdir, home)
  const head = `⚠ While **${plain(session.name)}** was at work, files changed in ${where} that other programs obey later. Nothing holds them back there, so look at them:`
  return [head, ...listed(paths), ...(cut ? ['The folder is too big to look through: there may be more.'] : [])].join(
    '\n',
  )
}

/** A card that asks about commits is of no more use, in English. */
export function branchOver(session: Session): string {
  return `Nothing is left to decide here: what **${plain(session.name)}** had committed came over with something else, or is no longer there.`
}

function listed(paths: readonly string[]): readonly string[] {
  const more = paths.length - namedUpTo
  const files = paths.slice(0, namedUpTo).map((path) => `- ${code(path, 100)}`)
  return more > 0 ? [...files, `- and ${more} more`] : files
}
