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
  'settled',
  'approval-wanted',
  'approval-posted',
  'approval-answered',
] as const
/** The same of a session's start and end, which no run passes. */
export const sessionCheckpoints = ['worktree-made', 'session-ended', 'transcribed'] as const
export type CheckpointName = (typeof checkpoints)[number] | (typeof sessionCheckpoints)[number]
export type Checkpoint = (name: CheckpointName) => void
