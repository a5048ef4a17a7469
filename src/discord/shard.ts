import type { SessionInfo, WebSocketShard } from '@discordjs/ws'
import { messageOf } from '../core/failure.ts'
import type { Log } from '../core/log.ts'

/** The parts of a shard of @discordjs/ws that are guarded; its types keep them private. */
interface GuardedShard {
  connection: { terminate(): void } | null
  onMessage(data: unknown, isBinary: boolean): Promise<void>
  resume(session: SessionInfo): Promise<void>
}

/**
 * What a shard does with a message runs outside any promise of ours: a throw there would end the process. And it asks
 * for a session only when `mayResume` says so; otherwise whoever is asked sees to another.
 */
export function protect(shard: WebSocketShard, log: Log, mayResume: () => boolean): void {
  const inner = guarded(shard)
  const onMessage = inner.onMessage.bind(shard)
  inner.onMessage = async (data, isBinary) => {
    try {
      await onMessage(data, isBinary)
    } catch (error) {
      log.error({ error: messageOf(error) }, 'discord.malformed')
    }
  }
  const resume = inner.resume.bind(shard)
  inner.resume = async (session) => {
    if (mayResume()) await resume(session)
  }
}

/** Breaks the connection that a shard has or builds up, without a word. */
export function terminate(shard: WebSocketShard): void {
  guarded(shard).connection?.terminate()
}

function guarded(shard: WebSocketShard): GuardedShard {
  return shard as unknown as GuardedShard
}
