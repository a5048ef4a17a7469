import type { ChatMessage } from './chat.ts'
import type { Session } from './session.ts'

/** What the operator says about channels (SPEC F2). Threads and DMs are not theirs: there every message is for the agent. */
export interface ChannelRules {
  /** OMC_CHANNEL_LISTEN: which messages beside mentions and replies start a prompt. */
  readonly listen: 'starter' | 'mention' | 'all'
  /** OMC_CHANNEL_INCLUDE_BYSTANDERS: what people say to each other may reach the agent as well. */
  readonly includeBystanders: boolean
  /** OMC_CHANNEL_HISTORY_N: so many earlier messages go along with a prompt. */
  readonly history: number
}

/**
 * Whether a message is meant for the agent: in a thread with a session and in a DM every one; in a channel one that
 * mentions the bot or replies to it, and what OMC_CHANNEL_LISTEN adds. A reply to somebody else is said to them, also
 * when the one who started the session writes it.
 */
export function isForUs(
  message: Pick<ChatMessage, 'addressed' | 'aside' | 'place' | 'author'>,
  session: Pick<Session, 'owner'> | null,
  rules: ChannelRules,
): boolean {
  if (message.addressed) return true
  if (session === null) return message.place.kind === 'dm'
  if (message.place.kind !== 'channel') return true
  if (message.aside && !rules.includeBystanders) return false
  return rules.listen === 'all' || (rules.listen === 'starter' && message.author.id === session.owner)
}
