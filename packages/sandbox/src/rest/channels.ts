import { z } from 'zod'
import { announceChannel, changeAccess, deleteChannel } from '../channels.ts'
import { INTENT } from '../intents.ts'
import { newChannel } from '../description.ts'
import { postMessage, tell } from '../messages.ts'
import { refusal } from '../refusal.ts'
import { readForm } from '../rules/form.ts'
import { snowflake } from '../rules/message.ts'
import { isoTime } from '../clock.ts'
import { wireMessage } from '../wire.ts'
import { wireChannel, wireGuildChannel } from '../wire-channel.ts'
import { editThread } from './threads.ts'
import { created, nothing, ok, readBody, route } from './route.ts'
import type { Channel, Message, Overwrite } from '../records.ts'
import type { World } from '../world.ts'
import type { Ask, Route } from './route.ts'

const bits = z
  .union([z.string().regex(/^\d+$/), z.number().int()])
  .nullish()
  .transform((value) => BigInt(value ?? 0))
const overwriteForm = z.object({ type: z.union([z.literal(0), z.literal(1)]), allow: bits, deny: bits })
const tagForm = z.object({
  id: snowflake.nullish(),
  name: z.string().min(0).max(20),
  moderated: z.boolean().nullish(),
  emoji_id: snowflake.nullish(),
  emoji_name: z.string().nullish(),
})
const channelFields = {
  topic: z.string().max(4096).nullish(),
  parent_id: snowflake.nullish(),
  position: z.number().int().min(0).nullish(),
  nsfw: z.boolean().nullish(),
  rate_limit_per_user: z.number().int().min(0).max(21600).nullish(),
  default_auto_archive_duration: z.number().int().nullish(),
  permission_overwrites: z.array(overwriteForm.extend({ id: snowflake })).nullish(),
  available_tags: z.array(tagForm).max(20).nullish(),
}
const channelName = z.string().min(1).max(100)
const channelEdit = z.object({ name: channelName.nullish(), ...channelFields })
const channelForm = z.object({
  name: channelName,
  type: z.union([z.literal(0), z.literal(2), z.literal(4), z.literal(5), z.literal(13), z.literal(15)]).nullish(),
  ...channelFields,
})

/** Discord writes the names of text channels in lower case with dashes. */
const asChannelName = (name: string, type: number) =>
  type === 4 || type === 2 || type === 13 ? name : name.trim().toLowerCase().replaceAll(/\s+/g, '-')

function apply(world: World, channel: Channel, form: z.infer<typeof channelEdit>): void {
  if (form.name != null) channel.name = asChannelName(form.name, channel.type)
  if (form.topic !== undefined) channel.topic = form.topic
  if (form.parent_id !== undefined) channel.parentId = form.parent_id
  if (form.position != null) channel.position = form.position
  if (form.nsfw != null) channel.nsfw = form.nsfw
  if (form.rate_limit_per_user != null) channel.slowmode = form.rate_limit_per_user
  if (form.default_auto_archive_duration != null) channel.defaultAutoArchive = form.default_auto_archive_duration
  if (form.permission_overwrites != null) channel.overwrites = form.permission_overwrites
  if (form.available_tags != null) {
    channel.tags = form.available_tags.map((tag) => ({
      id: tag.id ?? world.ids.next(),
      name: tag.name,
      moderated: tag.moderated === true,
      emojiId: tag.emoji_id ?? null,
      emojiName: tag.emoji_name ?? null,
    }))
  }
}

export function channelRoutes(world: World): Route[] {
  return [
    route('GET', '/channels/{channel_id}', ({ viewer, path }) => {
      const channel = world.channel(path.channel_id)
      world.need(viewer, channel)
      return ok(wireChannel(world, channel, viewer))
    }),
    route('PATCH', '/channels/{channel_id}', ({ viewer, path, body }) => {
      const channel = world.channel(path.channel_id)
      world.need(viewer, channel)
      if (channel.guildId === null) throw refusal('cannotOnDm')
      if (channel.thread) {
        editThread(world, viewer, channel, body)
        return ok(wireChannel(world, channel, viewer))
      }
      world.need(viewer, channel, 'ManageChannels')
      const form = readBody(channelEdit, body)
      changeAccess(world, channel, () => apply(world, channel, form))
      return ok(wireChannel(world, channel, viewer))
    }),
    route('DELETE', '/channels/{channel_id}', ({ viewer, path }) => {
      const channel = world.channel(path.channel_id)
      world.need(viewer, channel)
      const wire = wireChannel(world, channel, viewer)
      // Closing a DM hides it; its history stays.
      if (channel.guildId === null) return ok(wire)
      world.need(viewer, channel, channel.thread ? 'ManageThreads' : 'ManageChannels')
      deleteChannel(world, channel)
      return ok(wire)
    }),
    route('GET', '/guilds/{guild_id}/channels', ({ viewer, path }) => {
      world.needInGuild(viewer, path.guild_id)
      const channels = world.channelsOf(path.guild_id).filter((channel) => !channel.thread)
      const seen = viewer.bot ? channels : channels.filter((channel) => world.maySee(viewer, channel))
      return ok(seen.map((channel) => wireChannel(world, channel, viewer)))
    }),
    route('POST', '/guilds/{guild_id}/channels', ({ viewer, path, body }) => {
      const guild = world.needInGuild(viewer, path.guild_id, 'ManageChannels')
      const form = readBody(channelForm, body)
      const channel = newChannel(world, {
        type: form.type ?? 0,
        guildId: guild.id,
        position: world.channelsOf(guild.id).filter((one) => !one.thread).length,
      })
      apply(world, channel, form)
      world.channels.set(channel.id, channel)
      announceChannel(world, channel, 'CHANNEL_CREATE')
      return created(wireGuildChannel(channel))
    }),
    route('PATCH', '/guilds/{guild_id}/channels', ({ viewer, path, body }) => {
      world.needInGuild(viewer, path.guild_id, 'ManageChannels')
      const form = readForm(
        z.array(z.object({ id: snowflake, position: z.number().int().nullish(), parent_id: snowflake.nullish() })),
        body,
      )
      for (const move of form) {
        const channel = world.channel(move.id)
        if (move.position != null) channel.position = move.position
        if (move.parent_id !== undefined) channel.parentId = move.parent_id
        announceChannel(world, channel, 'CHANNEL_UPDATE')
      }
      return nothing()
    }),
    route('PUT', '/channels/{channel_id}/permissions/{overwrite_id}', ({ viewer, path, body }) => {
      const channel = world.channel(path.channel_id)
      world.need(viewer, channel, 'ManageRoles')
      const overwrite: Overwrite = { id: path.overwrite_id, ...readBody(overwriteForm, body) }
      changeAccess(world, channel, () => {
        channel.overwrites = [...channel.overwrites.filter((one) => one.id !== overwrite.id), overwrite]
      })
      return nothing()
    }),
    route('DELETE', '/channels/{channel_id}/permissions/{overwrite_id}', ({ viewer, path }) => {
      const channel = world.channel(path.channel_id)
      world.need(viewer, channel, 'ManageRoles')
      if (!channel.overwrites.some((one) => one.id === path.overwrite_id)) throw refusal('unknownOverwrite')
      changeAccess(world, channel, () => {
        channel.overwrites = channel.overwrites.filter((one) => one.id !== path.overwrite_id)
      })
      return nothing()
    }),
    ...pinRoutes(world),
  ]
}

const MOST_PINS = 250

function pinRoutes(world: World): Route[] {
  const pinned = (channel: Channel) =>
    [...world.history(channel.id).values()]
      .filter((message) => message.pinnedAt !== null)
      .toSorted((a, b) => (b.pinnedAt ?? 0) - (a.pinnedAt ?? 0))
  const reach = ({ viewer, path }: Ask<'channel_id' | 'message_id'>) => {
    const channel = world.channel(path.channel_id)
    world.need(viewer, channel, 'ReadMessageHistory')
    // Its own permission since February 2026; ManageMessages alone no longer pins.
    if (channel.guildId !== null) world.need(viewer, channel, 'PinMessages')
    const message = world.message(channel.id, path.message_id)
    if (message.onlyFor !== null) throw refusal('unknownMessage')
    return { channel, message }
  }
  const tellPins = (channel: Channel, message: Message) => {
    tell(world, message, 'MESSAGE_UPDATE')
    world.emit({
      name: 'CHANNEL_PINS_UPDATE',
      data: {
        channel_id: channel.id,
        ...(channel.guildId === null ? {} : { guild_id: channel.guildId }),
        last_pin_timestamp: channel.lastPinAt === null ? null : isoTime(channel.lastPinAt),
      },
      audience: { channel: channel.id },
      intents: channel.guildId === null ? INTENT.directMessages : INTENT.guilds,
    })
  }
  const pin = (ask: Ask<'channel_id' | 'message_id'>) => {
    const { channel, message } = reach(ask)
    if (message.pinnedAt !== null) return nothing()
    if (pinned(channel).length >= MOST_PINS) throw refusal('maxPins')
    message.pinnedAt = world.clock.now()
    channel.lastPinAt = message.pinnedAt
    tellPins(channel, message)
    postMessage(world, {
      author: ask.viewer,
      channel,
      form: {},
      uploads: [],
      type: 6,
      mayBeEmpty: true,
      about: { channelId: channel.id, messageId: message.id, guildId: channel.guildId, type: 0 },
    })
    return nothing()
  }
  const unpin = (ask: Ask<'channel_id' | 'message_id'>) => {
    const { channel, message } = reach(ask)
    if (message.pinnedAt === null) return nothing()
    message.pinnedAt = null
    tellPins(channel, message)
    return nothing()
  }
  return [
    route('GET', '/channels/{channel_id}/messages/pins', ({ viewer, path, query }) => {
      const channel = world.channel(path.channel_id)
      world.need(viewer, channel, 'ReadMessageHistory')
      const limit = Number(query.get('limit') ?? 50)
      const before = query.get('before')
      const all = pinned(channel).filter((message) => before === null || (message.pinnedAt ?? 0) < Date.parse(before))
      return ok({
        items: all.slice(0, limit).map((message) => ({
          pinned_at: isoTime(message.pinnedAt ?? 0),
          message: wireMessage(world, message, viewer),
        })),
        has_more: all.length > limit,
      })
    }),
    route('PUT', '/channels/{channel_id}/messages/pins/{message_id}', pin),
    route('DELETE', '/channels/{channel_id}/messages/pins/{message_id}', unpin),
    route('GET', '/channels/{channel_id}/pins', ({ viewer, path }) => {
      const channel = world.channel(path.channel_id)
      world.need(viewer, channel, 'ReadMessageHistory')
      return ok(
        pinned(channel)
          .slice(0, 50)
          .map((message) => wireMessage(world, message, viewer)),
      )
    }),
    route('PUT', '/channels/{channel_id}/pins/{message_id}', pin),
    route('DELETE', '/channels/{channel_id}/pins/{message_id}', unpin),
  ]
}
