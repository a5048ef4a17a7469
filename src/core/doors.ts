import type { Ask } from './ask.ts'
import type { LinePlace, Shown } from './chat.ts'
import type { LetterRules } from './chain.ts'
import type { Checkpoint } from './checkpoint.ts'
import type { Clock } from './clock.ts'
import type { Asked, Desk, Request, Stopped } from './desk.ts'
import type { Effect } from './effect.ts'
import type { Entry } from './event.ts'
import type { Features } from './feature.ts'
import type { Gate } from './gate.ts'
import type { Health } from './health.ts'
import type { Ids, PromptKey, RunId, RuntimeName } from './ids.ts'
import type { Journal } from './journal.ts'
import type { Log } from './log.ts'
import type { Locale, Person } from './person.ts'
import type { Prices } from './price.ts'
import type { Runtime } from './runtime.ts'
import type { Session } from './session.ts'
import type { Skills } from './skill.ts'
import type { Transcripts } from './transcript.ts'
import type { Vault } from './vault.ts'
import type { Wallboard } from './wallboard.ts'
import type { Workspaces } from './workspace.ts'

/** What features are handed: the doors of everything there is. Each takes what it needs and names it in its type. */
export interface Doors {
  readonly gate: Gate
  readonly journal: Journal
  readonly vault: Vault
  readonly transcripts: Transcripts
  readonly runtimes: ReadonlyMap<RuntimeName, Runtime>
  readonly workspaces: Workspaces
  readonly skills: Skills
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
  readonly checkpoint: Checkpoint
  /** The folder that paths are shown relative to; null: they are shown whole. */
  readonly home: string | null
  /** One request to the session of a place: see `Desk.ask`. */
  readonly ask: (request: Request) => Promise<Asked>
  /** Stops what runs in the place, or takes a waiting prompt of it out of the queue. */
  readonly stop: Desk['stop']
  /** The same for one run, by its button: see `Desk.stopRun`. */
  readonly stopByButton: Desk['stopRun']
  readonly steer: Desk['steer']
  readonly approval: Desk['approval']
  readonly answer: Desk['answer']
  /** An approval as it is now, as this person is to see it. */
  readonly showAsk: (ask: Ask, to: Person) => Shown
  /** Stops a run, or takes it out of the queue; nobody is asked whether they may. Null: it is over. */
  readonly stopRun: (run: RunId, by: string | null) => Promise<Stopped | null>
  /** Told of every new session. */
  readonly began: (session: Session, by: Person) => void
  /** Told of every session that has ended, when nothing of it runs any more. */
  readonly ended: (session: Session) => Promise<void>
  /** Where a waiting run stands; null: it is about to start. */
  readonly line: (run: RunId) => LinePlace | null
  /**
   * Puts up the board of a channel, or moves it to the end. 'gone': nothing can be written there; 'later': it will
   * stand there as soon as Discord takes it.
   */
  readonly putUpBoard: (place: Wallboard['place'], by: Person, key: PromptKey) => Promise<'stands' | 'gone' | 'later'>
  /** The operator's own, before those of the list. */
  readonly prices: Prices
  /** Told of everything that comes into the journal from now on. */
  readonly hear: (listener: (entry: Entry) => void) => Disposable
  /** Keeps all of it or nothing, and says what is to be said of it: see `Letters.keep`. */
  readonly keep: (effects: readonly Effect[]) => Promise<boolean>
  readonly letterRules: LetterRules
  /** Fires when everything lets go: then nothing more is begun. */
  readonly signal: AbortSignal
  /** Says something in the audit channel, once for each key; nowhere, where there is none. */
  readonly audit: (key: string, text: (locale: Locale) => string) => Promise<void>
  /** Looks at everything once. */
  readonly health: () => Promise<Health>
  /** Everything people can do; asked for when it is needed, because the list is made of what is handed these doors. */
  readonly features: () => Pick<Features, 'rights' | 'commands'>
}
