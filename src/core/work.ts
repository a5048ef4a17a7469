/**
 * What became of a worktree. `unfinished`: a merge, rebase or the like stands open; `stashed`: something was put aside;
 * `unknown`: git would not say.
 */
export type Remains =
  | { readonly kind: 'removed' }
  | { readonly kind: 'gone' }
  | { readonly kind: 'kept'; readonly why: 'uncommitted' | 'unmerged' | 'unfinished' | 'stashed' | 'unknown' }

/**
 * Whether the branch of a session's clone stands in the repository as it stands in the clone. `moved`: somebody has
 * moved it there; `checked-out`: somebody works on it there; `failed`: git would not.
 */
export type TakenBack =
  | { readonly kind: 'same' }
  | { readonly kind: 'taken'; readonly commit: string }
  | BranchHeld
  | BranchLeft

/** Commits that wait for an owner, because they change files that others obey (core/obeyed.ts). */
export interface BranchHeld {
  readonly kind: 'held'
  /** The commit that the branch stands at in the clone. */
  readonly commit: string
  /** Those files, from the top of the repository. */
  readonly paths: readonly string[]
}

/** The branch of a session's clone that could not be brought into the repository. */
export interface BranchLeft {
  readonly kind: 'left'
  readonly why: 'moved' | 'checked-out' | 'failed'
  /** The commit that the branch stands at in the clone; null: that could not be read. */
  readonly commit: string | null
  readonly detail: string
}

/** What a session has changed, against where its work began. */
export interface Diff {
  /** The commit it is against; null: against nothing, the repository had no commit. */
  readonly base: string | null
  readonly files: readonly DiffFile[]
  /** A patch that `git apply` takes; '' when nothing changed. */
  readonly patch: string
  /** There was more than the patch holds. */
  readonly cut: boolean
}

/** One changed file of a diff. */
export interface DiffFile {
  /** Relative to the top of the working tree. */
  readonly path: string
  /** Lines; null: the file is no text, or too big to be compared. */
  readonly lines: { readonly added: number; readonly removed: number } | null
}
