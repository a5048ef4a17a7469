import type { TurnLimits } from './deadlines.ts'

/** What the processes of a runtime may take, and how long it waits for them at each step. */
export interface ProcessLimits extends TurnLimits, Patience {
  /** How long an idle process is kept, in ms. OMC_IDLE_CLI_MS */
  readonly idleMs: number
  /** Processes of one runtime; a further one closes the longest idle one first. */
  readonly maxProcesses: number
  /** Bytes of output after which a turn counts as flooded. */
  readonly turnOutputBytes: number
  /** Bytes of output after which a process is replaced when its turn is over. */
  readonly retireBytes: number
}

/** How long a CLI is waited for, in ms, before something harder is done. */
export interface Patience {
  /** After a stop was said, before it is said again. */
  readonly stopAgainMs: number
  /** After that, before the process has to go; once more as long as it uses its CPU, ten times at the most. */
  readonly stopHardMs: number
  /** After a process was asked to end in its own words, before SIGINT. */
  readonly farewellMs: number
  /** After SIGINT, before SIGKILL. */
  readonly interruptMs: number
  /** The same for a process that did not do as it was told. */
  readonly interruptHardMs: number
  /** Between two looks at how much a process writes: one that writes a gigabyte a second fills a disk in minutes. */
  readonly floodLookMs: number
  /** For a prompt's lines to be taken in: a CLI that does not read must not keep the deadlines from being set. */
  readonly takeInMs: number
  /** For a reply that asks no model. Long: on a machine that is busy a CLI takes half a minute to come up, and more. */
  readonly replyMs: number
  /** For a server to say whether it took a prompt. */
  readonly promptReplyMs: number
  /** For a server to say whether it took a word into its turn. */
  readonly steerReplyMs: number
  /** For a server to stop a turn, before it has to go. */
  readonly stopReplyMs: number
  /** For a server to give a conversation back. */
  readonly closeReplyMs: number
}

/** What holds unless the operator says otherwise. */
export const defaultLimits: ProcessLimits = {
  firstEventMs: 60_000,
  silenceMs: 600_000,
  turnMs: 7_200_000,
  idleMs: 600_000,
  maxProcesses: 8,
  turnOutputBytes: 512 * 1024 * 1024,
  retireBytes: 64 * 1024 * 1024,
  stopAgainMs: 500,
  stopHardMs: 1000,
  farewellMs: 1500,
  interruptMs: 2000,
  interruptHardMs: 1000,
  floodLookMs: 1000,
  takeInMs: 1000,
  replyMs: 120_000,
  promptReplyMs: 5000,
  steerReplyMs: 30_000,
  stopReplyMs: 3000,
  closeReplyMs: 10_000,
}
