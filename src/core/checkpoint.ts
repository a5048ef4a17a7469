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
] as const
/** The same of a session's start and end, which no run passes. */
export const sessionCheckpoints = [
  'worktree-made',
  'session-ended',
  'transcribed',
  'branch-packed',
  'branch-taken',
] as const
/** The same of what comes in from people. */
export const inboxCheckpoints = ['kept', 'acknowledged', 'worked', 'answered'] as const
/** The same of what people want of a run at work: it is in the journal; the CLI was told. */
export const intentCheckpoints = ['run-stopped', 'run-steered', 'intent-acted'] as const
/** The same of what agents call: the answer is kept, with what the call has changed. */
export const toolCheckpoints = ['tool-answered', 'letter-asked'] as const
/** Names a moment at which a death hurts most. */
export type CheckpointName =
  | (typeof checkpoints)[number]
  | (typeof sessionCheckpoints)[number]
  | (typeof inboxCheckpoints)[number]
  | (typeof intentCheckpoints)[number]
  | (typeof toolCheckpoints)[number]
/** `of`: whose message it is about, where it is about one. */
export type Checkpoint = (name: CheckpointName, of?: OwnerKind) => void
