import { INTENT } from './intents.ts'
import { resolveMedia } from './media.ts'
import { findMentions } from './mentions.ts'
import { refusal, invalidForm } from './refusal.ts'
import { everyComponent, settleComponents } from './rules/component.ts'
import { IS_COMPONENTS_V2 } from './rules/message.ts'
import { joinThread, wakeThread } from './threads.ts'
import { wireMessageEvent } from './wire.ts'
import type { Attachment, Channel, Embed, Message, Poll, User } from './records.ts'
import type { EmbedForm, MessageEdit, NewMessage } from './rules/message.ts'
import type { PollForm } from './rules/poll.ts'
import type { World } from './world.ts'

export const FLAG = {
  crossposted: 1 << 0,
  suppressEmbeds: 1 << 2,
  hasThread: 1 << 5,
  ephemeral: 1 << 6,
  loading: 1 << 7,
  silent: 1 << 12,
} as const

/** A file as it came with a request. */
export interface Upload {
  /** the n of `files[n]` */
  key: string
  filename: string
  contentType: string
  bytes: Uint8Array
}

/** 10 MiB, what a guild without boosts and a person without Nitro have. */
export const ATTACHMENT_LIMIT = 10 * 1024 * 1024

/** Channels that hold messages. */
const WRITABLE = new Set([0, 1, 2, 5, 10, 11, 12, 13])

/** The line at the top of a thread that was started from a message. */
export const THREAD_STARTER = 21

/** How long a nonce is remembered; Discord says "a few minutes". */
const NONCE_MEMORY = 5 * 60_000

/** What a new message is beside its body. */
export interface Sending {
  author: User
  channel: Channel
  form: NewMessage
  uploads: readonly Upload[]
  webhook?: Message['webhook']
  origin?: Message['origin']
  onlyFor?: string | null
  type?: number
  /** flags set by the server, e.g. loading */
  flags?: number
  mayBeEmpty?: boolean
  /** given when it must equal a thread's id */
  id?: string
  /** what a system message is about */
  about?: Message['reference']
  /** Discord's own, e.g. a poll's result */
  embeds?: readonly Embed[]
}

/** Refuses a person or bot that may not write here; wakes an archived thread. */
export function needToWrite(
  world: World,
  author: User,
  channel: Channel,
  form: NewMessage,
  uploads: readonly Upload[],
): void {
  world.need(author, channel, channel.thread ? 'SendMessagesInThreads' : 'SendMessages')
  if (!WRITABLE.has(channel.type)) throw refusal('cannotSendHere')
  if (uploads.length > 0) world.need(author, channel, 'AttachFiles')
  if (form.embeds?.length && author.bot) world.need(author, channel, 'EmbedLinks')
  if (form.poll) world.need(author, channel, 'SendPolls')
  if (form.message_reference && form.message_reference.type !== 1) world.need(author, channel, 'ReadMessageHistory')
  const closed = channel.recipients.some((id) => world.users.get(id)?.acceptsDms === false)
  if (closed && author.bot) throw refusal('cannotDm')
  wakeThread(world, author, channel)
}

/** The message that this author sent here with the same nonce a short while ago, if the form enforces nonces. */
export function earlierWithNonce(world: World, author: User, channel: Channel, form: NewMessage): Message | undefined {
  if (form.enforce_nonce !== true || form.nonce == null) return undefined
  const known = world.nonces.get(nonceKey(author, channel, form.nonce))
  if (!known || known.at < world.clock.now() - NONCE_MEMORY) return undefined
  return world.history(channel.id).get(known.messageId)
}

const nonceKey = (author: User, channel: Channel, nonce: string | number) => `${author.id} ${channel.id} ${nonce}`

function rememberNonce(world: World, author: User, channel: Channel, message: Message): void {
  if (message.nonce === null) return
  const key = nonceKey(author, channel, message.nonce)
  world.nonces.delete(key)
  world.nonces.set(key, { messageId: message.id, at: message.sentAt })
  // Oldest first, so forgetting stops at the first that is still fresh.
  for (const [old, { at }] of world.nonces) {
    if (at >= message.sentAt - NONCE_MEMORY) return
    world.nonces.delete(old)
  }
}

/** What mentions are read from: the content, and the texts among the parts of a message made of components. */
function wordsOf({ content, components }: { content: string; components: readonly unknown[] }): string {
  const texts = [...everyComponent(components, [])].flatMap(([node]) => (node['type'] === 10 ? [node['content']] : []))
  return [content, ...texts].join('\n')
}

/** Posts a message and tells everyone it is for. Permissions are the caller's concern. */
export function postMessage(world: World, sending: Sending): Message {
  const { author, channel, form, uploads } = sending
  const content = form.content ?? ''
  const reference = sending.about ?? resolveReference(world, author, channel, form)
  const forwarded = form.message_reference?.type === 1
  const said = content !== '' || !!form.embeds?.length || !!form.components?.length || uploads.length > 0
  const empty = !said && !forwarded && !form.poll
  if (empty && sending.mayBeEmpty !== true) throw refusal('emptyMessage')
  const replied =
    reference && reference.type === 0 && !sending.about
      ? world.messages.get(reference.channelId)?.get(reference.messageId)
      : undefined
  const words = wordsOf({ content, components: form.components ?? [] })
  const mentions = findMentions(world, author, channel, words, form.allowed_mentions, replied?.authorId ?? null)
  const id = sending.id ?? world.ids.next()
  const attachments = keepUploads(world, channel, uploads, form.attachments, sending.onlyFor != null)
  const message: Message = {
    id,
    channelId: channel.id,
    guildId: channel.guildId,
    type: sending.type ?? (reference?.type === 0 ? 19 : 0),
    authorId: author.id,
    webhook: sending.webhook ?? null,
    applicationId: sending.origin ? author.id : null,
    content,
    embeds: [...settleEmbeds(form.embeds), ...(sending.embeds ?? [])],
    components: resolveMedia(world, settleComponents(form.components ?? []), attachments),
    attachments,
    flags:
      ((form.flags ?? 0) & (FLAG.suppressEmbeds | FLAG.silent | IS_COMPONENTS_V2 | (1 << 13))) | (sending.flags ?? 0),
    sentAt: world.clock.now(),
    editedAt: null,
    mentions: mentions.users,
    mentionRoles: mentions.roles,
    mentionEveryone: mentions.everyone,
    pinnedAt: null,
    tts: form.tts === true,
    nonce: form.nonce ?? null,
    reference,
    snapshot: forwarded && reference ? structuredClone(forwardedFrom(world, reference)) : null,
    reactions: [],
    poll: form.poll ? settlePoll(form.poll, world.clock.now()) : null,
    origin: sending.origin ?? null,
    onlyFor: sending.onlyFor ?? null,
    threadId: null,
    position: channel.thread ? channel.thread.totalSent : null,
  }
  remember(world, channel, message)
  if (message.poll) world.openPolls.add(message)
  rememberNonce(world, author, channel, message)
  if (message.onlyFor === null) {
    channel.lastMessageId = id
    if (channel.thread && message.type !== THREAD_STARTER) {
      channel.thread.messageCount++
      channel.thread.totalSent++
    }
  }
  // Who writes in a thread, or is mentioned there, becomes a member of it.
  if (channel.thread && message.onlyFor === null && !sending.webhook) {
    const parent = world.ruling(channel)
    for (const id of [author.id, ...message.mentions]) {
      const user = world.user(id)
      if (world.maySee(user, parent)) joinThread(world, channel, user)
    }
  }
  tell(world, message, 'MESSAGE_CREATE')
  return message
}

/** How much history a channel keeps, so that a long soak stays within its memory. */
const KEPT_MESSAGES = 10_000

function remember(world: World, channel: Channel, message: Message): void {
  const history = world.history(channel.id)
  history.set(message.id, message)
  if (history.size <= KEPT_MESSAGES) return
  const [oldest] = history.values()
  if (!oldest) return
  history.delete(oldest.id)
  for (const attachment of oldest.attachments) world.attachments.delete(attachment.id)
  world.openPolls.delete(oldest)
}

/** Changes what an edit names; what it leaves out stays. */
export function editMessage(world: World, message: Message, form: MessageEdit, uploads: readonly Upload[]): Message {
  const channel = world.channel(message.channelId)
  if (message.poll) throw refusal('pollEdit')
  const next: Message = { ...message }
  if (form.content !== undefined) next.content = form.content ?? ''
  if (form.embeds !== undefined) next.embeds = settleEmbeds(form.embeds)
  if (form.attachments !== undefined || uploads.length > 0) {
    const kept =
      form.attachments == null
        ? message.attachments
        : message.attachments.filter((one) => form.attachments?.some((asked) => asked.id === one.id))
    next.attachments = [...kept, ...keepUploads(world, channel, uploads, form.attachments, message.onlyFor !== null)]
  }
  if (form.components !== undefined) {
    next.components = resolveMedia(world, settleComponents(form.components ?? []), next.attachments)
  }
  if (form.flags != null) {
    const changeable = FLAG.suppressEmbeds
    next.flags = (message.flags & ~changeable) | (form.flags & changeable) | (form.flags & IS_COMPONENTS_V2)
  }
  if (next.flags & IS_COMPONENTS_V2 && (next.content !== '' || next.embeds.length > 0)) {
    throw invalidForm([
      {
        path: ['flags'],
        code: 'MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2',
        message: 'The message has content or embeds, which a components V2 message cannot have',
      },
    ])
  }
  if (
    next.content === '' &&
    !next.embeds.length &&
    !next.components.length &&
    !next.attachments.length &&
    next.type !== 18
  ) {
    throw refusal('emptyMessage')
  }
  if (form.content !== undefined || form.components !== undefined) {
    const author = world.user(message.authorId)
    const mentions = findMentions(world, author, channel, wordsOf(next), form.allowed_mentions, null)
    next.mentions = mentions.users
    next.mentionRoles = mentions.roles
    next.mentionEveryone = mentions.everyone
  }
  // The answer to a deferral was never shown before, so it is not "edited".
  if (message.flags & FLAG.loading) next.flags &= ~FLAG.loading
  else next.editedAt = world.clock.now()
  Object.assign(message, next)
  tell(world, message, 'MESSAGE_UPDATE')
  return message
}

export function deleteMessages(world: World, channel: Channel, messages: readonly Message[]): void {
  for (const message of messages) {
    world.history(channel.id).delete(message.id)
    world.openPolls.delete(message)
    for (const attachment of message.attachments) world.attachments.delete(attachment.id)
    if (channel.thread && message.onlyFor === null)
      channel.thread.messageCount = Math.max(0, channel.thread.messageCount - 1)
  }
  const [first] = messages
  if (!first) return
  const place = { channel_id: channel.id, ...(channel.guildId === null ? {} : { guild_id: channel.guildId }) }
  const audience = first.onlyFor === null ? { channel: channel.id } : { users: [first.onlyFor] }
  const intents = channel.guildId === null ? INTENT.directMessages : INTENT.guildMessages
  if (messages.length === 1) {
    world.emit({ name: 'MESSAGE_DELETE', data: { id: first.id, ...place }, audience, intents })
  } else {
    world.emit({
      name: 'MESSAGE_DELETE_BULK',
      data: { ids: messages.map((one) => one.id), ...place },
      audience,
      intents,
    })
  }
}

/** Dispatches a message's state to those it is for. */
export function tell(world: World, message: Message, name: 'MESSAGE_CREATE' | 'MESSAGE_UPDATE'): void {
  world.emit({
    name,
    data: (viewer) => wireMessageEvent(world, message, viewer),
    message,
    audience: message.onlyFor === null ? { channel: message.channelId } : { users: [message.onlyFor] },
    intents: message.guildId === null ? INTENT.directMessages : INTENT.guildMessages,
  })
}

function resolveReference(world: World, author: User, channel: Channel, form: NewMessage): Message['reference'] {
  const asked = form.message_reference
  if (!asked) return null
  const channelId = asked.channel_id ?? channel.id
  const type = asked.type ?? 0
  const found = world.messages.get(channelId)?.get(asked.message_id)
  const visible = found && (found.onlyFor === null || found.onlyFor === author.id)
  const sameChannel = type === 1 || channelId === channel.id
  if (visible && sameChannel) return { channelId, messageId: asked.message_id, guildId: channel.guildId, type }
  if (asked.fail_if_not_exists === false && sameChannel) return null
  throw invalidForm([
    {
      path: ['message_reference'],
      code: sameChannel ? 'MESSAGE_REFERENCE_UNKNOWN_MESSAGE' : 'REPLIES_CANNOT_REPLY_TO_OTHER_CHANNEL',
      message: sameChannel ? 'Unknown message' : 'Cannot reply to a message in a different channel',
    },
  ])
}

function forwardedFrom(world: World, { channelId, messageId }: NonNullable<Message['reference']>): Message | null {
  return world.messages.get(channelId)?.get(messageId) ?? null
}

function settleEmbeds(embeds: readonly EmbedForm[] | null | undefined): Embed[] {
  return (embeds ?? []).map((embed) => {
    const given = Object.fromEntries(Object.entries(embed).filter(([, value]) => value != null))
    const fields = embed.fields?.map((field) => ({
      name: field.name,
      value: field.value,
      inline: field.inline === true,
    }))
    const timestamp =
      embed.timestamp == null ? {} : { timestamp: new Date(embed.timestamp).toISOString().replace('Z', '000+00:00') }
    return { ...given, type: 'rich', ...(fields ? { fields } : {}), ...timestamp }
  })
}

const HOUR = 3_600_000

function settlePoll(form: PollForm, now: number): Poll {
  return {
    question: form.question.text,
    answers: form.answers.map(({ poll_media }, index) => ({
      id: index + 1,
      text: poll_media.text,
      emoji: poll_media.emoji ? { id: poll_media.emoji.id ?? null, name: poll_media.emoji.name ?? null } : null,
      voters: new Set(),
    })),
    endsAt: now + (form.duration ?? 24) * HOUR,
    multiselect: form.allow_multiselect === true,
    finalized: false,
  }
}

/** Stores uploaded files, named and described by the body's `attachments` of the same key. */
export function keepUploads(
  world: World,
  channel: Channel,
  uploads: readonly Upload[],
  described: NewMessage['attachments'],
  ephemeral: boolean,
): Attachment[] {
  if (uploads.length > 10) {
    throw invalidForm([
      { path: ['attachments'], code: 'BASE_TYPE_MAX_LENGTH', message: 'Must be 10 or fewer in length.' },
    ])
  }
  return uploads.map((upload) => {
    if (upload.bytes.byteLength > ATTACHMENT_LIMIT) throw refusal('tooLarge')
    const said = described?.find((one) => one.id === upload.key)
    const attachment: Attachment = {
      id: world.ids.next(),
      channelId: channel.id,
      filename: (said?.filename ?? upload.filename).replaceAll(/[^\p{L}\p{N}._-]+/gu, '_'),
      contentType: upload.contentType,
      size: upload.bytes.byteLength,
      bytes: upload.bytes,
      description: said?.description ?? null,
      ephemeral,
    }
    world.attachments.set(attachment.id, attachment)
    return attachment
  })
}
