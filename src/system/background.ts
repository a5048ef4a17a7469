import { messageOf } from '../core/failure.ts'
import type { Log } from '../core/log.ts'

/**
 * For work that nobody awaits: a failure is logged instead of ending the process as an unhandled rejection. Its own
 * errors are best handled by the work itself; this is the net under it.
 */
export function background(work: Promise<unknown>, log: Pick<Log, 'error'>, what: string): void {
  work.catch((error: unknown) => log.error({ what, error: messageOf(error) }, 'background.failed'))
}
