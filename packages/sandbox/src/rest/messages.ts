import { z } from 'zod'
import { INTENT } from '../intents.ts'
import { deleteMessages, earlierWithNonce, editMessage, FLAG, needToWrite, postMessage, tell } from '../messages.ts'
import { refusal } from '../refusal.ts'
import { readForm } from '../rules/form.ts'
import { IS_COMPONENTS_V2, messageEdit, newMessage, snowflake } from '../rules/message.ts'
import { needPatience } from '../slowmode.ts'
import { snowflakeTime } from '../clock.ts'
import { wireBareMember, wireMember, wireMessage } from '../wire.ts'
import { wireUser } from '../wire-channel.ts'
import { nothing, ok, readBody, route } from './route.ts'
import type { Channel, Message, Reaction, User } from '../records.ts'
import type { World } from '../world.ts'
import type { Route } from './route.ts'

const page = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(50),
  before: snowflake.optional(),
  after: snowflake.optional(),
  around: snowflake.optional(),
})

/** A page of history, newest first; ephemeral messages are in nobody's history. */
function historyPage(world: World, channel: Channel, query: URLSearchParams): Message[] {
  const { limit, before, after, around } = readForm(page, Object.fromEntries(query))
  const all = [...world.history(channel.id).values()].filter((message) => message.onlyFor === null)
  const id = (message: Message) => BigInt(message.id)
  if (around !== undefined) {
    const middle = BigInt(around)
    const older = all.filter((message) => id(message) < middle).slice(-Math.floor(limit / 2))
    const rest = all.filter((message) => id(message) >= middle).slice(0, limit - older.length)
    return [...older, ...rest].toReversed()
  }
  if (after !== undefined)
    return all
      .filter((message) => id(message) > BigInt(after))
      .slice(0, limit)
      .toReversed()
  const until = before === undefined ? all : all.filter((message) => id(message) < BigInt(before))
  return until.slice(-limit).toReversed()
}

/** A message that the viewer can reach by REST in a channel that they can see. */
function reach(
  world: World,
  viewer: User,
  channelId: string,
  messageId: string,
): { channel: Channel; message: Message } {
  const channel = world.channel(channelId)
  world.need(viewer, channel)
  const message = world.message(channelId, messageId)
  if (message.onlyFor !== null && message.onlyFor !== viewer.id) throw refusal('unknownMessage')
  return { channel, message }
}

function findReaction(
  message: Message,
  emoji: string,
): { found: Reaction | undefined; id: string | null; name: string } {
  const custom = /^(?:a:)?(\w+):(\d+)$/.exec(emoji)
  const id = custom?.[2] ?? null
  const name = custom?.[1] ?? emoji
  return { found: message.reactions.find((one) => one.emojiId === id && one.emojiName === name), id, name }
}

function tellReaction(world: World, name: string, message: Message, userId: string, reaction: Reaction): void {
  const member = message.guildId === null ? undefined : world.guild(message.guildId).members.get(userId)
  world.emit({
    name,
    data: {
      user_id: userId,
      channel_id: message.channelId,
      message_id: message.id,
      emoji: { id: reaction.emojiId, name: reaction.emojiName },
      burst: false,
      type: 0,
      ...(message.guildId === null ? {} : { guild_id: message.guildId }),
      ...(name === 'MESSAGE_REACTION_ADD'
        ? { message_author_id: message.authorId, ...(member ? { member: wireMember(world, member) } : {}) }
        : {}),
    },
    audience: { channel: message.channelId },
    intents: message.guildId === null ? INTENT.directReactions : INTENT.guildReactions,
  })
}

function removeReaction(world: World, message: Message, emoji: string, userId: string): void {
  const { found } = findReaction(message, emoji)
  if (!found) throw refusal('unknownEmoji')
  if (!found.users.delete(userId)) return
  if (found.users.size === 0) message.reactions = message.reactions.filter((one) => one !== found)
  tellReaction(world, 'MESSAGE_REACTION_REMOVE', message, userId, found)
}

/** Messages that somebody wrote; the others are Discord's own lines. */
const EDITABLE = new Set([0, 19, 20, 23])

const ANNOUNCEMENT = 5

const TWO_WEEKS = 14 * 24 * 3_600_000

export function messageRoutes(world: World): Route[] {
  return [
    route('GET', '/channels/{channel_id}/messages', ({ viewer, path, query }) => {
      const channel = world.channel(path.channel_id)
      world.need(viewer, channel)
      // Without the right to read history Discord answers with an empty list, not with a refusal.
      if (!world.may(viewer, channel, 'ReadMessageHistory')) return ok([])
      return ok(historyPage(world, channel, query).map((message) => wireMessage(world, message, viewer)))
    }),
    route('POST', '/channels/{channel_id}/messages', ({ viewer, path, body, uploads }) => {
      const channel = world.channel(path.channel_id)
      world.need(viewer, channel)
      const form = readBody(newMessage, body)
      needToWrite(world, viewer, channel, form, uploads)
      const earlier = earlierWithNonce(world, viewer, channel, form)
      if (earlier) return ok(wireMessage(world, earlier, viewer))
      needPatience(world, viewer, channel)
      return ok(wireMessage(world, postMessage(world, { author: viewer, channel, form, uploads }), viewer))
    }),
    route('POST', '/channels/{channel_id}/messages/bulk-delete', ({ viewer, path, body }) => {
      const channel = world.channel(path.channel_id)
      if (channel.guildId === null) throw refusal('cannotOnDm')
      world.need(viewer, channel, 'ManageMessages')
      const form = readBody(z.object({ messages: z.array(snowflake) }), body)
      const ids = [...new Set(form.messages)]
      if (ids.length < 2 || ids.length > 100) throw refusal('bulkDeleteCount')
      if (ids.some((id) => snowflakeTime(id) < world.clock.now() - TWO_WEEKS)) throw refusal('tooOldToBulkDelete')
      const found = ids.flatMap((id) => world.history(channel.id).get(id) ?? [])
      deleteMessages(world, channel, found)
      return nothing()
    }),
    route('GET', '/channels/{channel_id}/messages/{message_id}', ({ viewer, path }) => {
      const { channel, message } = reach(world, viewer, path.channel_id, path.message_id)
      world.need(viewer, channel, 'ReadMessageHistory')
      // Ephemeral messages are reached only by the interaction's webhook.
      if (message.onlyFor !== null) throw refusal('unknownMessage')
      return ok(wireMessage(world, message, viewer))
    }),
    route('PATCH', '/channels/{channel_id}/messages/{message_id}', ({ viewer, path, body, uploads }) => {
      const { channel, message } = reach(world, viewer, path.channel_id, path.message_id)
      if (message.onlyFor !== null) throw refusal('unknownMessage')
      const form = readBody(messageEdit((message.flags & IS_COMPONENTS_V2) !== 0), body)
      if (!EDITABLE.has(message.type)) throw refusal('systemMessage')
      if (message.authorId !== viewer.id || message.webhook) {
        const onlyFlags = Object.entries(form).every(([key, value]) => key === 'flags' || value === undefined)
        if (!onlyFlags) throw refusal('notAuthor')
        world.need(viewer, channel, 'ManageMessages')
      }
      if (channel.thread?.archived) throw refusal('archivedThread')
      return ok(wireMessage(world, editMessage(world, message, form, uploads), viewer))
    }),
    route('DELETE', '/channels/{channel_id}/messages/{message_id}', ({ viewer, path }) => {
      const { channel, message } = reach(world, viewer, path.channel_id, path.message_id)
      if (message.onlyFor !== null) throw refusal('unknownMessage')
      if (message.authorId !== viewer.id) {
        if (channel.guildId === null) throw refusal('cannotOnDm')
        world.need(viewer, channel, 'ManageMessages')
      }
      if (channel.thread?.archived) throw refusal('archivedThread')
      deleteMessages(world, channel, [message])
      return nothing()
    }),
    route('POST', '/channels/{channel_id}/messages/{message_id}/crosspost', ({ viewer, path }) => {
      const { channel, message } = reach(world, viewer, path.channel_id, path.message_id)
      if (channel.type !== ANNOUNCEMENT) throw refusal('wrongChannelType')
      world.need(viewer, channel, 'SendMessages')
      if (message.authorId !== viewer.id) world.need(viewer, channel, 'ManageMessages')
      if (message.flags & FLAG.crossposted) throw refusal('alreadyCrossposted')
      message.flags |= FLAG.crossposted
      tell(world, message, 'MESSAGE_UPDATE')
      return ok(wireMessage(world, message, viewer))
    }),
    route('POST', '/channels/{channel_id}/typing', ({ viewer, path }) => {
      const channel = world.channel(path.channel_id)
      world.need(viewer, channel, channel.thread ? 'SendMessagesInThreads' : 'SendMessages')
      const member = channel.guildId === null ? undefined : world.member(channel.guildId, viewer.id)
      world.emit({
        name: 'TYPING_START',
        data: {
          channel_id: channel.id,
          user_id: viewer.id,
          timestamp: Math.floor(world.clock.now() / 1000),
          ...(channel.guildId === null ? {} : { guild_id: channel.guildId }),
          ...(member
            ? { member: { ...wireBareMember(member), user: wireUser(viewer), mute: false, deaf: false } }
            : {}),
        },
        audience: { channel: channel.id },
        intents: channel.guildId === null ? INTENT.directTyping : INTENT.guildTyping,
        except: viewer.id,
      })
      return nothing()
    }),
    ...reactionRoutes(world),
  ]
}

function reactionRoutes(world: World): Route[] {
  const base = '/channels/{channel_id}/messages/{message_id}/reactions' as const
  const ofEmoji = `${base}/{emoji_name}` as const
  const own = `${ofEmoji}/@me` as const
  const ofUser = `${ofEmoji}/{user_id}` as const
  return [
    route('PUT', own, ({ viewer, path }) => {
      const { channel, message } = reach(world, viewer, path.channel_id, path.message_id)
      world.need(viewer, channel, 'ReadMessageHistory')
      const { found, id, name } = findReaction(message, path.emoji_name)
      if (!found) {
        world.need(viewer, channel, 'AddReactions')
        if (id === null && !/\p{Extended_Pictographic}|\p{Regional_Indicator}|\u20e3/u.test(name))
          throw refusal('unknownEmoji')
        if (message.reactions.length >= 20) throw refusal('maxReactions')
      }
      const reaction = found ?? { emojiId: id, emojiName: name, users: new Set<string>() }
      if (!found) message.reactions.push(reaction)
      if (reaction.users.has(viewer.id)) return nothing()
      reaction.users.add(viewer.id)
      tellReaction(world, 'MESSAGE_REACTION_ADD', message, viewer.id, reaction)
      return nothing()
    }),
    route('DELETE', own, ({ viewer, path }) => {
      const { message } = reach(world, viewer, path.channel_id, path.message_id)
      removeReaction(world, message, path.emoji_name, viewer.id)
      return nothing()
    }),
    route('DELETE', ofUser, ({ viewer, path }) => {
      const { channel, message } = reach(world, viewer, path.channel_id, path.message_id)
      world.need(viewer, channel, 'ManageMessages')
      removeReaction(world, message, path.emoji_name, path.user_id)
      return nothing()
    }),
    route('GET', ofEmoji, ({ viewer, path }) => {
      const { message } = reach(world, viewer, path.channel_id, path.message_id)
      const { found } = findReaction(message, path.emoji_name)
      return ok([...(found?.users ?? [])].map((id) => wireUser(world.user(id))))
    }),
    route('DELETE', ofEmoji, ({ viewer, path }) => {
      const { channel, message } = reach(world, viewer, path.channel_id, path.message_id)
      world.need(viewer, channel, 'ManageMessages')
      const { found } = findReaction(message, path.emoji_name)
      message.reactions = message.reactions.filter((one) => one !== found)
      if (found) clearReactions(world, message, 'MESSAGE_REACTION_REMOVE_EMOJI', found)
      return nothing()
    }),
    route('DELETE', base, ({ viewer, path }) => {
      const { channel, message } = reach(world, viewer, path.channel_id, path.message_id)
      world.need(viewer, channel, 'ManageMessages')
      message.reactions = []
      clearReactions(world, message, 'MESSAGE_REACTION_REMOVE_ALL')
      return nothing()
    }),
  ]
}

function clearReactions(world: World, message: Message, name: string, reaction?: Reaction): void {
  world.emit({
    name,
    data: {
      channel_id: message.channelId,
      message_id: message.id,
      ...(message.guildId === null ? {} : { guild_id: message.guildId }),
      ...(reaction ? { emoji: { id: reaction.emojiId, name: reaction.emojiName } } : {}),
    },
    audience: { channel: message.channelId },
    intents: message.guildId === null ? INTENT.directReactions : INTENT.guildReactions,
  })
}
