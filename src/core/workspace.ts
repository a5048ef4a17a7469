import type { Result } from './desk.ts'

/** The folders sessions may work in. */
export interface Workspaces {
  /**
   * The absolute folder behind what a person typed (null: the first root), symlinks resolved; refused when it does not
   * exist or does not lie under a root.
   */
  resolve(typed: string | null): Promise<Result<string>>
  /** Folders under the roots that begin with what was typed, at most 25. */
  suggest(typed: string): Promise<readonly string[]>
}
