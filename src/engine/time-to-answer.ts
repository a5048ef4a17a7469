import type { Ask } from '../core/ask.ts'
import type { Chat } from '../core/chat.ts'
import type { EpochMs } from '../core/clock.ts'
import type { Vault } from '../core/vault.ts'
import { retry, type RetryTools } from '../system/back-off.ts'
import type { Matter } from './ask-lists.ts'

/** Less than this part of the time to answer is a reconnect, which costs nobody an answer. */
const leastPart = 1 / 20

export interface TimeToAnswerTools extends RetryTools {
  readonly chat: Pick<Chat, 'away'>
  readonly vault: Pick<Vault, 'approvals'>
  readonly timeoutMs: number
}

/** Its time is over: until when it may be answered all the same, because nobody could be heard meanwhile. Null: over. */
export async function prolonged(matter: Matter, tools: TimeToAnswerTools): Promise<EpochMs | null> {
  const { chat, clock, timeoutMs, vault, log } = tools
  const { token, run, prompt, fate } = matter.ask
  const now = clock.now()
  const away = chat.away(prompt.place, matter.heardSince)
  const leastMs = timeoutMs * leastPart
  if (fate.kind !== 'open' || (!away.now && away.ms < leastMs)) return null
  const until = now + Math.max(away.ms, leastMs)
  matter.heardSince = now
  await retry(tools, 'approval', () => vault.approvals.prolong(token, until))
  log.info({ run, awayMs: away.ms }, 'approval.prolonged')
  return until
}

/** What the agent is told of an answer that did not come. */
export function unansweredReason({ askedAt, expiresAt }: Ask): string {
  const minutes = Math.max(1, Math.round((expiresAt - askedAt) / 60_000))
  return `Nobody answered within ${minutes} min, so the answer is no. Go on without it, or ask again later.`
}
