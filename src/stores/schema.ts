import type { Generated } from 'kysely'
import type { EndReader } from '../core/journal.ts'
import type { BranchConsentTable } from './schema-branches.ts'
import type { State } from '../core/lifecycle.ts'
import type {
  BudgetAskTable,
  BudgetPassTable,
  BudgetRaiseTable,
  BudgetTable,
  LedgerTable,
  RunSpendTable,
  WindowUseTable,
} from './schema-money.ts'

/**
 * The tables as Kysely sees them; the migrations are what makes them. `json` columns hold text.
 *
 * `run_events` is the truth. `runs`, `accounts`, `ledger`, `run_spend`, `window_uses`, `budget_passes`, `omc_sessions.cli_session_id` and `.transcript` are projections of it, changed in
 * the same transaction and made anew by rebuild.ts; `runs.cursor` alone is a fact of its own.
 */
export interface Tables {
  readonly omc_sessions: SessionTable
  readonly run_events: RunEventTable
  readonly workers: WorkerTable
  readonly errands: ErrandTable
  readonly runs: RunTable
  readonly unread_ends: UnreadEndTable
  readonly messages: MessageTable
  readonly seen: SeenTable
  readonly notices: NoticeTable
  readonly meta: MetaTable
  readonly grants: GrantTable
  readonly approvals: ApprovalTable
  readonly consents: ConsentTable
  readonly approval_copies: AskCopyTable
  readonly boards: WallboardTable
  readonly attached_places: AttachedPlaceTable
  readonly inbox: InboxTable
  readonly omc_chains: ChainTable
  readonly letters: LetterTable
  readonly scratchpads: ScratchpadTable
  readonly accounts: AccountTable
  readonly identities: { readonly person: string; readonly sealed: string }
  readonly ledger: LedgerTable
  readonly past_refusals: PastRefusalTable
  readonly run_spend: RunSpendTable
  readonly window_uses: WindowUseTable
  readonly budgets: BudgetTable
  readonly budget_raises: BudgetRaiseTable
  readonly budget_passes: BudgetPassTable
  readonly budget_asks: BudgetAskTable
  readonly freezes: FreezeTable
  readonly account_rests: AccountRestTable
  readonly branch_consents: BranchConsentTable
  readonly verbosities: { readonly scope: string; readonly level: string }
}

export interface SessionTable {
  /** The order in which sessions were started. */
  seq: Generated<number>
  id: string
  key: string
  /** json of a Place */
  place: string
  name: string
  runtime: string
  workdir: string
  model: string | null
  owner: string
  account: string
  /** The CLI's own conversation, and where its transcript lies. */
  cli_session_id: string | null
  transcript: string | null
  /** json of a Worktree */
  worktree: string | null
  /** Null: the bot's own machine. */
  worker: string | null
  trusted: number
  /** The interaction that started it. */
  since: string
  started_at: number
  ended_at: number | null
}

export interface RunEventTable {
  /** Order of the whole journal. */
  seq: Generated<number>
  run: string
  at: number
  type: string
  /** json of the RunEvent */
  json: string
}

export interface RunTable {
  id: string
  prompt_key: string
  session: string
  person: string
  /** The channel whose caps count. */
  channel: string
  account: string
  state: State
  attempt: number
  parks: number
  goes_on: number
  /** 1: it tells what it uses while it works. */
  used: Generated<number>
  /** json of the Hold that it is parked for, or is to be */
  hold: string | null
  /** json of its speaker's roles, as they were when it was asked */
  roles: Generated<string>
  /** The chain of letters that it was asked in. */
  chain: string | null
  /** json of the open approvals */
  approvals: string
  /** json of the open calls of tools */
  calls: Generated<string>
  cursor: string | null
  asked_seq: number
  /** Of the event that put it before all that were not. */
  promoted_seq: number | null
  /** Of the latest admission. */
  admitted_seq: number | null
  /** Of the event that ended it. */
  ended_seq: number | null
  /** When the first attempt's CLI took the prompt. */
  started_at: number | null
  ended_at: number | null
}

interface WorkerTable {
  id: string
  /** The name of its data folder. */
  folder: string
  draining: Generated<number>
  dropped: Generated<number>
  /** json of a MachineReport, with MachineVitals */
  json: string
}

interface ErrandTable {
  seq: Generated<number>
  /** '' is the bot. */
  receiver: string
  what: string
  given: string
  /** By the database's clock; null: it must be done one day, and nobody waits. */
  expires_at: number | null
  answer: string | null
}

/** A run that is over, as long as a reader has it before itself. */
export interface UnreadEndTable {
  reader: EndReader
  run: string
  /** Of the event that ended it. */
  seq: number
}

/** A message of ours: what is known of it. `owner` and `role` name it. */
export interface MessageTable {
  /** The order in which messages were first kept. */
  seq: Generated<number>
  owner: string
  role: string
  /** json of a Place */
  place: string
  nonce: string
  intended_at: number | null
  message: string | null
  posted_at: number | null
  shown: Generated<string>
  text_end: Generated<number>
  frozen: Generated<number>
  over: Generated<number>
  plainness: Generated<number>
  refused: Generated<string>
  closed_since: number | null
  /** json of a Note, for those whose owner is nothing else */
  note: string | null
  settled: Generated<number>
}

interface SeenTable {
  place: string
  message: string
}

interface NoticeTable {
  key: string
  at: number
}

export interface GrantTable {
  person: string
  scope: string
  tier: string
  granted_by: string
  at: number
}

export interface ApprovalTable {
  token: string
  run: string
  approval: string
  asked_at: number
  expires_at: number
  /** json of a Draft */
  draft: string
  /** json of what it runs, with the files of that which have changed */
  runs: string
  /** Names the list in which it stands. */
  list: string | null
  list_at: number
  /** 1: nothing will be posted or edited for it any more. */
  closed: number
}

interface AskCopyTable {
  /** Of the interaction. */
  key: string
  about: string
  /** json of an Interaction */
  interaction: string
  at: number
}

export interface ConsentTable {
  session: string
  person: string
  subject: string
  /** json of what it ran */
  runs: string
  granted_by: string
  /** Name of the person who granted it. */
  grantor: string
  token: string
  at: number
}

export interface WallboardTable {
  channel: string
  guild: string
  locale: string
  key: string
  at: number
}

export interface AttachedPlaceTable {
  key: string
  /** json of a Place */
  place: string
  session: string
  attached_by: string
  /** The interaction that bound it. */
  since: string
  at: number
}

export interface InboxTable {
  /** The order in which it was kept. */
  seq: Generated<number>
  key: string
  place: string
  kept_at: number
  /** json of an Arrival; '' when it is done */
  body: string
  /** 1: the person sees that their interaction was heard. */
  acknowledged: Generated<number>
  memo: string | null
  done_at: number | null
}

export interface AccountTable {
  runtime: string
  account: string
  /** json of an AccountState */
  json: string
}

export interface ChainTable {
  seq: Generated<number>
  id: string
  /** Null: it begins with a task. */
  run: string | null
  at: number
  /** json of a Chain */
  body: string
  /** json of the Task on top of it; null: none. The columns behind it are made from it. */
  task: string | null
  task_status: string | null
  /** Place of the session that has it. */
  task_to: string | null
  task_origin: string | null
  task_busy: Generated<number>
  task_version: Generated<number>
}

interface ScratchpadTable {
  /** A ScratchpadScope */
  scope: string
  key: string
  /** '' when it was taken away. */
  text: string
  version: number
  author: string
  at: number
}

export interface LetterTable {
  seq: Generated<number>
  id: string
  chain: string
  kind: string
  state: string
  from_session: string
  to_session: string
  at: number
  /** json of a LetterConsent */
  consent: string | null
  /** json of a Letter as it was written; the columns have what changes. */
  body: string
}

interface MetaTable {
  key: string
  value: number
}

interface AccountRestTable {
  runtime: string
  account: string
  until: number
  by: string
}

interface FreezeTable {
  id: 1
  by: string
  at: number
}

export interface PastRefusalTable {
  seq: Generated<number>
  key: string
  person: string
  /** json of a PastRefusal */
  json: string
}
