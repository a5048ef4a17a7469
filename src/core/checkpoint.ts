import type { OwnerKind } from './message.ts'

/**
 * The moments at which a death of the process hurts most. The product passes a function that does nothing; tests pass
 * one that kills the process there, and see that nothing is lost and nothing comes twice.
 */
export const checkpoints = [
  'asked',
  'claimed',
  'spawned',
  'handed-over',
  'piece-committed',
  'post-intended',
  'posted',
  'remembered',
  'settled',
  'approval-wanted',
  'approval-posted',
  'approval-answered',
  /** Many of them: it is kept that they stand in one list. */
  'approvals-listed',
] as const
/** The same of a session's start and end, which no run passes. */
export const sessionCheckpoints = [
  'worktree-made',
  'session-ended',
  'transcribed',
  'branch-packed',
  'branch-taken',
] as const
/** The same of what comes in from people; `opening`: it is heard of already, and nobody listens yet. */
export const inboxCheckpoints = ['opening', 'kept', 'acknowledged', 'worked', 'answered'] as const
/** The same of what people want of a run at work: it is in the journal; the CLI was told. */
export const intentCheckpoints = ['run-stopped', 'run-steered', 'run-promoted', 'intent-acted', 'frozen'] as const
/**
 * The same of what agents call: the call is kept; the answer is, with what the call has changed; and of what comes of it: what
 * somebody has decided is kept, and nobody was told; a letter is a prompt; a run is over, and nobody has looked what it came to.
 */
export const toolCheckpoints = [
  'tool-called',
  'tool-answered',
  'effects-kept',
  'letter-asked',
  'run-ended',
  'task-moved',
] as const
/** The same of a run that a budget holds: that is kept; people are asked; what they said is kept. */
export const budgetCheckpoints = ['run-held', 'budget-asked', 'budget-answered'] as const
/**
 * Before a write that goes to the disk with the next one: what came in is worked off; all about a message's owner is said.
 */
export const patientCheckpoints = ['worked-off', 'said'] as const
/** Names a moment at which a death hurts most. */
export type CheckpointName =
  | (typeof checkpoints)[number]
  | (typeof sessionCheckpoints)[number]
  | (typeof inboxCheckpoints)[number]
  | (typeof intentCheckpoints)[number]
  | (typeof toolCheckpoints)[number]
  | (typeof budgetCheckpoints)[number]
  | (typeof patientCheckpoints)[number]
/** `of`: whose message it is about, where it is about one. */
export type Checkpoint = (name: CheckpointName, of?: OwnerKind) => void
