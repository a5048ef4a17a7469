import type { AccountSlot } from './account.ts'
import type { Ask } from './ask.ts'
import type { Attachments } from './attachment.ts'
import type { BranchPress, BranchTaken } from './branch-consent.ts'
import type { LinePlace, Shown } from './chat.ts'
import type { LetterRules } from './chain.ts'
import type { Checkpoint } from './checkpoint.ts'
import type { Clock } from './clock.ts'
import type { Asked, Desk, Request, Stopped } from './desk.ts'
import type { Effect } from './effect.ts'
import type { Entry } from './event.ts'
import type { Features } from './feature.ts'
import type { Panic } from './freeze.ts'
import type { Gate } from './gate.ts'
import type { Health } from './health.ts'
import type { Ids, PromptKey, RunId, RuntimeName, SessionId, WorkerId } from './ids.ts'
import type { Journal } from './journal.ts'
import type { Log } from './log.ts'
import type { Machine } from './machine.ts'
import type { Locale, Person } from './person.ts'
import type { PageLinks } from './page.ts'
import type { Owners } from './policy.ts'
import type { Prices } from './price.ts'
import type { Runtime } from './runtime.ts'
import type { SecretScan } from './secret-scan.ts'
import type { Session } from './session.ts'
import type { Skills } from './skill.ts'
import type { Transcripts } from './transcript.ts'
import type { Vault } from './vault.ts'
import type { Wallboard } from './wallboard.ts'
import type { Workspaces } from './workspace.ts'

/** What features are handed: the doors of everything there is. Each takes what it needs and names it in its type. */
export interface Doors {
  readonly gate: Gate
  /** Who is an owner by the operator's configuration. */
  readonly owners: Owners
  readonly journal: Journal
  readonly vault: Vault
  readonly transcripts: Transcripts
  readonly runtimes: ReadonlyMap<RuntimeName, Runtime>
  /** The folders of a machine; null: the bot's own. */
  readonly workspaces: (worker: WorkerId | null) => Workspaces
  /** False: no agents work on the bot's own machine. */
  readonly agentsHere: boolean
  /** Why no session with that agent can begin on a machine now; null: one can. */
  readonly agentFault: (worker: WorkerId | null, runtime: RuntimeName) => Promise<string | null>
  readonly skills: Skills
  readonly attachments: Attachments
  /** What looks like a secret does not leave. */
  readonly scan: SecretScan
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
  /** Puts a waiting prompt first in the queue: see `Desk.promote`. */
  readonly promote: Desk['promote']
  readonly steer: Desk['steer']
  readonly approval: Desk['approval']
  readonly answer: Desk['answer']
  readonly approvals: Desk['approvals']
  readonly answerAll: Desk['answerAll']
  /** A list of them, in the same way. */
  readonly showAsks: (asks: readonly Ask[], to: Person) => Shown
  /** An approval as it is now, as this person is to see it. */
  readonly showAsk: (ask: Ask, to: Person) => Shown
  /** Stops a run, or takes it out of the queue; nobody is asked whether they may. Null: it is over. */
  readonly stopRun: (run: RunId, by: string | null) => Promise<Stopped | null>
  /** Gives up a machine with all its sessions: see `Machines.drop`. Safe to call again. */
  readonly dropMachine: (id: WorkerId, by: string) => Promise<{ readonly sessions: number; readonly runs: number }>
  /**
   * Brings what waits of a session's branch into its repository, because an owner has consented to that commit. Safe to call
   * again.
   */
  readonly takeBranch: (session: SessionId, commit: string, press: BranchPress) => Promise<BranchTaken>
  readonly panic: Panic
  /** Told of every new session. */
  readonly began: (session: Session, by: Person) => void
  /** Takes away what is left of a session that has ended, when nothing of it runs any more: its process, its box. */
  readonly ended: (session: Session) => Promise<void>
  /** Where a waiting run stands; null: it is about to start. */
  readonly line: (run: RunId) => LinePlace | null
  /**
   * Puts up the board of a channel, or moves it to the end. 'gone': nothing can be written there; 'later': it will
   * stand there as soon as Discord takes it.
   */
  readonly putUpBoard: (place: Wallboard['place'], by: Person, key: PromptKey) => Promise<'stands' | 'gone' | 'later'>
  /** The way in to the operator's page. */
  readonly page: PageLinks
  readonly prices: Prices
  /** Whether what people have linked is used on a machine. */
  readonly lendsTo: (machine: Machine) => boolean
  /** The agents' logins: which there are. */
  readonly accounts: readonly AccountSlot[]
  /** Told of everything that comes into the journal from now on. */
  readonly hear: (listener: (entry: Entry) => void) => Disposable
  /** Keeps all of it or nothing, and says what is to be said of it: see `Letters.keep`. */
  readonly keep: (effects: readonly Effect[]) => Promise<boolean>
  /** Told whenever `keep` has kept something. */
  readonly hearKept: (listener: () => void) => Disposable
  readonly letterRules: LetterRules
  /** Fires when everything lets go: then nothing more is begun. */
  readonly signal: AbortSignal
  /** Says something in the audit channel, once for each key; nowhere, where there is none. */
  readonly audit: (key: string, text: (locale: Locale) => string) => Promise<void>
  /** What may start has changed without an event: it is looked at again. */
  readonly admitAgain: () => void
  /** Looks at everything once. */
  readonly health: () => Promise<Health>
  /** Everything people can do; asked for when it is needed, because the list is made of what is handed these doors. */
  readonly features: () => Pick<Features, 'rights' | 'commands' | 'group'>
}
