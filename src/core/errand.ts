import { Problem } from './failure.ts'
import type { WorkerId } from './ids.ts'

/** What answers one kind of errand. What it throws is told to whoever asked. */
export type ErrandHandler = (given: unknown) => Promise<unknown>

/**
 * What the bot (null) and its machines ask of each other that is no event of a run. Everything goes through the database, so
 * nobody needs an address of the other.
 *
 * Contract: handlers may be called again for the same errand, after a death. What is given and answered is JSON.
 */
export interface Errands {
  /**
   * Asks, and waits so long at the most, and for no machine that is not there. Rejects with a `wire` problem when nobody has
   * answered.
   */
  ask(to: WorkerId | null, what: string, given: unknown, withinMs: number): Promise<unknown>
  /** Has something done as soon as the other side is there, however long that takes. Kept when it resolves. */
  leave(to: WorkerId | null, what: string, given: unknown): Promise<void>
  /** Answers what comes for this side, one beside the other. */
  serve(as: WorkerId | null, handlers: Readonly<Record<string, ErrandHandler>>): Disposable
}

/** Where there are no machines beside the bot's own. */
export const noErrands: Errands = {
  ask: () => Promise.reject(new Problem('wire', 'There are no other machines on SQLite.')),
  leave: () => Promise.resolve(),
  serve: () => ({ [Symbol.dispose]: () => {} }),
}
