import type { CommandLine } from '../../core/command-line.ts'
import type { Decision } from '../../core/approval.ts'
import type { RunEvent, Steer } from '../../core/event.ts'
import type { ApprovalId, PromptKey, RuntimeName, SessionId, ToolCallId } from '../../core/ids.ts'
import type { Finding } from '../../core/finding.ts'
import type { Turn } from '../../core/runtime.ts'
import type { TokenCounts } from './count.ts'
import type { JsonObject } from './json.ts'
import type { CliAnswer } from './told-file.ts'

/**
 * How one kind of agent CLI is spoken to: what it is started with, what is written to it, and what its lines mean.
 * Processes, files, replies, deadlines and restarts are the same for all of them (`engine.ts`).
 */
export interface Protocol<State extends TurnStanding> {
  readonly name: RuntimeName
  readonly title: string
  /** See `Runtime.check`. */
  check(only?: 'errors'): Promise<readonly Finding[]>
  /** Whether its program is on this machine. */
  isInstalled(): boolean
  /** See `Runtime.models`. */
  models(): Promise<readonly string[]>

  /** How a process for this turn is started. @throws {Problem} when it cannot be said; the run fails with its text. */
  launch(turn: Turn): Promise<Launch>
  /**
   * What has to hold before a turn may be handed over. Looked at while the process starts. `mark`: variables for
   * whatever it starts to look; `over`: nobody needs to know any more.
   * @throws {Problem} when it does not.
   */
  prepare?(turn: Turn, mark: Opening['mark'], over: AbortSignal): Promise<void>
  /**
   * What the turn's conversation is opened with, where a process can have several: one that was opened otherwise is
   * opened anew. Left out where a process has one conversation, for which it was started.
   */
  openedWith?(turn: Turn): string
  /**
   * The steps that hand the turn's prompt over. After a death of the bot they are taken once more: what must not be
   * written twice is looked for before; any other line must change nothing when it comes twice.
   */
  open(turn: Turn, at: Opening): Generator<ProtocolStep, void, CliReply | null>

  /** Asks for the end of the turn, also of one that has not begun; null where there is nothing to ask yet. */
  stop(turn: Turn, state: State): CliRequest | null
  /** The same for a turn that is to be gone on with later: nothing else of it is ended. Null: it cannot be asked yet. */
  pause(turn: Turn, state: State): CliRequest | null
  /** Whether it stands still before its steps (`TurnStanding.points`), where a turn is watched. */
  readonly standsStill: boolean
  /** Puts a word into the running turn; null where that cannot be done now. The same key again must change nothing. */
  steer(turn: Turn, state: State, steer: Steer): CliRequest | null
  /**
   * The state in which those words are handed over: the turn is not over before they were taken in. Left out where a CLI
   * takes a word only into a turn that is open, and replies.
   */
  expecting?(state: State, words: readonly PromptKey[]): State
  /** Null when that approval is not open. */
  answer(state: State, approval: ApprovalId, decision: Decision): readonly string[] | null
  /** The answer to a call of a tool of ours: lines, or a file for the process beside it; null when it is not open. */
  tell(state: State, call: ToolCallId, text: string, failed: boolean): CliAnswer | null
  /** How the command lines of processes begin that the CLI itself keeps beside it, unasked; left out: it has none. */
  readonly helpers?: RegExp
  /** Asks the process to end. */
  readonly farewell: readonly string[]
  /** What only a process with several conversations needs; null: it has one. */
  readonly shared: Shared<State> | null

  /** Where the reading of a turn begins. */
  begin(turn: Turn, birth: Birth): State
  /**
   * What a turn in that state has used and its CLI has not counted, for when its process is gone and never will. Left
   * out: nothing tells.
   */
  uncounted?(state: State): readonly RunEvent[]
  /**
   * What a line means. Pure: the same lines give the same events, so that the next life comes to the same state by
   * reading them again. Never throws; what it does not know changes nothing.
   */
  decode(state: State, line: string): Reading<State>
}

/** What is asked of a process that several sessions share. */
export interface Shared<State> {
  /** A reply to a request of ours; null for any other line. Pure. */
  replyIn(line: string): CliReply | null
  /** Asks for nothing; its reply says that everything written before it, for that conversation or for none, was read. */
  barrier(id: string, conversation: string | null): string
  /** Where the reading of a turn begins of which nothing but its id is known. */
  reader(turn: Pick<Turn, 'run' | 'attempt'>, birth: Birth): State
  /** Gives a conversation back, and ends what it has at work. `state`: of its last turn, where that may be open. */
  leave(conversation: string, state: State | null): CliRequest
}

/** Lines, and the id of the request among them that is to be replied to; null: nobody replies. */
export interface CliRequest {
  readonly lines: readonly string[]
  readonly reply: string | null
}

export type ProtocolStep =
  | {
      readonly is: 'ask'
      readonly request: CliRequest
      /**
       * Whether the process replies to it once and for all; whether only the reply to this very writing counts, also a
       * no; or whether it hands over the prompt, for whose reply nobody waits long. Left out: a no is the turn's end.
       */
      readonly how?: 'once' | 'anew' | 'prompt'
    }
  /** The reply to a request of this turn that an earlier life may have written; null when it certainly did not arrive. */
  | { readonly is: 'look'; readonly reply: string }
  /** The conversation is open now: kept for the next life. */
  | { readonly is: 'opened'; readonly conversation: string; readonly transcript: string | null }
  /** What `prepare` looks at must hold now. */
  | { readonly is: 'prepared' }
  | { readonly is: 'pause'; readonly ms: number }

/** Where the steps of a hand-over begin. */
export interface Opening {
  /** The conversation that is open in the process as this turn needs it; null: it has to be opened. */
  readonly conversation: string | null
  /** Whether the process was told something before. */
  readonly warm: boolean
  /** Conversations of the session that may be open otherwise than the turn needs it. */
  readonly left: readonly string[]
  /** A word that only the bot and this process know. */
  readonly secret: string
  /** Variables that mark what belongs to the session. */
  readonly mark: Readonly<Record<string, string>>
}

export interface CliReply {
  readonly id: string | number
  /** Null when it failed. */
  readonly result: JsonObject | null
  /** Null when it went well. */
  readonly error: string | null
}

export interface Launch {
  /** Whose process it is: one session's, or one login's, whose sessions share it. */
  readonly owner: { readonly session: SessionId } | { readonly login: string }
  /**
   * What every turn with the same settings has in common: where it differs, another process is needed. `secret`: see
   * `Opening`; '' for the comparison.
   */
  command(secret: string): CommandLine
  /** Arguments behind the command's that say which conversation. */
  readonly entry: readonly string[]
  /** The conversation that the process will begin or go on with; '' where it says so itself. */
  readonly conversation: string
  /** Whether the command makes a box of which nothing is left when the process is not. */
  readonly boxed: boolean
  /** What else it is told when it starts, where that makes another process of it; left out: nothing. */
  readonly told?: string
  /** Makes what the process finds when it starts; called right before it does. */
  furnish?(): Promise<void>
}

/** The process that a turn is handed to. */
export interface Birth {
  readonly pid: number
  readonly warm: boolean
  /** The conversation it is in; '' when it has to be opened. */
  readonly conversation: string
  readonly transcript: string | null
  /** What the conversation has used before this turn; null: nobody knows. */
  readonly spent: Spent | null
}

/** What was used so far, as the CLI counts it: for its process, or for the conversation. */
export interface Spent {
  readonly costUsd: number
  readonly inputTokens: number
  readonly outputTokens: number
  /** The same by what it counts by, as far as it was told; left out: nobody knows. */
  readonly told?: TokenCounts
}

export const nothingSpent: Spent = { costUsd: 0, inputTokens: 0, outputTokens: 0, told: {} }

/** What every protocol's state tells about the turn. */
export interface TurnStanding {
  /** Whether the CLI has said anything of this turn: `started` was given. */
  readonly taken: boolean
  /** The tool calls that wait for a person's word. */
  readonly open: ReadonlySet<ApprovalId>
  /** Calls of tools of ours of which the CLI has not said that it took an answer. */
  readonly calls: ReadonlySet<ToolCallId>
  /**
   * `clean`: the turn is over (`finished` was given) and the process is ready for the next; `broken`: it is over, but
   * the process is of no further use.
   */
  readonly over: 'no' | 'clean' | 'broken'
  readonly spent: Spent | null
  /** Questions and calls of this turn of which the CLI has said that it took an answer. */
  readonly settled: readonly (ApprovalId | ToolCallId)[]
  /** Lines that answer requests of the CLI that no person is asked about, by request, until it has taken them in. */
  readonly owed: ReadonlyMap<string, string>
  /** Lines that let the CLI on where it stands still, by its request: everything that it has used is counted by now. */
  readonly points: ReadonlyMap<string, string>
  /** What shows that somebody else has written to the process's input; null: nothing does. */
  readonly tampering: string | null
}

export interface Reading<State> {
  readonly state: State
  readonly events: readonly RunEvent[]
}
