import type { Runtime, Turn } from '../../src/core/runtime.ts'
import type { Session } from '../../src/core/session.ts'
import type { firstLife, Listener } from './runtime-bench.ts'
import type { PlainOptions } from './runtime-life.ts'

/** A place to work in, with an agent that does what its prompt says. Made for each test, disposed of after it. */
export interface RuntimeBench extends AsyncDisposable {
  readonly options: PlainOptions
  /** A folder for sessions to work in. */
  readonly workdir: string
  /** Whether all sessions of a login share one process; without it each has its own. */
  readonly sharesProcess?: boolean
  /** Prompts in the words of this agent. */
  readonly words: {
    /** The answer is this text. */
    say(text: string): string
    /** The answer is this text, a piece at a time, over that many seconds. */
    slow(text: string, seconds: number): string
    /** Uses a tool nobody has to allow, then says `text`. */
    tool(text: string): string
    /** Wants to run this shell command, for which it needs leave; then tells how it went in its answer. */
    ask(command: string): string
    /** Asks a question with these options, of which one may be chosen; then tells what was answered. */
    question?(text: string, options: readonly string[]): string
    /** Shows a plan; then tells what was said to it. */
    plan?(plan: string): string
    /** Wants to write a file that lies beside the folder it works in, for which it needs leave. */
    change?(path: string, text: string): string
    /** Tries to write a file in the folder it works in, asking where it has to; then says something. */
    write?(path: string, text: string): string
    /** Asks for leave, and takes the question back by itself. */
    withdraw?(): string
    /** Uses a tool for so long, then says `text`. */
    busy?(seconds: number, text: string): string
    /** Tells in its answer by name what was attached, where the model is not sent it. */
    attached?(): string
    /** Tells in its answer what was said before, where the model is not sent it. */
    context?(): string
    /** Starts a process that outlives its tool call and sits in a session of its own; then says `text`. */
    daemon(seconds: number, text: string): string
  }
  /** How often the model was asked something that holds this text as its latest prompt. */
  asked(text: string): number
  /** Everything the model was ever sent in the prompt before this answer holds what was said. */
  received(): string
}

/** What the parts of the contract play on; its getters give what was made for the test that runs. */
export interface ContractStage {
  readonly bench: RuntimeBench
  readonly runtime: Runtime
  readonly session: Session
  begin(turn: Turn): Listener
  adopt(turn: Turn, before: Awaited<ReturnType<typeof firstLife>>): Promise<Listener>
  /** The same session, after the turn told which conversation it is in. */
  after(listener: Listener): Session
  outcome(listener: Listener): string
  /** Whether the session's turn has ended in the spool. */
  isOver(session: Session): boolean
}
