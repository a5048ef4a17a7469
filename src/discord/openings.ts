import type { REST } from '@discordjs/rest'
import { Routes, type APIMessage } from 'discord-api-types/v10'
import type { Clock } from '../core/clock.ts'
import { messageOf, Problem } from '../core/failure.ts'
import type { Place } from '../core/place.ts'
import { BoundedMap } from '../system/bounded-map.ts'
import type { ChannelCache } from './channel-cache.ts'
import { filled } from './filled.ts'
import { isKeptFromUs, isNoMore, type RequestQueues } from './request-queues.ts'

/** So long what was read is believed, unless Discord tells of a change: what hangs on a message can be fetched for a day. */
const believedForMs = 10 * 60_000
const mostKept = 500

interface Read {
  readonly at: number
  readonly answer: Promise<APIMessage | null>
}

/**
 * The message or post that a thread hangs on: both have the thread's own id. Read when a session begins there, so that the
 * first prompt finds it.
 */
export class Openings {
  readonly #rest: REST
  readonly #queues: RequestQueues
  readonly #channelCache: ChannelCache
  readonly #clock: Clock
  #reads = new BoundedMap<string, Read>(mostKept)

  constructor(rest: REST, queues: RequestQueues, channelCache: ChannelCache, clock: Clock) {
    this.#rest = rest
    this.#queues = queues
    this.#channelCache = channelCache
    this.#clock = clock
  }

  /** Null: there is none, or it is not for us. Rejects when it cannot be read now. */
  async of(place: Place): Promise<APIMessage | null> {
    if (place.kind !== 'thread') return null
    const at = this.#clock.monotonic()
    const known = this.#reads.get(place.id)
    if (known !== undefined && at - known.at < believedForMs) return known.answer
    const read: Read = { at, answer: this.#find(place, () => this.#forget(place.id, read)) }
    this.#reads.set(place.id, read)
    return read.answer
  }

  /** A message was changed or is no more. */
  changed(message: string): void {
    this.#reads.delete(message)
  }

  /** Changes may have been missed. */
  gap(): void {
    this.#reads = new BoundedMap(mostKept)
  }

  /** `unsure`: it may be otherwise in a moment. */
  async #find({ id, channel }: Extract<Place, { kind: 'thread' }>, unsure: () => void): Promise<APIMessage | null> {
    // In a forum the post is in the thread itself; what a channel's thread hangs on is in the channel.
    const isOfChannel = this.#channelCache.known(channel)?.kind === 'channel'
    for (const where of isOfChannel ? [channel] : [id, channel]) {
      const done = await this.#queues.read(where, () => this.#rest.get(Routes.channelMessage(where, id)))
      if (done.ok) return filled(done.value as APIMessage)
      if (!isNoMore(done.error)) unsure()
      if (isKeptFromUs(done.error)) continue
      throw new Problem('wire', `What ${id} hangs on could not be read: ${messageOf(done.error)}`, {
        cause: done.error,
      })
    }
    return null
  }

  #forget(thread: string, read: Read): void {
    if (this.#reads.get(thread) === read) this.#reads.delete(thread)
  }
}
