import { randomBytes } from 'node:crypto'
import { ATTACHMENT_LIMIT, deleteMessages, editMessage, FLAG, postMessage } from './messages.ts'
import { refusal } from './refusal.ts'
import { settleComponents } from './rules/component.ts'
import { wireBareMember, wireMessage } from './wire.ts'
import { wireChannel, wireUser } from './wire-channel.ts'
import type { Upload } from './messages.ts'
import type { Channel, Interaction, InteractionOrigin, Message, User } from './records.ts'
import type { MessageEdit, NewMessage } from './rules/message.ts'
import type { World } from './world.ts'

/** How long an application has; tests may shorten both. Milliseconds. */
export interface InteractionDeadlines {
  /** to the first answer (Discord: 3 s) */
  answer: number
  /** of the token (Discord: 15 min) */
  token: number
}

export const DISCORD_DEADLINES: InteractionDeadlines = { answer: 3000, token: 15 * 60_000 }

/** What a person does to an application. */
export interface Asking {
  type: 2 | 3 | 4 | 5
  person: User
  applicationId: string
  channel: Channel
  data: object
  nonce: string | null
  message: Message | null
  onlyUserInstalled?: boolean
  origin: Omit<InteractionOrigin, 'id' | 'type' | 'userId' | 'guildId'>
}

/** Tells a person's own client how their interaction fares. */
function tellPerson(world: World, interaction: Interaction, name: string, extra: object = {}): void {
  world.emit({
    name,
    data: { id: interaction.id, nonce: interaction.nonce, ...extra },
    audience: { users: [interaction.userId] },
    intents: 0,
  })
}

/** Sends a person's interaction to the application and starts its deadline. */
export function ask(world: World, asking: Asking, deadlines: InteractionDeadlines): Interaction {
  const { person, channel } = asking
  const id = world.ids.next()
  const interaction: Interaction = {
    id,
    token: randomBytes(48).toString('base64url'),
    type: asking.type,
    applicationId: asking.applicationId,
    userId: person.id,
    channelId: channel.id,
    guildId: channel.guildId,
    nonce: asking.nonce,
    askedAt: world.clock.now(),
    state: 'open',
    messageId: asking.message?.id ?? null,
    originalMessageId: null,
    deferred: false,
    origin: { id, type: asking.type, userId: person.id, guildId: channel.guildId, ...asking.origin },
    modal: null,
    onlyUserInstalled: asking.onlyUserInstalled === true,
    followUps: 0,
    timer: null,
  }
  forgetExpired(world, deadlines)
  world.interactions.set(interaction.token, interaction)
  interaction.timer = setTimeout(() => {
    if (interaction.state !== 'open') return
    interaction.state = 'failed'
    if (interaction.type !== 4) tellPerson(world, interaction, 'INTERACTION_FAILURE', { reason_code: 0 })
  }, deadlines.answer)
  tellPerson(world, interaction, 'INTERACTION_CREATE')
  const bot = world.user(asking.applicationId)
  world.emit({
    name: 'INTERACTION_CREATE',
    data: { ...wireInteraction(world, interaction, person, channel, asking.message), data: asking.data },
    audience: { users: [bot.id] },
    intents: 0,
  })
  return interaction
}

function wireInteraction(
  world: World,
  interaction: Interaction,
  person: User,
  channel: Channel,
  message: Message | null,
) {
  const bot = world.user(interaction.applicationId)
  const member = channel.guildId === null ? undefined : world.member(channel.guildId, person.id)
  const guild = channel.guildId === null ? undefined : world.guild(channel.guildId)
  return {
    id: interaction.id,
    application_id: interaction.applicationId,
    type: interaction.type,
    token: interaction.token,
    version: 1,
    channel: wireChannel(world, channel, bot),
    channel_id: channel.id,
    app_permissions: world.permissions(bot, channel).toString(),
    locale: person.locale,
    entitlements: [],
    entitlement_sku_ids: [],
    authorizing_integration_owners: interaction.onlyUserInstalled
      ? { '1': person.id }
      : { '0': channel.guildId ?? '0' },
    context: channel.guildId === null ? 1 : 0,
    attachment_size_limit: ATTACHMENT_LIMIT,
    ...(guild && member
      ? {
          guild_id: guild.id,
          guild: { id: guild.id, locale: guild.locale, features: [] },
          guild_locale: guild.locale,
          member: {
            ...wireBareMember(member),
            user: wireUser(person),
            mute: false,
            deaf: false,
            permissions: world.permissions(person, channel).toString(),
          },
        }
      : { user: wireUser(person) }),
    ...(message ? { message: wireMessage(world, message, bot) } : {}),
  }
}

/** Old tokens are dropped here, so that a long soak does not keep them. */
function forgetExpired(world: World, deadlines: InteractionDeadlines): void {
  const before = world.clock.now() - deadlines.token * 2
  for (const [token, interaction] of world.interactions) {
    if (interaction.askedAt >= before) break
    world.interactions.delete(token)
  }
}

/** The interaction of a callback, if its first answer is still possible. */
export function needOpen(world: World, id: string, token: string): Interaction {
  const interaction = world.interactions.get(token)
  if (!interaction || interaction.id !== id || interaction.state === 'failed') throw refusal('unknownInteraction')
  if (interaction.state === 'answered') throw refusal('alreadyAcknowledged')
  return interaction
}

/** The interaction behind an application's webhook, while its token lives. */
export function needToken(
  world: World,
  applicationId: string,
  token: string,
  deadlines: InteractionDeadlines,
): Interaction {
  const interaction = world.interactions.get(token)
  if (!interaction || interaction.applicationId !== applicationId) throw refusal('unknownWebhook')
  if (world.clock.now() - interaction.askedAt > deadlines.token) throw refusal('invalidWebhookToken')
  // Before the first answer the webhook does not exist yet.
  if (interaction.state !== 'answered') throw refusal('unknownWebhook')
  return interaction
}

function settled(world: World, interaction: Interaction): void {
  interaction.state = 'answered'
  if (interaction.timer) clearTimeout(interaction.timer)
  interaction.timer = null
  if (interaction.type !== 4) tellPerson(world, interaction, 'INTERACTION_SUCCESS')
}

/** Callback 4 and 5: a new message, or one that says "thinking" until an edit fulfils it. */
export function answerWithMessage(
  world: World,
  interaction: Interaction,
  form: NewMessage,
  uploads: readonly Upload[],
  deferred: boolean,
): Message {
  const ephemeral = ((form.flags ?? 0) & FLAG.ephemeral) !== 0
  const message = postMessage(world, {
    author: world.user(interaction.applicationId),
    channel: world.channel(interaction.channelId),
    form,
    uploads,
    origin: interaction.origin,
    onlyFor: ephemeral ? interaction.userId : null,
    type:
      interaction.type === 2 ? ((interaction.origin.targetMessageId ?? interaction.origin.targetUserId) ? 23 : 20) : 19,
    flags: (deferred ? FLAG.loading : 0) | (ephemeral ? FLAG.ephemeral : 0),
    mayBeEmpty: deferred,
  })
  interaction.originalMessageId = message.id
  interaction.deferred = deferred
  settled(world, interaction)
  return message
}

/** Callback 6 and 7: the clicked message stays, or changes. */
export function answerWithUpdate(
  world: World,
  interaction: Interaction,
  form: MessageEdit | null,
  uploads: readonly Upload[],
): Message {
  if (interaction.messageId === null) throw refusal('unknownMessage')
  const message = world.message(interaction.channelId, interaction.messageId)
  if (form) editMessage(world, message, form, uploads)
  interaction.originalMessageId = message.id
  settled(world, interaction)
  return message
}

/** Callback 8. */
export function answerWithChoices(world: World, interaction: Interaction, choices: readonly object[]): void {
  settled(world, interaction)
  tellPerson(world, interaction, 'APPLICATION_COMMAND_AUTOCOMPLETE_RESPONSE', { choices })
}

/** Callback 9. */
export function answerWithModal(
  world: World,
  interaction: Interaction,
  form: { custom_id: string; title: string; components: readonly unknown[] },
): void {
  const components = settleComponents(form.components)
  interaction.modal = { customId: form.custom_id, components }
  const bot = world.user(interaction.applicationId)
  tellPerson(world, interaction, 'INTERACTION_MODAL_CREATE', {
    application: { id: bot.id, name: bot.username, icon: null, description: '', bot: wireUser(bot) },
    channel_id: interaction.channelId,
    custom_id: form.custom_id,
    title: form.title,
    components,
  })
  settled(world, interaction)
}

/** The message that `@original` means. */
export function originalOf(world: World, interaction: Interaction): Message {
  if (interaction.originalMessageId === null) throw refusal('unknownMessage')
  return world.message(interaction.channelId, interaction.originalMessageId)
}

export function editAnswer(
  world: World,
  interaction: Interaction,
  message: Message,
  form: MessageEdit,
  uploads: readonly Upload[],
): Message {
  if (message.id === interaction.originalMessageId) interaction.deferred = false
  return editMessage(world, message, form, uploads)
}

/** An application that only the person has installed may not flood the place. */
const USER_INSTALLED_FOLLOW_UPS = 5

/**
 * A further message of the application. Right after a deferral it becomes the original instead, which Discord keeps up
 * for old applications.
 */
export function followUp(
  world: World,
  interaction: Interaction,
  form: NewMessage,
  uploads: readonly Upload[],
): Message {
  if (interaction.deferred && interaction.originalMessageId !== null) {
    const { content, embeds, components, allowed_mentions, attachments } = form
    return editAnswer(
      world,
      interaction,
      originalOf(world, interaction),
      { content, embeds, components, allowed_mentions, attachments },
      uploads,
    )
  }
  if (interaction.onlyUserInstalled && ++interaction.followUps > USER_INSTALLED_FOLLOW_UPS)
    throw refusal('maxFollowUps')
  const ephemeral = ((form.flags ?? 0) & FLAG.ephemeral) !== 0
  const origin: InteractionOrigin = { ...interaction.origin }
  if (interaction.originalMessageId !== null) origin.originalResponseId = interaction.originalMessageId
  return postMessage(world, {
    author: world.user(interaction.applicationId),
    channel: world.channel(interaction.channelId),
    form: interaction.originalMessageId === null ? form : withReply(form, interaction.originalMessageId),
    uploads,
    origin,
    onlyFor: ephemeral ? interaction.userId : null,
    type: interaction.originalMessageId === null ? 20 : 19,
    flags: ephemeral ? FLAG.ephemeral : 0,
  })
}

/** A follow-up stands as a reply to the first answer. */
function withReply(form: NewMessage, messageId: string): NewMessage {
  return form.message_reference
    ? form
    : { ...form, message_reference: { message_id: messageId, fail_if_not_exists: false } }
}

export function deleteAnswer(world: World, interaction: Interaction, message: Message): void {
  deleteMessages(world, world.channel(interaction.channelId), [message])
  if (message.id !== interaction.originalMessageId) return
  // What comes next stands by itself.
  interaction.originalMessageId = null
  interaction.deferred = false
}
