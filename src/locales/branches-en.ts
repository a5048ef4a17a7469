import { code, plain } from '../core/markdown.ts'
import { folder } from '../core/paths.ts'
import type { Session, Worktree } from '../core/session.ts'
import type { BranchLeft } from '../core/work.ts'

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
