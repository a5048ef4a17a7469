import { noUsage } from '../core/event.ts'
import type { SessionId, WorkerId } from '../core/ids.ts'
import { isLive } from '../core/lifecycle.ts'
import type { Outbox } from '../core/message.ts'
import type { Locale } from '../core/person.ts'
import type { Catalogue } from '../core/phrases.ts'
import { retry } from '../system/back-off.ts'
import { stopRun, type StoppingTools } from './stopping.ts'
import type { Vault } from '../core/vault.ts'

/** What was given up with a machine. */
export interface GivenUp {
  readonly sessions: number
  readonly runs: number
}

export interface MachineDropTools {
  readonly vault: Vault
  readonly outbox: Pick<Outbox, 'say'>
  readonly catalogue: Catalogue
  readonly locale: Locale
}

/**
 * Gives a machine up for good: whatever it still does, nothing of it is written any more; its sessions end, which is
 * said in their places, and its runs are over. Safe to call again after a death in between; null: there never was such a machine.
 */
export async function dropMachine(id: WorkerId, by: string, tools: StoppingTools & MachineDropTools): Promise<GivenUp> {
  const { vault, journal, clock, log, outbox, catalogue, locale } = tools
  await vault.machines.drop(id)
  const theirs = (await vault.liveSessions()).filter(({ worker }) => worker === id)
  for (const { id: session, place, name } of theirs) {
    const text = catalogue[locale].machineDropped(name, id, by)
    const note = { key: `machine-dropped:${session}`, place, text, replyTo: null, mention: null }
    // Before the end: it is said once, and whoever tries again finds the session only while it is live.
    await retry(tools, 'drop', () => outbox.say(note))
    await vault.endSession(session, clock.now())
  }
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
