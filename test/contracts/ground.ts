import assert from 'node:assert/strict'
import type { Board } from '../../src/core/admission.ts'
import { Problem } from '../../src/core/failure.ts'
import type { RunId } from '../../src/core/ids.ts'
import type { Journal, Wake } from '../../src/core/journal.ts'
import type { Cursor } from '../../src/core/runtime.ts'
import type { Session } from '../../src/core/session.ts'
import type { Vault } from '../../src/core/vault.ts'
import { events, prompt } from '../stores/cast.ts'

/** A store on fresh ground. */
export interface StoreUnderTest extends AsyncDisposable {
  readonly journal: Journal
  readonly wake: Wake
  readonly vault: Vault
  /** Closes it and opens the same ground once more. */
  reopen(): Promise<StoreUnderTest>
}

export const never = (): null => null
export const everyone = (board: Board): readonly RunId[] => board.waiting.map((candidate) => candidate.run)
export const isBug = (error: unknown): boolean => error instanceof Problem && error.kind === 'bug'
export const cursor = (text: string): Cursor => text as Cursor

/** Adds a session that nothing stands in the way of. */
export async function keep(vault: Vault, session: Session): Promise<Session> {
  assert.equal(await vault.addSession(session), 'added')
  return session
}

/** Brings a run of an idle session to `running`. */
export async function begin(
  store: StoreUnderTest,
  run: RunId,
  to: Session,
  key: string,
  reached?: Cursor,
): Promise<void> {
  await store.journal.ask(run, prompt(key, to), 0, never)
  await store.journal.claim(() => [run], 0)
  await store.journal.append(run, [events.started], 0, reached === undefined ? {} : { cursor: reached })
}
