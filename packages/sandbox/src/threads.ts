import { newChannel } from './description.ts'
import { INTENT } from './intents.ts'
import { refusal } from './refusal.ts'
import { wireMember } from './wire.ts'
import { wireChannel, wireThreadMember } from './wire-channel.ts'
import type { Channel, User } from './records.ts'
import type { ThreadChannel } from './wire-channel.ts'
import type { World } from './world.ts'

export interface ThreadForm {
  /** the message it starts from has the same id */
  id?: string
  name: string
  type: number
  autoArchive: number
  invitable?: boolean
  slowmode?: number
  tags?: string[]
}

/** Opens a thread in a channel; its owner is its first member. */
export function openThread(world: World, owner: User, parent: Channel, form: ThreadForm): ThreadChannel {
  const now = world.clock.now()
  const channel = newChannel(world, {
    ...(form.id === undefined ? {} : { id: form.id }),
    type: form.type,
    guildId: parent.guildId,
    name: form.name,
    parentId: parent.id,
    slowmode: form.slowmode ?? 0,
  })
  const thread: ThreadChannel = {
    ...channel,
    thread: {
      ownerId: owner.id,
      archived: false,
      locked: false,
      invitable: form.invitable ?? true,
      autoArchive: form.autoArchive,
      archiveChangedAt: now,
      createdAt: now,
      members: new Map([[owner.id, now]]),
      messageCount: 0,
      totalSent: 0,
      appliedTags: form.tags ?? [],
    },
  }
  world.channels.set(thread.id, thread)
  announceThread(world, thread, 'THREAD_CREATE')
  return thread
}

/** Tells everyone who may see a thread about it, each with their own membership in it. */
export function announceThread(world: World, thread: Channel, name: 'THREAD_CREATE' | 'THREAD_UPDATE'): void {
  world.emit({
    name,
    data: (viewer) => ({
      ...wireChannel(world, thread, viewer),
      ...(name === 'THREAD_CREATE' ? { newly_created: true } : {}),
    }),
    audience: { channel: thread.id },
    intents: INTENT.guilds,
  })
}

/** An archived thread comes back when somebody uses it, unless it is locked for them. */
export function wakeThread(world: World, user: User, channel: Channel): void {
  const { thread } = channel
  if (!thread?.archived) return
  if (thread.locked && !world.may(user, channel, 'ManageThreads')) throw refusal('archivedThread')
  thread.archived = false
  thread.archiveChangedAt = world.clock.now()
  announceThread(world, channel, 'THREAD_UPDATE')
}

/** Discord allows so many people in a thread. */
const MOST_PARTICIPANTS = 1000

/** Refuses to add one more to a full thread (30033). */
export function needSeat(thread: Channel, userId: string): void {
  const { members } = needThread(thread)
  if (members.size >= MOST_PARTICIPANTS && !members.has(userId)) throw refusal('maxParticipants')
}

/** Makes somebody a member of a thread; a full one stays as it is. */
export function joinThread(world: World, thread: Channel, user: User): void {
  const inside = needThread(thread)
  if (inside.members.has(user.id) || inside.members.size >= MOST_PARTICIPANTS) return
  const now = world.clock.now()
  inside.members.set(user.id, now)
  if (thread.type === 12) {
    // Whoever was outside a private thread learns of it by THREAD_CREATE without `newly_created`.
    world.emit({
      name: 'THREAD_CREATE',
      data: (viewer) => wireChannel(world, thread, viewer),
      audience: { users: [user.id] },
      intents: INTENT.guilds,
    })
  }
  const guildId = thread.guildId ?? ''
  tellMembers(world, thread, user.id, {
    id: thread.id,
    guild_id: guildId,
    member_count: Math.min(inside.members.size, 50),
    added_members: [
      {
        ...wireThreadMember(thread.id, user.id, now),
        member: wireMember(world, world.member(guildId, user.id)),
        presence: null,
      },
    ],
  })
}

export function leaveThread(world: World, thread: Channel, userId: string): void {
  const inside = needThread(thread)
  if (!inside.members.delete(userId)) return
  tellMembers(world, thread, userId, {
    id: thread.id,
    guild_id: thread.guildId,
    member_count: Math.min(inside.members.size, 50),
    removed_member_ids: [userId],
  })
}

/** A bot without the members intent hears only of its own coming and going. */
function tellMembers(world: World, thread: Channel, userId: string, data: object): void {
  const event = { name: 'THREAD_MEMBERS_UPDATE', data }
  world.emit({ ...event, audience: { users: [userId] }, intents: INTENT.guilds })
  world.emit({ ...event, audience: { channel: thread.id }, intents: INTENT.members, except: userId })
}

export function needThread(channel: Channel): NonNullable<Channel['thread']> {
  if (!channel.thread) throw refusal('wrongChannelType')
  return channel.thread
}
