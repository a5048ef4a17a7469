import type { EpochMs } from './clock.ts'
import type { Result } from './desk.ts'
import type { CommandContent } from './running.ts'
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
   * what somebody has made of it there, and not what changes files that others obey, unless `consent` is the name of that
   * very commit (its first 32 signs or more). Safe to call at any time, and again; never rejects.
   */
  takeBack(worktree: Worktree, consent?: string | null): Promise<TakenBack>
  /**
   * Makes a clone of a worktree that an earlier version made, with everything that is in it. Only while nobody works in
   * it. A string: why it stays as it is, in English. Never rejects.
   */
  renew(worktree: Worktree): Promise<Worktree | string>
  /** What a session has done, against where its work began. Reads only. */
  diff(session: Session): Promise<Result<Diff>>
  /**
   * What a command runs in a session's folder, or below it (`folder`, absolute), as it is now. Never rejects. Null: the machine
   * where that lies does not answer.
   */
  runs(workdir: string, command: string, folder: string | null): Promise<CommandContent | null>
  /**
   * What was changed since then of the files that others obey (core/obeyed.ts), where a session works in a folder itself. Never
   * rejects.
   */
  obeyedSince(session: Session, since: EpochMs): Promise<ObeyedFiles>
  /** A file of a session's folder, whole, at most so many bytes; no link is followed on the way. Else why not. */
  readFile(session: Session, path: string, most: number): Promise<Uint8Array | SessionFileNo>
  /** The worktrees of ours that are there and not among those of the live sessions, with the bytes they take. */
  leftovers(known: readonly Worktree[], live: readonly Session[]): Promise<readonly Leftover[]>
  /** Whether a folder lies under OMC_TRUSTED_ROOTS. */
  isTrusted(folder: string): Promise<boolean>
}

/** Files that others obey, from the top of a session's folder. */
export interface ObeyedFiles {
  readonly paths: readonly string[]
  /** The folder is too big to be looked through: there may be more. */
  readonly cut: boolean
}

/** Why a file of a session's folder is not read. `linked`: it has a second name, so it may be another place's. */
export type SessionFileNo = 'outside' | 'missing' | 'no-file' | 'linked' | 'too-large'

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
