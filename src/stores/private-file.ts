import { chmodSync, closeSync, existsSync, openSync } from 'node:fs'
import { Problem } from '../core/failure.ts'
import { isForAPerson } from '../system/world-error.ts'

/**
 * Makes a file for its owner alone, and keeps it so: prompts and answers are nobody else's business, and SQLite gives the
 * files beside it the same mode. One that is there is not opened: closing it again would free a lock on it.
 * @throws {Problem} `refused` when only a person can mend it, else `wire`.
 */
export function makePrivate(path: string): void {
  try {
    if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600))
    chmodSync(path, 0o600)
  } catch (error) {
    const text = `${path} cannot be written; check the rights of the data folder and its disk.`
    throw new Problem(isForAPerson(error) ? 'refused' : 'wire', text, { cause: error })
  }
}
