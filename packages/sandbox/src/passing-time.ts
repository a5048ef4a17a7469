import { snowflakeTime } from './clock.ts'
import { endPoll } from './polls.ts'
import { announceThread } from './threads.ts'
import type { Channel } from './records.ts'
import type { World } from './world.ts'

/** How often it is worth looking, by the world's clock. */
const PACE_MS = 1000

/** When anything last happened in a thread: a message, or its waking. */
function lastStir(channel: Channel): number {
  const { lastMessageId, thread } = channel
  return Math.max(thread?.archiveChangedAt ?? 0, lastMessageId === null ? 0 : snowflakeTime(lastMessageId))
}

/**
 * What happens by itself as the clock goes on: threads that nobody wrote in are archived, polls end. The returned
 * function looks whether something is due; it is asked with every request and now and then.
 */
export function passingTime(world: World): () => void {
  let looked = 0
  return () => {
    const now = world.clock.now()
    if (now - looked < PACE_MS && now >= looked) return
    looked = now
    for (const channel of world.channels.values()) {
      const { thread } = channel
      if (!thread || thread.archived || lastStir(channel) + thread.autoArchive * 60_000 > now) continue
      thread.archived = true
      thread.archiveChangedAt = now
      announceThread(world, channel, 'THREAD_UPDATE')
    }
    for (const message of world.openPolls) if (message.poll && message.poll.endsAt <= now) endPoll(world, message)
  }
}
