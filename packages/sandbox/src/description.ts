import { systemClock } from './clock.ts'
import { PRIVILEGED } from './intents.ts'
import { EVERYONE, INVITED_BOT, permissionBits } from './permissions.ts'
import { World } from './world.ts'
import type { Clock } from './clock.ts'
import type { PermissionName } from './permissions.ts'
import type { HostText, Channel, Guild, Overwrite, Role, User } from './records.ts'

export interface RoleDescription {
  name: string
  permissions?: PermissionName[]
  color?: number
}

export interface PersonDescription {
  /** the username, and how tests call this person */
  name: string
  displayName?: string
  roles?: string[]
  /** Discord locale, e.g. `ko` or `en-US` (default) */
  locale?: string
  /** owns the guild; the first person does when nobody says so */
  owner?: boolean
  note?: HostText
  /** false: bots cannot write to them (50007) */
  acceptsDms?: boolean
}

export interface ChannelDescription {
  name: string
  type?: 'text' | 'category' | 'forum' | 'announcement' | 'voice'
  topic?: string
  /** name of the category it lies in */
  category?: string
  /** only these roles (and the bot, unless `hiddenFromBot`) see it */
  onlyFor?: string[]
  hiddenFromBot?: boolean
  /** permissions that nobody has here unless their own role gives them back */
  deny?: PermissionName[]
}

/** A small Discord: one guild, its people, one bot. */
export interface WorldDescription {
  guild?: {
    name?: string
    locale?: string
    channels?: (string | ChannelDescription)[]
    roles?: RoleDescription[]
    people?: (string | PersonDescription)[]
  }
  bot?: {
    name?: string
    token?: string
    /** permissions of its role in the guild; default: what such a bot is invited with */
    permissions?: PermissionName[]
    /** privileged intents that are switched on (bits); default all */
    privilegedIntents?: number
  }
}

const TYPES = { text: 0, voice: 2, category: 4, announcement: 5, forum: 15 } as const

/** Builds the world that a description asks for. */
export function buildWorld(description: WorldDescription, clock: Clock = systemClock): World {
  const world = new World(clock)
  const asked = description.guild ?? {}
  const bot = addUser(world, {
    username: description.bot?.name ?? 'orchestrator',
    bot: true,
    token: description.bot?.token ?? 'sandbox-bot',
    privilegedIntents: description.bot?.privilegedIntents ?? PRIVILEGED,
  })
  const people = (asked.people ?? ['olivia', 'alice', 'bob']).map((person) =>
    typeof person === 'string' ? { name: person } : person,
  )
  const owner = people.find((person) => person.owner) ?? people[0]
  if (!owner) throw new Error('A world needs at least one person: give guild.people a name.')
  const users = people.map((person) =>
    addUser(world, {
      username: person.name,
      globalName: person.displayName ?? null,
      locale: person.locale ?? 'en-US',
      token: `sandbox-person-${person.name}`,
      acceptsDms: person.acceptsDms ?? true,
      note: person.note ?? (person === owner ? 'owner' : ''),
    }),
  )

  const id = world.ids.next()
  const guild: Guild = {
    id,
    name: asked.name ?? 'Sandbox',
    ownerId: users[people.indexOf(owner)]?.id ?? '',
    locale: asked.locale ?? 'en-US',
    roles: new Map(),
    members: new Map(),
  }
  world.guilds.set(id, guild)
  addRole(world, guild, { name: '@everyone', id, permissions: EVERYONE })
  const botRole = addRole(world, guild, {
    name: bot.username,
    permissions: description.bot?.permissions ? permissionBits(description.bot.permissions) : INVITED_BOT,
    managed: true,
    botId: bot.id,
  })
  for (const role of asked.roles ?? []) {
    addRole(world, guild, {
      name: role.name,
      permissions: permissionBits(role.permissions ?? []),
      color: role.color ?? 0,
    })
  }
  const roleIds = (names: readonly string[] = []) =>
    names.map((name) => {
      const role = [...guild.roles.values()].find((one) => one.name === name)
      if (!role) throw new Error(`The world has no role "${name}": add it to guild.roles.`)
      return role.id
    })
  const join = (user: User, roles: string[]) =>
    guild.members.set(user.id, {
      userId: user.id,
      guildId: id,
      roles,
      nick: null,
      joinedAt: clock.now(),
      timedOutUntil: null,
    })
  join(bot, [botRole.id])
  for (const [index, user] of users.entries()) join(user, roleIds(people[index]?.roles))

  for (const channel of asked.channels ?? ['general']) {
    addDescribedChannel(world, guild, typeof channel === 'string' ? { name: channel } : channel, roleIds, botRole.id)
  }
  return world
}

function addUser(world: World, user: Partial<User> & { username: string; token: string }): User {
  const id = world.ids.next()
  const record: User = {
    id,
    globalName: null,
    bot: false,
    locale: 'en-US',
    note: '',
    acceptsDms: true,
    privilegedIntents: 0,
    ...user,
  }
  world.users.set(id, record)
  return record
}

/** Adds a role at the top of the guild's list. */
export function addRole(world: World, guild: Guild, role: Partial<Role> & { name: string; permissions: bigint }): Role {
  const record: Role = {
    id: world.ids.next(),
    guildId: guild.id,
    position: guild.roles.size,
    color: 0,
    hoist: false,
    mentionable: false,
    managed: false,
    ...role,
  }
  guild.roles.set(record.id, record)
  return record
}

/** A channel record with what a new channel starts with. */
export function newChannel(world: World, channel: Partial<Channel> & { type: number }): Channel {
  return {
    id: world.ids.next(),
    guildId: null,
    name: '',
    topic: null,
    parentId: null,
    position: 0,
    overwrites: [],
    slowmode: 0,
    lastSentBy: new Map(),
    nsfw: false,
    lastMessageId: null,
    lastPinAt: null,
    recipients: [],
    defaultAutoArchive: 4320,
    tags: [],
    thread: null,
    ...channel,
  }
}

function addDescribedChannel(
  world: World,
  guild: Guild,
  asked: ChannelDescription,
  roleIds: (names?: readonly string[]) => string[],
  botRoleId: string,
): void {
  const overwrites: Overwrite[] = []
  const view = permissionBits(['ViewChannel'])
  const denied = permissionBits(asked.deny ?? []) | (asked.onlyFor || asked.hiddenFromBot ? view : 0n)
  if (denied !== 0n) overwrites.push({ id: guild.id, type: 0, allow: 0n, deny: denied })
  for (const role of roleIds(asked.onlyFor)) overwrites.push({ id: role, type: 0, allow: view, deny: 0n })
  if (asked.onlyFor && !asked.hiddenFromBot) overwrites.push({ id: botRoleId, type: 0, allow: view, deny: 0n })
  if (asked.hiddenFromBot && !asked.onlyFor) {
    for (const member of guild.members.values()) {
      if (!world.user(member.userId).bot) overwrites.push({ id: member.userId, type: 1, allow: view, deny: 0n })
    }
  }
  const parent = world.channelsOf(guild.id).find((channel) => channel.type === 4 && channel.name === asked.category)
  const channel = newChannel(world, {
    type: TYPES[asked.type ?? 'text'],
    guildId: guild.id,
    name: asked.name,
    topic: asked.topic ?? null,
    parentId: parent?.id ?? null,
    position: world.channelsOf(guild.id).length,
    overwrites,
  })
  world.channels.set(channel.id, channel)
}
