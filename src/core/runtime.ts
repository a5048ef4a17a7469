import type { Decision } from './approval.ts'
import type { AttachedFile } from './attachment.ts'
import type { RunEvent, Steer } from './event.ts'
import type { Finding, SelfCheck } from './finding.ts'
import type { Signature } from './identity.ts'
import type { ApprovalId, RunId, RuntimeName, SessionId, ToolCallId } from './ids.ts'
import type { Prompt } from './prompt.ts'
import type { Session } from './session.ts'

/** How far a runtime's output has been taken in. Opaque to everyone but the runtime that made it. */
export type Cursor = string & { readonly cursor: true }

/**
 * A kind of agent CLI. Its processes outlive the bot: they run detached and talk through a spool on disk, so that a
 * new bot takes up where a killed one stopped.
 *
 * Contract: no method throws for anything a CLI does; trouble inside a run comes as events. One turn of a session at
 * a time (the caller's duty). Several bots never share a data folder (the store's lock).
 */
export interface Runtime extends SelfCheck {
  readonly name: RuntimeName
  /** For people, e.g. `Claude Code`. */
  readonly title: string

  /** Whether its program is on this machine; says nothing of its version or login. */
  isInstalled(): boolean

  /** `errors`: what only warns need not be looked for, because somebody waits. */
  check(only?: 'errors'): Promise<readonly Finding[]>

  /** Models a person may choose, for autocomplete; [] when nobody can tell. */
  models(): Promise<readonly string[]>

  /**
   * Hands the prompt to the session's process, starting one when none is alive. Returns at once. The first event is
   * `started`, or the only one is `finished` with a trouble.
   */
  begin(turn: Turn): Conduct

  /** From now on what is committed in the session is these people's, until its next turn begins. */
  sign(session: SessionId, signature: Signature): void

  /**
   * Starts the session's process before anything is asked, as this turn would need it, when there is room: no other
   * process goes for it. Where one is alive nothing is done. Rejects when it cannot be started; the prompt will say why.
   */
  prepare(turn: Turn): Promise<void>

  /**
   * After a restart of the bot: goes on with a turn that an earlier life began, from where its output was taken in.
   * `cursor` null: nobody knows whether the process ever got the prompt; the runtime finds out, hands it over once
   * more only if it certainly did not arrive, and gives `started` first.
   * Null: no process of that session is left, and no unread output that would end the turn.
   */
  adopt(turn: Turn, cursor: Cursor | null): Promise<Conduct | null>

  /**
   * Ends the session's idle process and gives its memory back; the conversation can be resumed. Resolves when the
   * process and everything it started are gone. No process: nothing to do.
   */
  release(session: SessionId): Promise<void>

  /**
   * Ends every process that an earlier life of this bot (same data folder) left behind, but for the sessions in
   * `keep`; removes their spools. Called once at start, before any `begin`. Gives how many were ended.
   */
  sweep(keep: ReadonlySet<SessionId>): Promise<number>

  /** The processes alive now. */
  processes(): readonly AgentProcess[]

  /**
   * Stops reading; 'leave' lets the agents work on for the next life to adopt, 'end' ends them all.
   * Idempotent. Afterwards no conduct yields anything more.
   */
  close(agents: 'leave' | 'end'): Promise<void>
}

/** A prompt on its way to a CLI. */
export interface Turn {
  readonly run: RunId
  /** From 1; grows when an attempt was lost or parked. */
  readonly attempt: number
  /** How many of the attempts before were parked. */
  readonly parks: number
  /** The conversation holds the prompt already, and was stopped in it: it is asked to go on, and nothing else. */
  readonly goesOn: boolean
  readonly prompt: Prompt
  readonly session: Session
  /** The prompt's attachments, where they lie. */
  readonly files: readonly AttachedFile[]
  /** There are budgets: it is to stand still before each step until it is let on (`Piece.stands`). Left out: there are none. */
  readonly watched?: boolean
  /** What the agent has to know of an earlier conversation that is gone; null: nothing. */
  readonly handOver: string | null
  /** Whose commits it makes; null: it has begun, and its process was told. */
  readonly signature: Signature | null
}

/** One turn being conducted. */
export interface Conduct {
  /**
   * What the CLI does, in pieces as they arrive. Never throws. Ends after exactly one `finished` or `lost`, or
   * without one after `Runtime.close('leave')`. To be iterated once.
   */
  readonly output: AsyncIterable<Piece>
  /**
   * Stops the turn at once: interrupt first, then harder, until the process is gone if it must. The output then ends
   * with `finished` and the outcome `stopped` (or `done`, when it had ended by itself). May be called twice.
   */
  stop(): Promise<void>
  /**
   * Stops the turn where it stands between two steps, to be gone on with later: what it has in the background stays. The
   * output ends as after `stop`. May be called twice.
   */
  pause(): void
  /** Everything that was told is kept, and the turn may go on: lets it go where it stands still (`Piece.stands`). */
  goOn(): void
  /**
   * Puts a word of a person into the running turn. The same key again (after a restart) hands over nothing twice.
   * False: this CLI cannot take it now; the word is to be a prompt of its own then.
   */
  steer(steer: Steer): Promise<boolean>
  /** Hands a decision to the CLI. An approval that is no longer open, or none of the CLI's, is ignored. */
  answer(approval: ApprovalId, decision: Decision): Promise<void>
  /** Hands the answer of a call to the CLI. A call that is no longer open is ignored. */
  tell(call: ToolCallId, text: string, failed: boolean): Promise<void>
  /** Whether people are asked about something of which the CLI does not know: meanwhile it is not silent, it waits. */
  hold(held: boolean): void
}

/** Events with the position behind them: whoever keeps both in one transaction neither repeats nor skips. */
export interface Piece {
  readonly events: readonly RunEvent[]
  readonly cursor: Cursor
  /** The turn stands still, with everything counted that it has used, until it is let on or stopped. */
  readonly stands?: true
}

/** A process of an agent that is alive. */
export interface AgentProcess {
  readonly session: SessionId
  readonly pid: number
  readonly busy: boolean
}
