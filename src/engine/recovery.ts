import type { Journal } from '../core/journal.ts'
import { isLive } from '../core/lifecycle.ts'
import type { Log } from '../core/log.ts'
import type { Runtime } from '../core/runtime.ts'
import type { Vault } from '../core/vault.ts'
import type { Dispatcher } from './dispatcher.ts'

export interface RecoveryTools {
  readonly journal: Journal
  readonly vault: Vault
  readonly runtimes: readonly Runtime[]
  readonly dispatcher: Dispatcher
  readonly log: Log
}

/**
 * After a death at whatever moment: ends agents that belong to no session any more, and takes over every run that was
 * at work. A run whose process is gone waits again, or says that it was lost. Waiting runs need nothing.
 */
export async function recover(tools: RecoveryTools): Promise<void> {
  const { journal, vault, dispatcher, log } = tools
  const live = (await journal.open()).filter((open) => isLive(open.state))
  const keep = new Set([...(await vault.liveSessions()).map(({ id }) => id), ...live.map(({ session }) => session)])
  const ended = await Promise.all(tools.runtimes.map((runtime) => runtime.sweep(keep)))
  await Promise.all(live.map((open) => dispatcher.recover(open)))
  const swept = ended.reduce((sum, count) => sum + count, 0)
  if (swept > 0 || live.length > 0) log.info({ runs: live.length, processesEnded: swept }, 'recovery.done')
}
