import type { Checkpoint } from '../core/checkpoint.ts'
import type { Stopped } from '../core/desk.ts'
import type { RunId } from '../core/ids.ts'
import type { Journal } from '../core/journal.ts'
import { viewOf } from '../core/view.ts'
import { retry, type RetryTools } from '../system/back-off.ts'

export interface StoppingTools extends RetryTools {
  readonly journal: Journal
  readonly checkpoint: Checkpoint
}

/**
 * Writes that somebody (null: the bot) stops a run, wherever it stands; whoever conducts it reads that. Null: it is
 * over. Once more changes nothing.
 */
export async function stopRun(run: RunId, by: string | null, tools: StoppingTools): Promise<Stopped | null> {
  const { journal, clock, checkpoint } = tools
  const at = clock.now()
  const [stopped] = await retry(tools, 'stop', () => journal.append(run, [{ type: 'stopped', by }], at))
  if (stopped !== undefined) checkpoint('run-stopped')
  const entries = await retry(tools, 'stop', () => journal.read(run))
  const before = viewOf(stopped === undefined ? entries : entries.filter(({ seq }) => seq < stopped.seq))
  if (before === null || before.run.state === 'over') return null
  return before.run.state === 'waiting'
    ? { run, waiting: true, afterMs: 0 }
    : { run, waiting: false, afterMs: at - (before.startedAt ?? at) }
}
