import { noUsage } from '../core/event.ts'
import type { SessionId, WorkerId } from '../core/ids.ts'
import { isLive } from '../core/lifecycle.ts'
import { retry } from '../system/back-off.ts'
import { stopRun, type StoppingTools } from './stopping.ts'
import type { Vault } from '../core/vault.ts'

/** What was given up with a machine. */
export interface GivenUp {
  readonly sessions: number
  readonly runs: number
}

/**
 * Gives a machine up for good: whatever it still does, nothing of it is written any more; its sessions end and its runs are
 * over. Safe to call again after a death in between; null: there never was such a machine.
 */
export async function dropMachine(
  id: WorkerId,
  by: string,
  tools: StoppingTools & { readonly vault: Vault },
): Promise<GivenUp> {
  const { vault, journal, clock, log } = tools
  await vault.machines.drop(id)
  const theirs = (await vault.liveSessions()).filter(({ worker }) => worker === id)
  for (const session of theirs) await vault.endSession(session.id, clock.now())
  const ended = new Set<SessionId>(theirs.map((session) => session.id))
  let runs = 0
  for (const { run, state, worker } of await journal.open()) {
    if (worker !== id) continue
    runs++
    if (!isLive(state)) {
      await stopRun(run, by, tools)
      continue
    }
    const trouble = { code: 'machine-dropped', machine: id } as const
    const outcome = { kind: 'failed', trouble, usage: noUsage } as const
    await retry(tools, 'drop', () => journal.append(run, [{ type: 'finished', outcome }], clock.now()))
  }
  log.warn({ machine: id, sessions: ended.size, runs }, 'machine.dropped')
  return { sessions: ended.size, runs }
}
