import type { APIApplicationCommandOption } from 'discord-api-types/v10'

/** What the host says on the page: one text, or one for each language, English (`en`) at least. */
export type HostText = string | { readonly en: string; readonly ko?: string }

/** What the world remembers. The shapes of the wire are made from these in wire.ts, never stored. */
export interface User {
  id: string
  username: string
  globalName: string | null
  bot: boolean
  locale: string
  token: string
  /** Says to a reader of the page who this is, e.g. "owner". */
  note: HostText
  /** false: bots that write to them are refused with 50007 */
  acceptsDms: boolean
  /** Privileged intents a bot has switched on; others are refused with 4014. */
  privilegedIntents: number
}

export interface Role {
  id: string
  guildId: string
  name: string
  permissions: bigint
  position: number
  color: number
  hoist: boolean
  mentionable: boolean
  managed: boolean
  botId?: string
}

export interface Member {
  userId: string
  guildId: string
  roles: string[]
  nick: string | null
  joinedAt: number
  timedOutUntil: number | null
}

export interface Overwrite {
  id: string
  /** 0 role, 1 member */
  type: 0 | 1
  allow: bigint
  deny: bigint
}

export interface Thread {
  ownerId: string
  archived: boolean
  locked: boolean
  invitable: boolean
  /** minutes of silence */
  autoArchive: number
  archiveChangedAt: number
  createdAt: number
  /** user id → joined at */
  members: Map<string, number>
  messageCount: number
  totalSent: number
  appliedTags: string[]
}

export interface ForumTag {
  id: string
  name: string
  moderated: boolean
  emojiId: string | null
  emojiName: string | null
}

export interface Channel {
  id: string
  type: number
  guildId: string | null
  name: string
  topic: string | null
  parentId: string | null
  position: number
  overwrites: Overwrite[]
  /** seconds between two messages of one person */
  slowmode: number
  /** user id → when they last wrote, kept while there is a slowmode */
  lastSentBy: Map<string, number>
  nsfw: boolean
  lastMessageId: string | null
  lastPinAt: number | null
  /** the two people of a DM */
  recipients: string[]
  defaultAutoArchive: number
  tags: ForumTag[]
  thread: Thread | null
}

export interface Guild {
  id: string
  name: string
  ownerId: string
  locale: string
  roles: Map<string, Role>
  members: Map<string, Member>
}

export interface Attachment {
  id: string
  channelId: string
  filename: string
  contentType: string
  size: number
  bytes: Uint8Array
  description: string | null
  ephemeral: boolean
}

export interface Reaction {
  emojiId: string | null
  emojiName: string
  users: Set<string>
}

export interface Poll {
  question: string
  answers: {
    id: number
    text: string
    emoji: { id: string | null; name: string | null } | null
    voters: Set<string>
  }[]
  endsAt: number
  multiselect: boolean
  /** its votes are counted for good */
  finalized: boolean
}

/** A component in the shape of the wire, with its id filled in. */
export interface Component {
  type: number
  id: number
  [key: string]: unknown
}

/** An embed in the shape of the wire. */
export interface Embed {
  type: string
  title?: string
  description?: string
  fields?: { name: string; value: string; inline: boolean }[]
  [key: string]: unknown
}

/** How a message came from an interaction. */
export interface InteractionOrigin {
  id: string
  type: number
  userId: string
  guildId: string | null
  commandName?: string
  targetMessageId?: string
  targetUserId?: string
  clickedMessageId?: string
  originalResponseId?: string
  triggeredBy?: InteractionOrigin
}

export interface Message {
  id: string
  channelId: string
  guildId: string | null
  type: number
  authorId: string
  /** Set when a webhook wrote it: the name it wore. */
  webhook: { id: string; name: string } | null
  applicationId: string | null
  content: string
  embeds: Embed[]
  components: Component[]
  attachments: Attachment[]
  flags: number
  sentAt: number
  editedAt: number | null
  mentions: string[]
  mentionRoles: string[]
  mentionEveryone: boolean
  pinnedAt: number | null
  tts: boolean
  nonce: string | number | null
  reference: { channelId: string; messageId: string; guildId: string | null; type: number } | null
  /** A forward: what the other message said then; who wrote it does not go along. */
  snapshot: Message | null
  reactions: Reaction[]
  poll: Poll | null
  origin: InteractionOrigin | null
  /** An ephemeral message is for this person alone. */
  onlyFor: string | null
  threadId: string | null
  /** place within its thread */
  position: number | null
}

export interface Command {
  id: string
  applicationId: string
  guildId: string | null
  version: string
  type: number
  name: string
  nameLocalizations: Record<string, string> | null
  description: string
  descriptionLocalizations: Record<string, string> | null
  defaultMemberPermissions: string | null
  contexts: number[] | null
  integrationTypes: number[]
  nsfw: boolean
  options: APIApplicationCommandOption[]
}

export interface Interaction {
  id: string
  token: string
  /** 2 command, 3 component, 4 autocomplete, 5 modal */
  type: number
  applicationId: string
  userId: string
  channelId: string
  guildId: string | null
  nonce: string | null
  askedAt: number
  state: 'open' | 'answered' | 'failed'
  /** the message it came from (components, modals of components) */
  messageId: string | null
  originalMessageId: string | null
  /** answered with a deferral that no edit has fulfilled yet */
  deferred: boolean
  origin: InteractionOrigin
  /** a form that was opened by it and may be sent */
  modal: { customId: string; components: readonly Component[] } | null
  /** its command is installed by the person alone, not in the guild */
  onlyUserInstalled: boolean
  followUps: number
  timer: NodeJS.Timeout | null
}

export interface Webhook {
  id: string
  guildId: string
  channelId: string
  name: string
  token: string
  creatorId: string
  applicationId: string | null
}
