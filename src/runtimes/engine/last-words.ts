import { noUsage, type Outcome, type RunEvent } from '../../core/event.ts'
import type { Trouble } from '../../core/failure.ts'
import { cursorOf } from './cursor.ts'
import type { Lease } from './lease.ts'

/** Why a turn has to end, if not by itself. */
export type LastWords = { readonly kind: 'stopped' } | { readonly kind: 'failed'; readonly trouble: Trouble }

/** The cursor of a turn that never met a process. */
export const nowhere = cursorOf({ generation: '', start: 0, offset: 0 })

export function finished(verdict: LastWords, usage = noUsage): RunEvent {
  const outcome: Outcome = { ...verdict, usage }
  return { type: 'finished', outcome }
}

/**
 * What is told of a turn whose process has ended by itself. One that said why it cannot start has not started; any other
 * end is worth another attempt. `taken`: see `Standing`.
 */
export function lastWords({ spool, record }: Lease, taken: boolean): readonly RunEvent[] {
  const { death } = spool
  const how = death?.signal ?? (death?.code == null ? 'unknown cause' : `exit code ${death.code}`)
  const detail = [`the process ended (${how})`, spool.complaint()].filter((part) => part !== '').join(': ')
  if (taken) return [{ type: 'lost', detail }]
  if (typeof death?.code === 'number' && death.code !== 0)
    return [finished({ kind: 'failed', trouble: { code: 'start-failed', detail } })]
  const warm = record.turn?.warm ?? false
  return [
    { type: 'started', pid: spool.pid, warm, conversation: null },
    { type: 'lost', detail },
  ]
}

/** A CLI may change the conversation by itself (`/clear`): the process is in the one it says it is. */
export function follow(lease: Lease, events: readonly RunEvent[]): void {
  for (const event of events) {
    if (event.type !== 'started' || event.conversation === null) continue
    const { id, transcript } = event.conversation
    if (lease.record.conversation !== id) lease.keep({ conversation: id, transcript })
  }
}
