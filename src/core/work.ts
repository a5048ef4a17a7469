/** What became of a worktree. `unfinished`: a merge, rebase or the like stands open; `unknown`: git would not say. */
export type Remains =
  | { readonly kind: 'removed' }
  | { readonly kind: 'gone' }
  | { readonly kind: 'kept'; readonly why: 'uncommitted' | 'unmerged' | 'unfinished' | 'unknown' }

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
