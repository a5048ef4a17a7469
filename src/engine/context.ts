import type { Chat, ChatMessage } from '../core/chat.ts'
import { messageOf } from '../core/failure.ts'
import type { ChannelRules } from '../core/listening.ts'
import type { Log } from '../core/log.ts'
import type { Remark } from '../core/prompt.ts'
import type { EngineDesk } from './desk.ts'

export interface ContextTools {
  readonly chat: Chat
  readonly desk: EngineDesk
  readonly channel: ChannelRules
  readonly log: Log
}

/**
 * What was said in a channel before a prompt and may go along with it. It is read when the prompt is taken in and kept
 * with it in the journal, so that a later attempt is told the same; nothing else of the channel is kept anywhere.
 *
 * Words that reach an agent pass the gate like a prompt: without the right to ask, nobody puts theirs into another
 * person's. With OMC_CHANNEL_INCLUDE_BYSTANDERS only the blocked are left out. A channel that cannot be read now must
 * not lose the prompt: it is asked without context.
 */
export async function contextOf({ place, id }: ChatMessage, tools: ContextTools): Promise<readonly Remark[]> {
  const { chat, desk, channel, log } = tools
  if (place.kind !== 'channel' || channel.history === 0) return []
  try {
    return await chat.recent(place, id, {
      most: channel.history,
      bystanders: channel.includeBystanders,
      async admits(author) {
        const { allowed, tier } = await desk.judge(author, 'prompt', place)
        return allowed || (channel.includeBystanders && tier !== 'blocked')
      },
    })
  } catch (error) {
    log.warn({ place: place.id, error: messageOf(error) }, 'context.unread')
    return []
  }
}
