import { z } from 'zod'
import { readForm } from '../rules/form.ts'
import { snowflake } from '../rules/message.ts'
import { wireMessage } from '../wire.ts'
import { isThread, wireThread, wireThreadMember } from '../wire-channel.ts'
import { ok, route } from './route.ts'
import type { Message } from '../records.ts'
import type { World } from '../world.ts'
import type { Route } from './route.ts'

const flag = z.enum(['true', 'false']).transform((text) => text === 'true')
const HAS = ['link', 'embed', 'file', 'image', 'video', 'sound', 'sticker', 'poll', 'snapshot'] as const
const searching = z.object({
  content: z.string().max(1024).optional(),
  author_id: z.array(snowflake).max(100),
  channel_id: z.array(snowflake).max(500),
  mentions: z.array(snowflake).max(100),
  has: z.array(z.enum(HAS)),
  pinned: flag.optional(),
  mention_everyone: flag.optional(),
  min_id: snowflake.optional(),
  max_id: snowflake.optional(),
  sort_order: z.enum(['asc', 'desc']).default('desc'),
  limit: z.coerce.number().int().min(1).max(25).default(25),
  offset: z.coerce.number().int().min(0).max(9975).default(0),
})
type Searching = z.infer<typeof searching>

/** Parameters that may be given many times. */
const LISTS = ['author_id', 'channel_id', 'mentions', 'has'] as const

function read(query: URLSearchParams): Searching {
  const lists = Object.fromEntries(LISTS.map((name) => [name, query.getAll(name)]))
  return readForm(searching, { ...Object.fromEntries(query), ...lists })
}

function has(message: Message, what: (typeof HAS)[number]): boolean {
  const ofType = (type: string) => message.attachments.some((one) => one.contentType.startsWith(`${type}/`))
  switch (what) {
    case 'link':
      return /https?:\/\//.test(message.content)
    case 'embed':
      return message.embeds.length > 0
    case 'file':
      return message.attachments.length > 0
    case 'image':
    case 'video':
      return ofType(what)
    case 'sound':
      return ofType('audio')
    case 'poll':
      return message.poll !== null
    case 'sticker':
    case 'snapshot':
      return false
  }
}

function fits(message: Message, asked: Searching): boolean {
  const text = message.content.toLowerCase()
  const words = (asked.content ?? '').toLowerCase().split(/\s+/).filter(Boolean)
  const among = (list: readonly string[], value: string) => list.length === 0 || list.includes(value)
  return (
    message.onlyFor === null &&
    words.every((word) => text.includes(word)) &&
    among(asked.author_id, message.authorId) &&
    among(asked.channel_id, message.channelId) &&
    (asked.mentions.length === 0 || asked.mentions.some((id) => message.mentions.includes(id))) &&
    asked.has.every((what) => has(message, what)) &&
    (asked.pinned === undefined || asked.pinned === (message.pinnedAt !== null)) &&
    (asked.mention_everyone === undefined || asked.mention_everyone === message.mentionEveryone) &&
    (asked.min_id === undefined || BigInt(message.id) > BigInt(asked.min_id)) &&
    (asked.max_id === undefined || BigInt(message.id) < BigInt(asked.max_id))
  )
}

/** Search through everything the viewer may read. https://discord.com/developers/docs/resources/message */
export function searchRoutes(world: World): Route[] {
  return [
    route('GET', '/guilds/{guild_id}/messages/search', ({ viewer, path, query }) => {
      world.needInGuild(viewer, path.guild_id)
      const asked = read(query)
      const readable = world
        .channelsOf(path.guild_id)
        .filter((channel) => world.maySee(viewer, channel) && world.may(viewer, channel, 'ReadMessageHistory'))
      const found = readable
        .flatMap((channel) => [...world.history(channel.id).values()].filter((message) => fits(message, asked)))
        .toSorted((a, b) => (BigInt(a.id) < BigInt(b.id) === (asked.sort_order === 'asc') ? -1 : 1))
      const shown = found.slice(asked.offset, asked.offset + asked.limit)
      const threads = readable.filter(isThread).filter((one) => shown.some((message) => message.channelId === one.id))
      return ok({
        messages: shown.map((message) => [{ ...wireMessage(world, message, viewer), hit: true }]),
        doing_deep_historical_index: false,
        total_results: found.length,
        threads: threads.map((thread) => wireThread(world, thread, viewer)),
        members: threads.flatMap((thread) => {
          const joinedAt = thread.thread.members.get(viewer.id)
          return joinedAt === undefined ? [] : [wireThreadMember(thread.id, viewer.id, joinedAt)]
        }),
      })
    }),
  ]
}
