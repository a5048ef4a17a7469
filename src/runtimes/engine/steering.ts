import { messageOf } from '../../core/failure.ts'
import type { Log } from '../../core/log.ts'
import type { Turn } from '../../core/runtime.ts'
import type { Handed } from './hand-over.ts'
import type { ProcessLimits } from './limits.ts'
import type { CliRequest, TurnStanding } from './protocol.ts'

interface SteeringTools {
  readonly log: Log
  readonly limits: Pick<ProcessLimits, 'steerReplyMs'>
  readonly turn: Turn
}

/**
 * Puts a word into a turn whose process says whether it took it, and its reply stands in the spool: after a death of the
 * bot a word that was taken is not said again.
 */
export async function askToSteer<State extends TurnStanding>(
  request: CliRequest,
  { lease, start }: Handed<State>,
  { log, limits, turn }: SteeringTools,
): Promise<boolean> {
  const { channel } = lease.process
  const late = AbortSignal.timeout(limits.steerReplyMs)
  try {
    const was = await channel?.answered(request.reply ?? '', start, lease.record.conversation, late)
    const reply = was ?? (await channel?.ask(request, start, late))
    return reply != null && reply.error === null
  } catch (error) {
    log.warn({ run: turn.run, error: messageOf(error) }, 'agent.steer-failed')
    return false
  }
}
