import type { Decision } from '../core/approval.ts'
import type { RunEvent, Steer } from '../core/event.ts'
import type { ApprovalId, PromptKey, RuntimeName } from '../core/ids.ts'
import type { Finding, Turn } from '../core/runtime.ts'
import type { Command } from './child.ts'

/**
 * How one kind of agent CLI is spoken to: what it is started with, what is written to it, and what its lines mean.
 * Everything about processes, files, deadlines and restarts is the same for all of them (`spooled.ts`).
 */
export interface Dialect<State extends Standing> {
  readonly name: RuntimeName
  readonly title: string
  check(): Promise<readonly Finding[]>
  /** See `Runtime.models`. */
  models(): Promise<readonly string[]>

  /** How a process for this turn is started. @throws {Problem} when it cannot be said; the run fails with its text. */
  launch(turn: Turn): Promise<Launch>
  /** What a new process is told first. Its answers come before the prompt's; nobody waits for them. */
  greeting(turn: Turn): readonly string[]
  /**
   * The lines that hand the turn's prompt over. Written again to the same process they must change nothing: after a
   * crash nobody knows whether they arrived.
   */
  prompt(turn: Turn): readonly string[]
  /** Asks for the end of the turn, also of one that has not begun. May be written several times. */
  stop(turn: Turn, state: State): readonly string[]
  /**
   * Puts a word into the running turn; null where that cannot be done now. Written again under the same key it must
   * change nothing.
   */
  steer(state: State, steer: Steer): readonly string[] | null
  /**
   * The state in which those words are handed over: the turn is not over before they were taken
   * in. Left out where a CLI takes a word only into a turn that is open, and says so.
   */
  expecting?(state: State, words: readonly PromptKey[]): State
  /** Null when that approval is not open. */
  answer(state: State, approval: ApprovalId, decision: Decision): string | null
  /** Asks the process to end. */
  readonly farewell: readonly string[]

  /** Where the reading of a turn begins. */
  begin(turn: Turn, birth: Birth): State
  /**
   * What a line means. Pure: the same lines give the same events, so that the next life comes to the same state by
   * reading them again. Never throws; what it does not know changes nothing.
   */
  read(state: State, line: string): Reading<State>
}

export interface Launch {
  /** What every turn with the same settings has in common: where it differs, another process is needed. */
  readonly command: Command
  /** Arguments behind the command's that say which conversation. */
  readonly entry: readonly string[]
  /** The conversation that the process will begin or go on with. */
  readonly conversation: string
}

/** The process that a turn is handed to. */
export interface Birth {
  readonly pid: number
  readonly warm: boolean
  readonly conversation: string
  /** What the process has cost before this turn, in US dollars. */
  readonly costSoFar: number
}

/** What every dialect's state tells about the turn. */
export interface Standing {
  /** Whether the CLI has said anything of this turn: `started` was given. */
  readonly taken: boolean
  /** The tool calls that wait for a person's word. */
  readonly open: ReadonlySet<ApprovalId>
  /**
   * `clean`: the turn is over (`finished` was given) and the process is ready for the next; `broken`: it is over, but
   * the process is of no further use.
   */
  readonly over: 'no' | 'clean' | 'broken'
  /** What the process has cost up to now, in US dollars; 0 where the CLI does not say. */
  readonly costSoFar: number
  /** Questions of this turn of which the CLI has said that it took an answer. */
  readonly settled: readonly ApprovalId[]
  /** Lines that answer requests of the CLI that no person is asked about, by request, until it has taken them in. */
  readonly owed: ReadonlyMap<string, string>
  /** What shows that somebody else has written to the process's input; null: nothing does. */
  readonly tampering: string | null
}

export interface Reading<State> {
  readonly state: State
  readonly events: readonly RunEvent[]
}
