import { ChannelView } from './view.ts'

export interface SeenPlace {
  id: string
  name: string
  type: number
  guildId: string | null
  parentId: string | null
  archived: boolean
}

/** A channel, thread or DM: an id, a name (`general`, `#general`), or anything with an id. */
export type Place = string | { id: string }

/** A channel as the wire has it, as far as a person's client looks at it. */
export interface WireChannel {
  id: string
  type: number
  name?: string
  guild_id?: string
  parent_id?: string | null
  thread_metadata?: { archived: boolean }
  recipients?: { id: string; username: string }[]
}

interface Ready {
  user: { id: string; username: string }
  guilds: { id: string; channels: WireChannel[]; threads: WireChannel[] }[]
  private_channels: WireChannel[]
}

/** What one person's client knows: folded from the dispatches it was sent. */
export class Eyes {
  id = ''
  name = ''
  guildId = ''
  readonly #places = new Map<string, SeenPlace>()
  readonly #views = new Map<string, ChannelView>()
  readonly #typing: { userId: string; channelId: string; at: number }[] = []
  readonly #watchers = new Set<() => void>()

  place(place: Place): SeenPlace {
    if (typeof place === 'object') {
      const known = this.#places.get(place.id)
      return known ?? { id: place.id, name: place.id, type: 0, guildId: this.guildId, parentId: null, archived: false }
    }
    const wanted = place.replace(/^#/, '')
    const found = this.#places.get(wanted) ?? this.places().findLast((one) => one.name === wanted)
    if (found) return found
    throw new Error(
      `${this.name} sees no place "${place}". They see: ${this.places()
        .map((one) => one.name)
        .join(', ')}`,
    )
  }

  places(): SeenPlace[] {
    return [...this.#places.values()]
  }

  nameOf(channelId: string): string {
    return this.#places.get(channelId)?.name ?? channelId
  }

  view(channelId: string): ChannelView {
    let view = this.#views.get(channelId)
    if (!view) this.#views.set(channelId, (view = new ChannelView()))
    return view
  }

  /** Channels whose history was read. */
  loadedViews(): string[] {
    return [...this.#views].flatMap(([id, view]) => (view.loaded ? [id] : []))
  }

  /** Whether somebody was seen typing in a channel since a moment (ms since 1970). */
  sawTyping(channelId: string, userId: string, since: number): boolean {
    return this.#typing.some((one) => one.channelId === channelId && one.userId === userId && one.at >= since)
  }

  learn(wire: WireChannel): SeenPlace {
    const place: SeenPlace = {
      id: wire.id,
      name: wire.name ?? `dm-${wire.recipients?.[0]?.username ?? wire.id}`,
      type: wire.type,
      guildId: wire.guild_id ?? null,
      parentId: wire.parent_id ?? null,
      archived: wire.thread_metadata?.archived === true,
    }
    this.#places.set(place.id, place)
    return place
  }

  /** Takes in a dispatch. Those who wait look again after `stir`. */
  hear(name: string, data: Record<string, unknown>): void {
    const text = (key: string) => String(data[key])
    switch (name) {
      case 'READY': {
        const ready = data as unknown as Ready
        this.id = ready.user.id
        this.name = ready.user.username
        for (const guild of ready.guilds) {
          this.guildId = guild.id
          for (const channel of [...guild.channels, ...guild.threads]) this.learn({ ...channel, guild_id: guild.id })
        }
        for (const channel of ready.private_channels) this.learn(channel)
        return
      }
      case 'CHANNEL_CREATE':
      case 'CHANNEL_UPDATE':
      case 'THREAD_CREATE':
      case 'THREAD_UPDATE':
        this.learn(data as unknown as WireChannel)
        return
      case 'THREAD_LIST_SYNC':
        for (const thread of data['threads'] as WireChannel[]) this.learn(thread)
        return
      case 'CHANNEL_DELETE':
      case 'THREAD_DELETE':
        this.#places.delete(text('id'))
        return
      case 'MESSAGE_CREATE':
      case 'MESSAGE_UPDATE':
        this.view(text('channel_id')).take(data)
        return
      case 'MESSAGE_DELETE':
        this.view(text('channel_id')).remove(text('id'))
        return
      case 'MESSAGE_DELETE_BULK':
        for (const id of data['ids'] as string[]) this.view(text('channel_id')).remove(id)
        return
      case 'MESSAGE_REACTION_ADD':
      case 'MESSAGE_REACTION_REMOVE': {
        const { name: emoji } = data['emoji'] as { name: string }
        const mine = text('user_id') === this.id
        this.view(text('channel_id')).react(text('message_id'), emoji, name.endsWith('ADD') ? 1 : -1, mine)
        return
      }
      case 'TYPING_START':
        this.#typing.push({ userId: text('user_id'), channelId: text('channel_id'), at: Date.now() })
        if (this.#typing.length > 500) this.#typing.splice(0, 250)
        return
      default:
    }
  }

  stir(): void {
    for (const watcher of this.#watchers) watcher()
  }

  /**
   * Waits until a question has an answer; asks again after every dispatch.
   * @param within milliseconds, then it fails with the story
   */
  async until<T>(look: () => T | null | undefined | false, within: number, story: () => string): Promise<T> {
    const first = look()
    if (first) return first
    return new Promise<T>((resolve, reject) => {
      const end = () => {
        clearTimeout(timer)
        this.#watchers.delete(again)
      }
      const again = () => {
        try {
          const found = look()
          if (!found) return
          end()
          resolve(found)
        } catch (error) {
          end()
          reject(error)
        }
      }
      const timer = setTimeout(() => {
        end()
        reject(new Error(`After ${within} ms: ${story()}`))
      }, within)
      this.#watchers.add(again)
    })
  }
}
