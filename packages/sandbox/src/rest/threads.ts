import { z } from 'zod'
import { announceThread, joinThread, leaveThread, needSeat, needThread, openThread } from '../threads.ts'
import { FLAG, postMessage, tell, THREAD_STARTER } from '../messages.ts'
import { invalidForm, refusal } from '../refusal.ts'
import { readForm } from '../rules/form.ts'
import { newMessage, snowflake } from '../rules/message.ts'
import { wireMember, wireMessage } from '../wire.ts'
import { isThread, wireThread, wireThreadMember } from '../wire-channel.ts'
import { created, nothing, ok, readBody, route } from './route.ts'
import type { Channel, User } from '../records.ts'
import type { World } from '../world.ts'
import type { ThreadChannel } from '../wire-channel.ts'
import type { Body, Route } from './route.ts'

const autoArchive = z.union([z.literal(60), z.literal(1440), z.literal(4320), z.literal(10080)])
const threadName = z
  .string()
  .transform((name) => name.trim())
  .pipe(z.string().min(1).max(100))
const fromMessageForm = z.object({
  name: threadName,
  auto_archive_duration: autoArchive.nullish(),
  rate_limit_per_user: z.number().int().min(0).max(21600).nullish(),
})
const threadForm = fromMessageForm.extend({
  type: z.union([z.literal(10), z.literal(11), z.literal(12)]).nullish(),
  invitable: z.boolean().nullish(),
  applied_tags: z.array(snowflake).max(5).nullish(),
  message: z.unknown().optional(),
})

/** A change to a thread; anything else of a channel's form is ignored for it. */
const threadEdit = z.object({
  name: threadName.optional(),
  archived: z.boolean().nullish(),
  locked: z.boolean().nullish(),
  invitable: z.boolean().nullish(),
  auto_archive_duration: autoArchive.nullish(),
  rate_limit_per_user: z.number().int().min(0).max(21600).nullish(),
  applied_tags: z.array(snowflake).max(5).nullish(),
})

const readThreadEdit = (body: Body<keyof z.input<typeof threadEdit>> | undefined) => readBody(threadEdit, body)

/** Discord allows 1000 active threads in a guild. */
const MOST_ACTIVE = 1000

function needRoom(world: World, guildId: string | null): void {
  const active = world.channelsOf(guildId ?? '').filter((channel) => channel.thread && !channel.thread.archived)
  if (active.length >= MOST_ACTIVE) throw refusal('maxThreads')
}

/** Threads with the viewer's memberships, as the list endpoints give them. */
function threadList(world: World, viewer: User, threads: readonly ThreadChannel[], hasMore = false) {
  return {
    threads: threads.map((thread) => wireThread(world, thread, viewer)),
    members: threads.flatMap((thread) => {
      const joinedAt = thread.thread?.members.get(viewer.id)
      return joinedAt === undefined ? [] : [wireThreadMember(thread.id, viewer.id, joinedAt)]
    }),
    has_more: hasMore,
  }
}

const archivePage = z.object({
  limit: z.coerce.number().int().min(2).max(100).default(50),
  /** when it was archived; for the private threads that one has joined, the thread's id */
  before: z.union([snowflake, z.iso.datetime({ offset: true })]).optional(),
})

function archivedPage(world: World, viewer: User, threads: readonly ThreadChannel[], query: URLSearchParams) {
  const { limit, before } = readForm(archivePage, Object.fromEntries(query))
  const isBefore = ({ id, thread }: ThreadChannel) => {
    if (before === undefined) return true
    return /^\d+$/.test(before) ? BigInt(id) < BigInt(before) : thread.archiveChangedAt < Date.parse(before)
  }
  const sorted = threads
    .filter((one) => one.thread.archived && isBefore(one))
    .toSorted((a, b) => b.thread.archiveChangedAt - a.thread.archiveChangedAt)
  return threadList(world, viewer, sorted.slice(0, limit), sorted.length > limit)
}

/** PATCH of a thread, with who may do what. */
export function editThread(
  world: World,
  viewer: User,
  channel: Channel,
  body: Parameters<typeof readThreadEdit>[0],
): void {
  const thread = needThread(channel)
  const form = readThreadEdit(body)
  const moderator = world.may(viewer, channel, 'ManageThreads')
  const onlyWakes = Object.entries(form).every(
    ([key, value]) => value === undefined || (key === 'archived' && value === false),
  )
  if (!moderator && thread.ownerId !== viewer.id && !(onlyWakes && !thread.locked)) throw refusal('missingPermissions')
  if (!moderator && (form.locked !== undefined || form.rate_limit_per_user !== undefined))
    throw refusal('missingPermissions')
  if (!moderator && thread.locked) throw refusal('missingPermissions')
  if (thread.archived && form.archived !== false) throw refusal('archivedThread')
  if (form.name !== undefined) channel.name = form.name
  if (form.auto_archive_duration != null) thread.autoArchive = form.auto_archive_duration
  if (form.locked != null) thread.locked = form.locked
  if (form.invitable != null) thread.invitable = form.invitable
  if (form.rate_limit_per_user != null) channel.slowmode = form.rate_limit_per_user
  if (form.applied_tags != null) thread.appliedTags = form.applied_tags
  if (form.archived != null && form.archived !== thread.archived) {
    if (!form.archived) needRoom(world, channel.guildId)
    thread.archived = form.archived
    thread.archiveChangedAt = world.clock.now()
  }
  announceThread(world, channel, 'THREAD_UPDATE')
}

export function threadRoutes(world: World): Route[] {
  const threadsBelow = (parentId: string, type: (type: number) => boolean) =>
    [...world.channels.values()].filter(isThread).filter((one) => one.parentId === parentId && type(one.type))
  return [
    route('POST', '/channels/{channel_id}/messages/{message_id}/threads', ({ viewer, path, body }) => {
      const channel = world.channel(path.channel_id)
      world.need(viewer, channel, 'CreatePublicThreads', 'ReadMessageHistory')
      if (channel.type !== 0 && channel.type !== 5) throw refusal('wrongChannelType')
      const message = world.message(channel.id, path.message_id)
      if (message.onlyFor !== null) throw refusal('unknownMessage')
      if (message.threadId !== null) throw refusal('threadExists')
      const form = readBody(fromMessageForm, body)
      needRoom(world, channel.guildId)
      const thread = openThread(world, viewer, channel, {
        id: message.id,
        name: form.name,
        type: channel.type === 5 ? 10 : 11,
        autoArchive: form.auto_archive_duration ?? channel.defaultAutoArchive,
        slowmode: form.rate_limit_per_user ?? 0,
      })
      message.threadId = thread.id
      message.flags |= FLAG.hasThread
      tell(world, message, 'MESSAGE_UPDATE')
      // The thread's history begins with a line that points back; it counts for nothing else.
      postMessage(world, {
        author: viewer,
        channel: thread,
        form: {},
        uploads: [],
        type: THREAD_STARTER,
        mayBeEmpty: true,
        about: { channelId: channel.id, messageId: message.id, guildId: channel.guildId, type: 0 },
      })
      return created(wireThread(world, thread, viewer))
    }),
    route('POST', '/channels/{channel_id}/threads', ({ viewer, path, body, uploads }) => {
      const channel = world.channel(path.channel_id)
      const form = readBody(threadForm, body)
      const common = {
        name: form.name,
        autoArchive: form.auto_archive_duration ?? channel.defaultAutoArchive,
        slowmode: form.rate_limit_per_user ?? 0,
      }
      if (channel.type === 15) {
        world.need(viewer, channel, 'SendMessages')
        if (form.message === undefined) {
          throw invalidForm([{ path: ['message'], code: 'BASE_TYPE_REQUIRED', message: 'This field is required' }])
        }
        const first = readForm(newMessage, form.message)
        needRoom(world, channel.guildId)
        const thread = openThread(world, viewer, channel, { ...common, type: 11, tags: form.applied_tags ?? [] })
        // Its first message has the thread's own id.
        const message = postMessage(world, { author: viewer, channel: thread, form: first, uploads, id: thread.id })
        return created({ ...wireThread(world, thread, viewer), message: wireMessage(world, message, viewer) })
      }
      if (channel.type !== 0 && channel.type !== 5) throw refusal('wrongChannelType')
      const type = form.type ?? 12
      world.need(viewer, channel, type === 12 ? 'CreatePrivateThreads' : 'CreatePublicThreads')
      needRoom(world, channel.guildId)
      const thread = openThread(world, viewer, channel, { ...common, type, invitable: form.invitable ?? true })
      if (type === 11) {
        // Discord's line "… started a thread" stands in the parent.
        postMessage(world, {
          author: viewer,
          channel,
          form: { content: form.name },
          uploads: [],
          type: 18,
          about: { channelId: thread.id, messageId: thread.id, guildId: thread.guildId, type: 0 },
        })
      }
      return created(wireThread(world, thread, viewer))
    }),
    route('GET', '/channels/{channel_id}/threads/archived/public', ({ viewer, path, query }) => {
      const channel = world.channel(path.channel_id)
      world.need(viewer, channel, 'ReadMessageHistory')
      return ok(
        archivedPage(
          world,
          viewer,
          threadsBelow(channel.id, (type) => type !== 12),
          query,
        ),
      )
    }),
    route('GET', '/channels/{channel_id}/threads/archived/private', ({ viewer, path, query }) => {
      const channel = world.channel(path.channel_id)
      world.need(viewer, channel, 'ReadMessageHistory', 'ManageThreads')
      return ok(
        archivedPage(
          world,
          viewer,
          threadsBelow(channel.id, (type) => type === 12),
          query,
        ),
      )
    }),
    route('GET', '/channels/{channel_id}/users/@me/threads/archived/private', ({ viewer, path, query }) => {
      const channel = world.channel(path.channel_id)
      world.need(viewer, channel, 'ReadMessageHistory')
      const joined = threadsBelow(channel.id, (type) => type === 12).filter((one) => one.thread?.members.has(viewer.id))
      return ok(archivedPage(world, viewer, joined, query))
    }),
    route('GET', '/guilds/{guild_id}/threads/active', ({ viewer, path }) => {
      world.needInGuild(viewer, path.guild_id)
      const active = world
        .channelsOf(path.guild_id)
        .filter(isThread)
        .filter((one) => !one.thread.archived && world.maySee(viewer, one))
      return ok(threadList(world, viewer, active.toReversed()))
    }),
    ...threadMemberRoutes(world),
  ]
}

function threadMemberRoutes(world: World): Route[] {
  const reach = (viewer: User, id: string) => {
    const channel = world.channel(id)
    world.need(viewer, channel)
    return { channel, thread: needThread(channel) }
  }
  const awake = (channel: Channel) => {
    if (channel.thread?.archived) throw refusal('archivedThread')
  }
  return [
    route('GET', '/channels/{channel_id}/thread-members', ({ viewer, path, query }) => {
      const { channel, thread } = reach(viewer, path.channel_id)
      const withMember = query.get('with_member') === 'true'
      return ok(
        [...thread.members].map(([userId, joinedAt]) => ({
          ...wireThreadMember(channel.id, userId, joinedAt),
          ...(withMember ? { member: wireMember(world, world.member(channel.guildId ?? '', userId)) } : {}),
        })),
      )
    }),
    route('GET', '/channels/{channel_id}/thread-members/{user_id}', ({ viewer, path }) => {
      const { channel, thread } = reach(viewer, path.channel_id)
      const userId = path.user_id === '@me' ? viewer.id : path.user_id
      const joinedAt = thread.members.get(userId)
      if (joinedAt === undefined) throw refusal('unknownMember')
      return ok(wireThreadMember(channel.id, userId, joinedAt))
    }),
    route('PUT', '/channels/{channel_id}/thread-members/@me', ({ viewer, path }) => {
      const { channel } = reach(viewer, path.channel_id)
      awake(channel)
      needSeat(channel, viewer.id)
      joinThread(world, channel, viewer)
      return nothing()
    }),
    route('PUT', '/channels/{channel_id}/thread-members/{user_id}', ({ viewer, path }) => {
      const { channel, thread } = reach(viewer, path.channel_id)
      world.need(viewer, channel, 'SendMessagesInThreads')
      awake(channel)
      const invitable = channel.type !== 12 || thread.invitable || thread.ownerId === viewer.id
      if (!invitable) world.need(viewer, channel, 'ManageThreads')
      world.member(channel.guildId ?? '', path.user_id)
      needSeat(channel, path.user_id)
      joinThread(world, channel, world.user(path.user_id))
      return nothing()
    }),
    route('DELETE', '/channels/{channel_id}/thread-members/@me', ({ viewer, path }) => {
      const { channel } = reach(viewer, path.channel_id)
      awake(channel)
      leaveThread(world, channel, viewer.id)
      return nothing()
    }),
    route('DELETE', '/channels/{channel_id}/thread-members/{user_id}', ({ viewer, path }) => {
      const { channel, thread } = reach(viewer, path.channel_id)
      if (channel.type !== 12 || thread.ownerId !== viewer.id) world.need(viewer, channel, 'ManageThreads')
      awake(channel)
      leaveThread(world, channel, path.user_id)
      return nothing()
    }),
  ]
}
