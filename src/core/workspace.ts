import type { Result } from './desk.ts'
import type { Session, Worktree } from './session.ts'
import type { Diff, Remains, TakenBack } from './work.ts'

/** The folders sessions may work in. */
export interface Workspaces {
  /**
   * The absolute folder behind what a person typed (null: the first root), symlinks resolved; refused when it does not
   * exist or does not lie under a root.
   */
  resolve(typed: string | null): Promise<Result<string>>
  /** Folders under the roots that begin with what was typed, at most 25. */
  suggest(typed: string): Promise<readonly string[]>
  /**
   * Where a session of that name works, for a folder that `resolve` gave: in a git repository in a worktree of its own
   * (a clone that reads the repository's objects; made now, or taken up as an earlier session of this name left it),
   * unless `wish.worktree` is false.
   * `live`: the sessions there are; two never share a working tree of a repository.
   * Calling it again for a session that was not kept after all (a crash) takes up the same worktree.
   */
  open(wish: WorkspaceWish, live: readonly Session[]): Promise<Result<Workspace>>
  /**
   * Where a live session works after `/cd`: relative to where it works now, or as `resolve` means it. A folder of the
   * repository that its worktree was made from means the same folder in the worktree; one in another repository gets a
   * worktree of its own, as with `open`. The worktree that is left is the caller's to `close`.
   */
  move(session: Session, typed: string, others: readonly Session[]): Promise<Result<Workspace>>
  /**
   * Takes a worktree away that nobody works in any more, with its branch, when nothing in it is uncommitted, untracked,
   * put aside or unmerged. (Files that the repository ignores are not counted as work.) Anything else stays as it is.
   */
  close(worktree: Worktree): Promise<Remains>
  /**
   * Brings what was committed on a session's branch into the repository, where the branch is moved to it. Never over
   * what somebody has made of it there. Safe to call at any time, and again; never rejects.
   */
  takeBack(worktree: Worktree): Promise<TakenBack>
  /**
   * Makes a clone of a worktree that an earlier version made, with everything that is in it. Only while nobody works in
   * it. A string: why it stays as it is, in English. Never rejects.
   */
  renew(worktree: Worktree): Promise<Worktree | string>
  /** What a session has done, against where its work began. Reads only. */
  diff(session: Session): Promise<Result<Diff>>
  /** The worktrees of ours that are there and not among those of the live sessions, with the bytes they take. */
  leftovers(known: readonly Worktree[], live: readonly Session[]): Promise<readonly Leftover[]>
  /** Whether a folder lies under OMC_TRUSTED_ROOTS. */
  isTrusted(folder: string): Promise<boolean>
}

/** Where a session is to work. */
export interface WorkspaceWish {
  readonly name: string
  readonly folder: string
  readonly worktree: boolean
}

/** Where a session works. */
export interface Workspace {
  readonly workdir: string
  readonly worktree: Worktree | null
  /** Work of an earlier session of this name is in it. */
  readonly takenUp: boolean
  /** Folders of submodules that are empty, because the repository has nothing of them. */
  readonly emptySubmodules: readonly string[]
}

/** A worktree that no session works in any more. */
export interface Leftover {
  readonly folder: string
  readonly bytes: number
}
