import { pause, type Clock } from '../../core/clock.ts'
import { hasWorked } from './deadlines.ts'
import type { Lease } from './lease.ts'
import type { ProcessLimits } from './limits.ts'

/** So often one that works is waited for once more. */
const mostRounds = 10

interface Insisting {
  readonly clock: Clock
  readonly limits: Pick<ProcessLimits, 'stopAgainMs' | 'stopHardMs'>
  readonly lease: Pick<Lease, 'ticks'>
  /** Fires when the turn is over. */
  readonly over: AbortSignal
  readonly say: () => void
  /** Nobody wants to know any more. */
  readonly isClosed: () => boolean
}

/**
 * Says that a turn is to stop; resolves when it has, or when its process has to go. One that uses its CPU does not
 * hang: it is slow because its machine is busy, and others may be at work in it.
 */
export async function insist({ clock, limits, lease, over, say, isClosed }: Insisting): Promise<void> {
  say()
  await pause(clock, limits.stopAgainMs, over)
  if (over.aborted || isClosed()) return
  // Said twice: a CLI that was just starting the turn may not have had anything to interrupt yet.
  say()
  let before = await lease.ticks()
  for (let round = 0; round < mostRounds; round++) {
    await pause(clock, limits.stopHardMs, over)
    if (over.aborted || isClosed()) return
    const now = await lease.ticks()
    if (!hasWorked(before, now, limits.stopHardMs)) return
    before = now
  }
}
