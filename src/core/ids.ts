/**
 * Names of things. A brand keeps one kind of id from being passed where another is meant; at run time all are strings.
 * Discord's own ids are snowflakes: decimal digits, never a `:`.
 */

declare const kind: unique symbol
type Id<Kind extends string> = string & { readonly [kind]: Kind }

/** Our id of a run. */
export type RunId = Id<'run'>
/** Our id of a session. */
export type SessionId = Id<'session'>
/** Where a session lives: see `composeSessionKey` in place.ts. */
export type SessionKey = Id<'session-key'>
/** The Discord message or interaction that asked: a second event with the same key is a no-op. */
export type PromptKey = Id<'prompt-key'>
/** A Discord user. */
export type PersonId = Id<'person'>
/** A Discord thread, channel or DM channel. */
export type PlaceId = Id<'place'>
/** A Discord message. */
export type MessageId = Id<'message'>
/** One question of a run to a person. */
export type ApprovalId = Id<'approval'>
/** One call of a tool of ours by an agent. */
export type ToolCallId = Id<'tool-call'>
/** One letter between agents: `L7`. */
export type LetterId = Id<'letter'>
/** The letters that came of one prompt: `C3`. */
export type ChainId = Id<'chain'>
/** One limit on what may be spent: `B5`. */
export type BudgetId = Id<'budget'>
/** One login of a runtime (`default` until more are configured). */
export type AccountId = Id<'account'>
/** A machine on which agents work beside the bot's own (OMC_WORKER_ID). */
export type WorkerId = Id<'worker'>
/** The name of an agent CLI: `claude`, `codex`, `echo`, … */
export type RuntimeName = Id<'runtime'>

/** Position of an entry in the whole journal. Only ever grows; the one thing to order by. */
export type Seq = number

/** Gives fresh ids. A door, so that tests own randomness. Ids sort by the time they were made (UUID version 7). */
export interface Ids {
  next(): string
}
