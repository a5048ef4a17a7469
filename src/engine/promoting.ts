import type { Checkpoint } from '../core/checkpoint.ts'
import type { Promoted, Result } from '../core/desk.ts'
import type { Journal, OpenRun } from '../core/journal.ts'
import { isQueued } from '../core/lifecycle.ts'
import { no, yes } from '../core/result.ts'
import { retry, type RetryTools } from '../system/back-off.ts'

export interface PromotingTools extends RetryTools {
  readonly journal: Pick<Journal, 'openOf' | 'append'>
  readonly checkpoint: Checkpoint
}

/**
 * Puts a waiting prompt first in the queue: see `Desk.promote`. The session's earlier ones are written first, so a death in
 * between leaves an order that is right, and once more does the rest.
 */
export async function promote({ run, session }: OpenRun, by: string, tools: PromotingTools): Promise<Result<Promoted>> {
  const { journal, clock, checkpoint } = tools
  const waiting = (await journal.openOf(session)).filter(({ state }) => isQueued(state))
  const at = waiting.findIndex((each) => each.run === run)
  if (at === -1) return no({ code: 'not-waiting' })
  for (const each of waiting.slice(0, at + 1)) {
    if (each.isPromoted) continue
    const written = await retry(tools, 'promote', () =>
      journal.append(each.run, [{ type: 'promoted', by }], clock.now()),
    )
    if (written.length > 0) checkpoint('run-promoted')
    // It has begun, or was taken back, just now.
    else if (each.run === run) return no({ code: 'not-waiting' })
  }
  return yes({ run, before: at })
}
