import { describeBody } from '../transcript.ts'
import type { APIEmbed } from 'discord-api-types/v10'

/** How a message looked at one moment. */
export interface Revision {
  /** when this person's client heard of it, ms since 1970 */
  at: number
  content: string
  embeds: readonly APIEmbed[]
  components: readonly ViewedComponent[]
  attachments: readonly ViewedAttachment[]
}

export interface ViewedComponent {
  type: number
  id: number
  custom_id?: string
  label?: string
  disabled?: boolean
  options?: { label: string; value: string; default?: boolean }[]
  components?: ViewedComponent[]
  [key: string]: unknown
}

export interface ViewedAttachment {
  id: string
  filename: string
  size: number
  url: string
  content_type?: string
}

/** A message as a person sees it. The same object is updated as edits arrive. */
export interface SeenMessage extends Omit<Revision, 'at'> {
  readonly id: string
  readonly channelId: string
  readonly author: { id: string; username: string; bot: boolean }
  readonly type: number
  readonly sentAt: number
  flags: number
  /** only this person sees it */
  readonly ephemeral: boolean
  /** "… is thinking" */
  loading: boolean
  edited: boolean
  pinned: boolean
  mentions: readonly string[]
  /** the message it replies to */
  readonly repliesTo: string | null
  /** the interaction it answers */
  readonly interactionId: string | null
  threadId: string | null
  reactions: readonly { emoji: string; count: number; me: boolean }[]
  /** everything it has looked like, oldest first; from history only the present look */
  revisions: Revision[]
  deletedAt: number | null
}

/** A message as the wire has it, as far as a person's client looks at it. */
export interface WireMessage {
  id: string
  channel_id: string
  type: number
  content: string
  author: { id: string; username: string; bot?: boolean }
  embeds: APIEmbed[]
  components: ViewedComponent[]
  attachments: ViewedAttachment[]
  flags: number
  timestamp: string
  edited_timestamp: string | null
  pinned: boolean
  mentions: { id: string }[]
  message_reference?: { message_id?: string }
  interaction_metadata?: { id: string }
  thread?: { id: string }
  reactions?: { emoji: { name: string }; count: number; me: boolean }[]
}

function look(wire: WireMessage, at: number): Revision {
  return { at, content: wire.content, embeds: wire.embeds, components: wire.components, attachments: wire.attachments }
}

/** What one person sees of one channel: history, and everything that came since. */
export class ChannelView {
  readonly #messages = new Map<string, SeenMessage>()
  loaded = false
  /** what the gateway told while a page of history was on its way; null when none is */
  #touched: Set<string> | null = null

  /** Takes in a message from history, a create or an update. */
  take(data: object): SeenMessage {
    const wire = data as WireMessage
    this.#touched?.add(wire.id)
    const known = this.#messages.get(wire.id)
    const now = Date.now()
    const revision = look(wire, now)
    const changing = {
      content: wire.content,
      embeds: wire.embeds,
      components: wire.components,
      attachments: wire.attachments,
      flags: wire.flags,
      loading: (wire.flags & 128) !== 0,
      edited: wire.edited_timestamp !== null,
      pinned: wire.pinned,
      mentions: wire.mentions.map((user) => user.id),
      threadId: wire.thread?.id ?? null,
      reactions: (wire.reactions ?? []).map(({ emoji, count, me }) => ({ emoji: emoji.name, count, me })),
    }
    if (known) {
      const last = known.revisions.at(-1)
      const same = last && JSON.stringify({ ...last, at: 0 }) === JSON.stringify({ ...revision, at: 0 })
      Object.assign(known, changing)
      if (!same) known.revisions.push(revision)
      return known
    }
    const seen: SeenMessage = {
      id: wire.id,
      channelId: wire.channel_id,
      author: { id: wire.author.id, username: wire.author.username, bot: wire.author.bot === true },
      type: wire.type,
      sentAt: Date.parse(wire.timestamp),
      ephemeral: (wire.flags & 64) !== 0,
      repliesTo: wire.message_reference?.message_id ?? null,
      interactionId: wire.interaction_metadata?.id ?? null,
      revisions: [revision],
      deletedAt: null,
      ...changing,
    }
    this.#messages.set(seen.id, seen)
    return seen
  }

  /** From now on, what the gateway tells is newer than the page that is asked for. */
  expectPage(): void {
    this.#touched ??= new Set()
  }

  /** Takes in a page of history (newest first, at most `limit`); what is missing from it was deleted meanwhile. */
  takePage(page: readonly WireMessage[], limit: number): void {
    const touched = this.#touched ?? new Set<string>()
    this.#touched = null
    for (const message of page.toReversed()) if (!touched.has(message.id)) this.take(message)
    const oldest = page.length < limit ? 0n : BigInt(page.at(-1)?.id ?? 0)
    const there = new Set(page.map((message) => message.id))
    for (const { id, ephemeral } of this.present()) {
      if (!ephemeral && BigInt(id) >= oldest && !there.has(id) && !touched.has(id)) this.remove(id)
    }
  }

  react(id: string, emoji: string, change: 1 | -1, mine: boolean): void {
    const message = this.#messages.get(id)
    if (!message) return
    const known = message.reactions.find((one) => one.emoji === emoji) ?? { emoji, count: 0, me: false }
    const next = { emoji, count: known.count + change, me: mine ? change === 1 : known.me }
    const others = message.reactions.filter((one) => one.emoji !== emoji)
    message.reactions = next.count > 0 ? [...others, next] : others
  }

  remove(id: string): void {
    this.#touched?.add(id)
    const message = this.#messages.get(id)
    if (message) message.deletedAt = Date.now()
  }

  get(id: string): SeenMessage | undefined {
    return this.#messages.get(id)
  }

  /** What stands there now, oldest first. */
  present(): SeenMessage[] {
    return this.all().filter((message) => message.deletedAt === null)
  }

  /** Also what was deleted. */
  all(): SeenMessage[] {
    return [...this.#messages.values()].toSorted((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1))
  }

  /** For the story of a failed test. */
  text(): string {
    const lines = this.all().map((message) => {
      const marks = [
        ...(message.ephemeral ? ['only you'] : []),
        ...(message.loading ? ['thinking'] : []),
        ...(message.edited ? [`edited, ${message.revisions.length} looks`] : []),
        ...(message.deletedAt === null ? [] : ['deleted']),
      ]
      return `  ${message.author.username}${marks.length ? ` (${marks.join(', ')})` : ''}: ${describeBody(message)}`
    })
    return lines.length === 0 ? '  (nothing)' : lines.join('\n')
  }
}

/** Every component of a message, in reading order. */
export function* componentsOf(nodes: readonly ViewedComponent[]): Generator<ViewedComponent> {
  for (const node of nodes) {
    yield node
    if (node.components) yield* componentsOf(node.components)
    for (const key of ['accessory', 'component']) {
      const inner = node[key]
      if (typeof inner === 'object' && inner !== null) yield* componentsOf([inner as ViewedComponent])
    }
  }
}

/** A message as far as somebody reads and presses it: one that was seen, or one of the world's own records. */
export interface Legible {
  readonly content: string
  readonly components: readonly unknown[]
}

/** What can be read in a message: its content, then the texts among its parts (Components V2). */
export function textOf({ content, components }: Legible): string {
  const texts = [...componentsOf(components as readonly ViewedComponent[])].flatMap(({ content: text }) =>
    typeof text === 'string' ? [text] : [],
  )
  return [content, ...texts].filter((text) => text !== '').join('\n')
}

/** The buttons and selects of a message, wherever in it they stand. */
export function controlsOf({ components }: Legible): readonly ViewedComponent[] {
  return [...componentsOf(components as readonly ViewedComponent[])].filter(({ custom_id: id }) => id !== undefined)
}
