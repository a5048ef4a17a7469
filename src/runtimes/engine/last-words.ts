import { noUsage, type Outcome, type RunEvent } from '../../core/event.ts'
import type { Trouble } from '../../core/failure.ts'
import { cursorOf } from './cursor.ts'
import type { Lease } from './lease.ts'
import type { Protocol, TurnStanding } from './protocol.ts'

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
 * end is worth another attempt. `taken`: see `Standing`; `why`: see `toldBefore`.
 */
export function lastWords({ spool, record }: Lease, taken: boolean, why: RunEvent | null): readonly RunEvent[] {
  if (why !== null) return [why]
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

/**
 * Why a process that has ended could not start, where it said so before its first turn was handed to it: one that was
 * started early, or was faster than we were, would have said it to nobody, and the turn would have failed with its exit
 * code alone. Null: it said nothing, or its lines belong to other turns. `first`: where the reading of the turn begins.
 */
export async function toldBefore<State extends TurnStanding>(
  protocol: Pick<Protocol<State>, 'openedWith' | 'decode'>,
  { spool, record }: Pick<Lease, 'spool' | 'record'>,
  first: State,
  start: number,
): Promise<RunEvent | null> {
  const isFirst = protocol.openedWith === undefined && record.turn?.warm === false
  if (!isFirst || start === 0 || (spool.death?.code ?? 0) === 0) return null
  let state = first
  const tail = spool.tail(0)
  for (let batch = await tail.next(); batch !== null; batch = await tail.next()) {
    for (const line of batch.lines) {
      if (line.end > start) return null
      const reading = protocol.decode(state, line.text)
      state = reading.state
      const why = reading.events.find((event) => event.type === 'finished' && event.outcome.kind === 'failed')
      if (why !== undefined) return why
    }
  }
  return null
}

/** A CLI may change the conversation by itself (`/clear`): the process is in the one it says it is. */
export function follow(lease: Lease, events: readonly RunEvent[]): void {
  for (const event of events) {
    if (event.type !== 'started' || event.conversation === null) continue
    const { id, transcript } = event.conversation
    if (lease.record.conversation !== id) lease.keep({ conversation: id, transcript })
  }
}

/** Whether the CLI says that its turn was stopped: an earlier life may have asked for it, and have died before it tidied. */
export function saysStopped(events: readonly RunEvent[]): boolean {
  return events.some((event) => event.type === 'finished' && event.outcome.kind === 'stopped')
}
