import type { Chat } from '../core/chat.ts'
import type { Clock } from '../core/clock.ts'
import { messageOf } from '../core/failure.ts'
import type { Log } from '../core/log.ts'
import type { Vault } from '../core/vault.ts'

/** How often the mark is renewed. */
const aliveEveryMs = 20_000

interface AliveTools {
  readonly vault: Pick<Vault, 'alive'>
  readonly chat: Pick<Chat, 'state'>
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
}

/** Keeps the mark from which "I was away for …" counts, now and as long as the bot hears. */
export function markAlive(tools: AliveTools): void {
  const { vault, chat, clock, log, signal } = tools
  if (signal.aborted) return
  if (chat.state().state === 'ready') {
    vault.alive(clock.now()).catch((error: unknown) => log.warn({ error: messageOf(error) }, 'store.failed'))
  }
  clock.after(aliveEveryMs, () => markAlive(tools))
}
