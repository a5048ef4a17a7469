// @ts-check
/**
 * What this person knows: a fold over the dispatches of the gateway and the histories read over REST. Views read it
 * and are told by topic what changed, at most once per drawn frame.
 */
import { compareIds, mintId } from './snowflake.js'
import { MessageLog } from './message-log.js'
import { ReadMarks } from './read-marks.js'
import { t } from './words.js'

/** @typedef {import('discord-api-types/v10').APIUser} User */
/** @typedef {Omit<import('discord-api-types/v10').APIMessage, 'type' | 'flags'> & { type: number, flags?: number, guild_id?: string, member?: any }} Message */
/** @typedef {{ id: string, type: number, name?: string, guild_id?: string, parent_id?: string | null, topic?: string | null, position?: number, last_message_id?: string | null, recipients?: User[], thread_metadata?: { archived: boolean, locked?: boolean }, owner_id?: string, rate_limit_per_user?: number }} Channel */
/** @typedef {{ id: string, name: string, color: number, colors?: { primary_color: number }, hoist: boolean, managed?: boolean, position: number, permissions: string }} Role */
/** @typedef {{ user: User, roles: string[], nick?: string | null }} Member */
/** @typedef {{ id: string, name: string, owner_id: string, roles: Map<string, Role>, members: Map<string, Member> }} Guild */

const TYPING_FOR = 10_000
const MOST_UNSEEN = 1000
export const THREAD_TYPES = new Set([10, 11, 12])
export const DM_TYPES = new Set([1, 3])

export class Store {
  /** @type {User | null} */
  me = null
  /** @type {import('./connection.js').LineState} */
  line = { kind: 'connecting' }
  /** @type {Map<string, Guild>} */
  guilds = new Map()
  /** Channels, threads and DMs by id. @type {Map<string, Channel>} */
  channels = new Map()
  /** @type {Map<string, User>} */
  users = new Map()
  /** @type {Map<string, string>} */
  presences = new Map()
  /** Who types where, until when. @type {Map<string, Map<string, number>>} */
  typing = new Map()
  /** @type {Map<string, MessageLog>} */
  #logs = new Map()
  /** @type {Set<(topics: Set<string>) => void>} */
  #watchers = new Set()
  /** @type {Set<string>} */
  #changed = new Set()
  #scheduled = false

  /** @param {string} personId whose read marks these are */
  constructor(personId) {
    this.marks = new ReadMarks(personId)
  }

  /**
   * @param {(topics: Set<string>) => void} watcher topics: ready, line, places, people, names,
   *   messages:<channel>, typing:<channel>
   */
  watch(watcher) {
    this.#watchers.add(watcher)
  }

  /** @param {...string} topics */
  touch(...topics) {
    for (const topic of topics) this.#changed.add(topic)
    if (this.#scheduled) return
    this.#scheduled = true
    const flush = () => {
      if (!this.#scheduled) return
      this.#scheduled = false
      const changed = this.#changed
      this.#changed = new Set()
      for (const watcher of this.#watchers) watcher(changed)
    }
    // A hidden tab draws no frames, but its title still counts what is unread.
    requestAnimationFrame(flush)
    setTimeout(flush, 150)
  }

  /** @param {string} channelId */
  log(channelId) {
    let log = this.#logs.get(channelId)
    if (!log) {
      log = new MessageLog()
      this.#logs.set(channelId, log)
    }
    return log
  }

  /**
   * @param {string} type name of the dispatch
   * @param {any} data
   */
  apply(type, data) {
    const fold = FOLDS[type]
    if (fold) fold(this, data)
  }

  /** @param {import('./connection.js').LineState} line */
  setLine(line) {
    this.line = line
    this.touch('line')
  }

  /** A fresh session: what is known may be out of date, ephemeral messages exist nowhere else and stay. */
  forgetHistories() {
    for (const log of this.#logs.values()) log.stale = true
  }

  /** @param {User | undefined} user */
  learn(user) {
    if (user?.id && user.username) this.users.set(user.id, { ...this.users.get(user.id), ...user })
  }

  /** @param {Message} message */
  learnFrom(message) {
    this.learn(message.author)
    for (const user of message.mentions ?? []) this.learn(user)
  }

  /**
   * @param {any} raw
   * @param {string} [guildId]
   */
  putChannel(raw, guildId) {
    const known = this.channels.get(raw.id)
    const channel = { ...known, ...raw, guild_id: raw.guild_id ?? guildId ?? known?.guild_id }
    for (const user of channel.recipients ?? []) this.learn(user)
    this.channels.set(raw.id, channel)
    this.touch('places', 'names')
  }

  /** @param {any} raw */
  putGuild(raw) {
    if (raw.unavailable) return
    const known = this.guilds.get(raw.id)
    const roles = raw.roles ? new Map(raw.roles.map((/** @type {Role} */ role) => [role.id, role])) : known?.roles
    const guild = { ...known, id: raw.id, name: raw.name, owner_id: raw.owner_id }
    this.guilds.set(raw.id, { ...guild, roles: roles ?? new Map(), members: known?.members ?? new Map() })
    for (const channel of raw.channels ?? []) this.putChannel(channel, raw.id)
    for (const thread of raw.threads ?? []) this.putChannel(thread, raw.id)
    for (const member of raw.members ?? []) this.putMember(raw.id, member)
    for (const presence of raw.presences ?? []) this.presences.set(presence.user.id, presence.status)
    this.touch('places', 'people')
  }

  /**
   * @param {string} guildId
   * @param {any} raw
   */
  putMember(guildId, raw) {
    const id = raw.user?.id ?? raw.user_id
    const user = raw.user ?? this.users.get(id)
    if (!user) return
    this.learn(user)
    const members = this.guilds.get(guildId)?.members
    members?.set(id, { ...members.get(id), ...raw, user })
    this.touch('people', 'names')
  }

  /**
   * @param {string} channelId
   * @param {string} userId
   * @param {boolean} types
   */
  setTyping(channelId, userId, types) {
    const here = this.typing.get(channelId) ?? new Map()
    if (types) here.set(userId, Date.now() + TYPING_FOR)
    else if (!here.delete(userId)) return
    this.typing.set(channelId, here)
    this.touch(`typing:${channelId}`)
    if (types) setTimeout(() => this.touch(`typing:${channelId}`), TYPING_FOR + 50)
  }

  /** @param {Message} message */
  received(message) {
    this.learnFrom(message)
    const log = this.log(message.channel_id)
    log.put(message)
    log.trim(MOST_UNSEEN, MOST_UNSEEN / 2)
    this.setTyping(message.channel_id, message.author.id, false)
    const channel = this.channels.get(message.channel_id)
    const ephemeral = ((message.flags ?? 0) & 64) !== 0
    if (channel && !ephemeral) channel.last_message_id = message.id
    if (message.author.id === this.me?.id) this.marks.read(message.channel_id, message.id)
    else if (mentions(message, this)) this.marks.mentioned(message.channel_id, message.id)
    this.touch(`messages:${message.channel_id}`, 'places')
  }

  /**
   * The newest thing in a place that this person has not read.
   * @param {Channel} channel
   */
  unread(channel) {
    const last = channel.last_message_id
    return Boolean(last) && compareIds(String(last), this.marks.of(channel.id)) > 0
  }

  /** The name a person goes by in a guild. @param {string} userId @param {string} [guildId] */
  nameOf(userId, guildId) {
    const member = guildId ? this.guilds.get(guildId)?.members.get(userId) : undefined
    const user = this.users.get(userId)
    return member?.nick ?? user?.global_name ?? user?.username ?? t('Unknown')
  }

  /** What a place is called. @param {Channel} channel */
  titleOf(channel) {
    if (!DM_TYPES.has(channel.type)) return channel.name ?? channel.id
    return (channel.recipients ?? []).map((user) => user.global_name ?? user.username).join(', ') || t('Direct message')
  }
}

/**
 * @param {Message} message
 * @param {Store} store
 */
function mentions(message, store) {
  if ((message.mentions ?? []).some((user) => user.id === store.me?.id) || message.mention_everyone) return true
  if (DM_TYPES.has(store.channels.get(message.channel_id)?.type ?? 0)) return true
  const guildId = store.channels.get(message.channel_id)?.guild_id
  const mine = guildId ? store.guilds.get(guildId)?.members.get(store.me?.id ?? '')?.roles : undefined
  return (message.mention_roles ?? []).some((role) => mine?.includes(role))
}

/** @type {Record<string, (store: Store, data: any) => void>} */
const FOLDS = {
  READY(store, data) {
    store.me = data.user
    store.learn(data.user)
    store.marks.begin(mintId())
    store.channels.clear()
    store.guilds.clear()
    store.forgetHistories()
    for (const user of data.users ?? []) store.learn(user)
    for (const guild of data.guilds ?? []) store.putGuild(guild)
    for (const channel of data.private_channels ?? []) store.putChannel(channel)
    store.touch('places', 'people', 'ready')
  },
  GUILD_CREATE: (store, data) => store.putGuild(data),
  GUILD_UPDATE: (store, data) => store.putGuild(data),
  GUILD_DELETE(store, data) {
    store.guilds.delete(data.id)
    for (const channel of store.channels.values()) {
      if (channel.guild_id === data.id) store.channels.delete(channel.id)
    }
    store.touch('places')
  },
  CHANNEL_CREATE: (store, data) => store.putChannel(data),
  CHANNEL_UPDATE: (store, data) => store.putChannel(data),
  CHANNEL_DELETE: removeChannel,
  THREAD_CREATE: (store, data) => store.putChannel(data),
  THREAD_UPDATE: (store, data) => store.putChannel(data),
  THREAD_DELETE: removeChannel,
  THREAD_LIST_SYNC(store, data) {
    for (const thread of data.threads ?? []) store.putChannel(thread, data.guild_id)
  },
  GUILD_MEMBER_ADD: (store, data) => store.putMember(data.guild_id, data),
  GUILD_MEMBER_UPDATE: (store, data) => store.putMember(data.guild_id, data),
  GUILD_MEMBER_REMOVE(store, data) {
    store.guilds.get(data.guild_id)?.members.delete(data.user.id)
    store.touch('people')
  },
  GUILD_MEMBERS_CHUNK(store, data) {
    for (const member of data.members) store.putMember(data.guild_id, member)
  },
  GUILD_ROLE_CREATE: putRole,
  GUILD_ROLE_UPDATE: putRole,
  GUILD_ROLE_DELETE(store, data) {
    store.guilds.get(data.guild_id)?.roles.delete(data.role_id)
    store.touch('people')
  },
  PRESENCE_UPDATE(store, data) {
    store.presences.set(data.user.id, data.status)
    store.touch('people')
  },
  USER_UPDATE: (store, data) => store.learn(data),
  MESSAGE_CREATE: (store, data) => store.received(data),
  MESSAGE_UPDATE(store, data) {
    if (data.author) store.learnFrom(data)
    store.log(data.channel_id).change(data)
    store.touch(`messages:${data.channel_id}`)
  },
  MESSAGE_DELETE: (store, data) => removeMessages(store, data.channel_id, [data.id]),
  MESSAGE_DELETE_BULK: (store, data) => removeMessages(store, data.channel_id, data.ids),
  MESSAGE_REACTION_ADD: (store, data) => react(store, data, 1),
  MESSAGE_REACTION_REMOVE: (store, data) => react(store, data, -1),
  MESSAGE_REACTION_REMOVE_ALL(store, data) {
    store.log(data.channel_id).change({ id: data.message_id, reactions: [] })
    store.touch(`messages:${data.channel_id}`)
  },
  TYPING_START(store, data) {
    if (data.user_id === store.me?.id) return
    store.learn(data.member?.user)
    store.setTyping(data.channel_id, data.user_id, true)
  },
}

/** @param {Store} store @param {any} data */
function removeChannel(store, data) {
  store.channels.delete(data.id)
  store.touch('places', 'names')
}

/** @param {Store} store @param {any} data */
function putRole(store, data) {
  store.guilds.get(data.guild_id)?.roles.set(data.role.id, data.role)
  store.touch('people', 'names')
}

/** @param {Store} store @param {string} channelId @param {string[]} ids */
function removeMessages(store, channelId, ids) {
  for (const id of ids) store.log(channelId).remove(id)
  store.touch(`messages:${channelId}`)
}

/** @param {Store} store @param {any} data @param {1 | -1} by */
function react(store, data, by) {
  store.log(data.channel_id).react(data.message_id, data.emoji, by, data.user_id === store.me?.id)
  store.touch(`messages:${data.channel_id}`)
}
