import type { LinePlace } from './chat.ts'
import type { Clock } from './clock.ts'
import type { Asked, Request, Stopped } from './desk.ts'
import type { Gate } from './gate.ts'
import type { Health } from './health.ts'
import type { PromptKey, RunId } from './ids.ts'
import type { Journal } from './journal.ts'
import type { Log } from './log.ts'
import type { Person } from './person.ts'
import type { Rights } from './right.ts'
import type { Skills } from './skill.ts'
import type { Vault } from './vault.ts'
import type { Wallboard } from './wallboard.ts'

/** What features are handed: the doors of everything there is. Each takes what it needs and names it in its type. */
export interface Doors {
  readonly gate: Gate
  readonly journal: Journal
  readonly vault: Vault
  readonly skills: Skills
  readonly clock: Clock
  readonly log: Log
  /** One request to the session of a place: see `Desk.ask`. */
  readonly ask: (request: Request) => Promise<Asked>
  /** Stops a run, or takes it out of the queue; nobody is asked whether they may. Null: it is over. */
  readonly stopRun: (run: RunId, by: string | null) => Promise<Stopped | null>
  /** Where a waiting run stands; null: it is about to start. */
  readonly line: (run: RunId) => LinePlace | null
  /**
   * Puts up the board of a channel, or moves it to the end. 'gone': nothing can be written there; 'later': it will
   * stand there as soon as Discord takes it.
   */
  readonly putUpBoard: (place: Wallboard['place'], by: Person, key: PromptKey) => Promise<'stands' | 'gone' | 'later'>
  /** Looks at everything once. */
  readonly health: () => Promise<Health>
  /** Every right there is, of all features; asked for when it is needed. */
  readonly rights: () => Rights
}
