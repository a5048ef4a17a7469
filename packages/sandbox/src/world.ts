import { PermissionFlagsBits } from 'discord-api-types/v10'
import { Snowflakes } from './clock.ts'
import { ALL_PERMISSIONS, channelPermissions, guildPermissions } from './permissions.ts'
import { refusal } from './refusal.ts'
import type { Clock } from './clock.ts'
import type { PermissionName } from './permissions.ts'
import type { Attachment, Channel, Command, Guild, Interaction, Member, Message, User, Webhook } from './records.ts'

/** Who is told of an event: named people, everybody of a guild, or everybody who may see a channel. */
export type Audience = { users: readonly string[] } | { guild: string } | { channel: string }

/** Something that happened, on its way to the gateway. */
export interface WorldEvent {
  /** the dispatch's name, e.g. MESSAGE_CREATE */
  name: string
  /** the dispatch's body, the same for all or made for each viewer */
  data: object | ((viewer: User) => object)
  audience: Audience
  /** a bot hears it when it asked for one of these intents; 0 = always */
  intents: number
  except?: string
  /** the message whose content a bot may only read with the message content intent */
  message?: Message
}

/** Everything people would lose if this Discord went away, and the questions the rest asks about it. */
export class World {
  readonly clock: Clock
  readonly ids: Snowflakes
  readonly users = new Map<string, User>()
  readonly guilds = new Map<string, Guild>()
  readonly channels = new Map<string, Channel>()
  /** channel id → message id → message, oldest first */
  readonly messages = new Map<string, Map<string, Message>>()
  readonly attachments = new Map<string, Attachment>()
  readonly commands = new Map<string, Command>()
  /** by token */
  readonly interactions = new Map<string, Interaction>()
  readonly webhooks = new Map<string, Webhook>()
  /** author, channel and nonce → the message, for a few minutes; in the order they were sent */
  readonly nonces = new Map<string, { messageId: string; at: number }>()
  /** application and guild (or none) → when each command of the last day was created */
  readonly commandCreates = new Map<string, number[]>()
  /** messages with a poll that is still open */
  readonly openPolls = new Set<Message>()
  /** `http://127.0.0.1:<port>`, known once the server listens */
  origin = ''
  readonly #listeners = new Set<(event: WorldEvent) => void>()

  constructor(clock: Clock) {
    this.clock = clock
    this.ids = new Snowflakes(clock)
  }

  /** Hears every event in order until the returned function is called. */
  listen(listener: (event: WorldEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  emit(event: WorldEvent): void {
    for (const listener of this.#listeners) listener(event)
  }

  user(id: string): User {
    const user = this.users.get(id)
    if (!user) throw refusal('unknownUser')
    return user
  }

  userByToken(token: string): User | undefined {
    for (const user of this.users.values()) if (user.token === token) return user
    return undefined
  }

  guild(id: string): Guild {
    const guild = this.guilds.get(id)
    if (!guild) throw refusal('unknownGuild')
    return guild
  }

  member(guildId: string, userId: string): Member {
    const member = this.guild(guildId).members.get(userId)
    if (!member) throw refusal('unknownMember')
    return member
  }

  channel(id: string): Channel {
    const channel = this.channels.get(id)
    if (!channel) throw refusal('unknownChannel')
    return channel
  }

  /** Every channel and thread of a guild. */
  channelsOf(guildId: string): Channel[] {
    return [...this.channels.values()].filter((channel) => channel.guildId === guildId)
  }

  history(channelId: string): Map<string, Message> {
    let history = this.messages.get(channelId)
    if (!history) this.messages.set(channelId, (history = new Map()))
    return history
  }

  message(channelId: string, messageId: string): Message {
    const message = this.messages.get(channelId)?.get(messageId)
    if (!message) throw refusal('unknownMessage')
    return message
  }

  /** The channel whose overwrites count: a thread's parent, or the channel itself. */
  ruling(channel: Channel): Channel {
    return channel.thread && channel.parentId !== null ? this.channel(channel.parentId) : channel
  }

  /** What a user may do in a channel, as Discord's bit set; 0n for one they cannot see. */
  permissions(user: User, channel: Channel): bigint {
    if (channel.guildId === null) return channel.recipients.includes(user.id) ? ALL_PERMISSIONS : 0n
    const guild = this.guild(channel.guildId)
    const member = guild.members.get(user.id)
    if (!member) return 0n
    const bits = channelPermissions(guild, member, this.ruling(channel), this.clock.now())
    const hidden =
      channel.thread !== null &&
      channel.type === 12 &&
      !channel.thread.members.has(user.id) &&
      (bits & PermissionFlagsBits.ManageThreads) === 0n
    return hidden ? 0n : bits
  }

  maySee(user: User, channel: Channel): boolean {
    return (this.permissions(user, channel) & PermissionFlagsBits.ViewChannel) !== 0n
  }

  may(user: User, channel: Channel, permission: PermissionName): boolean {
    return (this.permissions(user, channel) & PermissionFlagsBits[permission]) !== 0n
  }

  /** Throws Missing Access for what the user cannot see, Missing Permissions for what they may not do. */
  need(user: User, channel: Channel, ...permissions: PermissionName[]): void {
    if (!this.maySee(user, channel)) throw refusal('missingAccess')
    if (permissions.some((permission) => !this.may(user, channel, permission))) throw refusal('missingPermissions')
  }

  /** The guild, when the user is in it and has the permissions there. */
  needInGuild(user: User, guildId: string, ...permissions: PermissionName[]): Guild {
    const guild = this.guild(guildId)
    const member = guild.members.get(user.id)
    if (!member) throw refusal('missingAccess')
    const bits = guildPermissions(guild, member)
    if (permissions.some((permission) => (bits & PermissionFlagsBits[permission]) === 0n)) {
      throw refusal('missingPermissions')
    }
    return guild
  }

  /** The users an event is for. */
  audienceOf(event: WorldEvent): User[] {
    const { audience } = event
    let users: User[]
    if ('users' in audience) {
      users = audience.users.flatMap((id) => this.users.get(id) ?? [])
    } else if ('guild' in audience) {
      const guild = this.guilds.get(audience.guild)
      users = guild ? [...guild.members.keys()].flatMap((id) => this.users.get(id) ?? []) : []
    } else {
      const channel = this.channels.get(audience.channel)
      users = channel ? [...this.users.values()].filter((user) => this.maySee(user, channel)) : []
    }
    return event.except === undefined ? users : users.filter((user) => user.id !== event.except)
  }
}
