import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { INTENT } from '../intents.ts'
import { deleteMessages, editMessage, postMessage } from '../messages.ts'
import { refusal } from '../refusal.ts'
import { IS_COMPONENTS_V2, messageEdit, snowflake, webhookMessage } from '../rules/message.ts'
import { wireMessage, wireWebhook } from '../wire.ts'
import { nothing, ok, readBody, route } from './route.ts'
import type { Channel, Message, Webhook } from '../records.ts'
import type { World } from '../world.ts'
import type { MessageResponse } from './described/messages.ts'
import type { Bodies } from './described/bodies.ts'
import type { AnswerOf, Ask, Route } from './route.ts'

const base = '/webhooks/{webhook_id}/{webhook_token}' as const
const ofMessage = `${base}/messages/{message_id}` as const

/** Somebody at a mailbox's door, with a body of these keys. */
export type Knock<Keys extends string = never> = Ask<'webhook_id' | 'webhook_token', Keys>
type Executing = Knock<Bodies[`POST ${typeof base}`]>
type Editing = Knock<Bodies[`PATCH ${typeof ofMessage}`]>

/** What stands behind `/webhooks/{id}/{token}`: an interaction's answers, or a channel's webhook. */
export interface Mailbox {
  owns(webhookId: string): boolean
  create(ask: Executing): AnswerOf<`POST ${typeof base}`>
  find(ask: Knock, messageId: string): Message
  show(ask: Knock, message: Message): MessageResponse
  edit(ask: Editing, message: Message): Message
  remove(ask: Knock, message: Message): void
}

/** Executing webhooks and their messages; an id that is no application's belongs to a channel's webhook. */
export function webhookMessageRoutes(world: World, interactions: Mailbox): Route[] {
  const channelWebhooks = channelMailbox(world)
  const mailbox = (ask: Knock) => (interactions.owns(ask.path.webhook_id) ? interactions : channelWebhooks)
  return [
    route('POST', base, (ask) => mailbox(ask).create(ask), 'open'),
    route(
      'GET',
      ofMessage,
      (ask) => {
        const box = mailbox(ask)
        return ok(box.show(ask, box.find(ask, ask.path.message_id)))
      },
      'open',
    ),
    route(
      'PATCH',
      ofMessage,
      (ask) => {
        const box = mailbox(ask)
        return ok(box.show(ask, box.edit(ask, box.find(ask, ask.path.message_id))))
      },
      'open',
    ),
    route(
      'DELETE',
      ofMessage,
      (ask) => {
        const box = mailbox(ask)
        box.remove(ask, box.find(ask, ask.path.message_id))
        return nothing()
      },
      'open',
    ),
  ]
}

function needWebhook(world: World, id: string, token?: string): Webhook {
  const webhook = world.webhooks.get(id)
  if (!webhook) throw refusal('unknownWebhook')
  if (token !== undefined && webhook.token !== token) throw refusal('invalidWebhookToken')
  return webhook
}

function channelMailbox(world: World): Mailbox {
  const reach = (ask: Knock): { webhook: Webhook; channel: Channel } => {
    const webhook = needWebhook(world, ask.path.webhook_id, ask.path.webhook_token)
    const threadId = ask.query.get('thread_id')
    if (threadId === null) return { webhook, channel: world.channel(webhook.channelId) }
    const thread = world.channel(threadId)
    if (thread.parentId !== webhook.channelId) throw refusal('unknownChannel')
    return { webhook, channel: thread }
  }
  return {
    owns: (id) => world.webhooks.has(id),
    create: (ask) => {
      const { webhook, channel } = reach(ask)
      const form = readBody(webhookMessage, ask.body)
      const message = postMessage(world, {
        author: world.user(webhook.creatorId),
        channel,
        form,
        uploads: ask.uploads,
        webhook: { id: webhook.id, name: form.username ?? webhook.name },
      })
      return ask.query.get('wait') === 'true' ? ok(wireMessage(world, message)) : nothing()
    },
    find: (ask, messageId) => {
      const { webhook, channel } = reach(ask)
      const message = world.message(channel.id, messageId)
      if (message.webhook?.id !== webhook.id) throw refusal('unknownMessage')
      return message
    },
    show: (_ask, message) => wireMessage(world, message),
    edit: (ask, message) =>
      editMessage(
        world,
        message,
        readBody(messageEdit((message.flags & IS_COMPONENTS_V2) !== 0), ask.body),
        ask.uploads,
      ),
    remove: (ask, message) => deleteMessages(world, reach(ask).channel, [message]),
  }
}

/** Managing a channel's webhooks. */
export function webhookRoutes(world: World): Route[] {
  const name = z
    .string()
    .min(1)
    .max(80)
    .refine((text) => !/clyde|discord/i.test(text), {
      message: 'Username cannot contain "discord" or "clyde"',
      params: { code: 'USERNAME_INVALID_CONTAINS' },
    })
  const tell = (webhook: Webhook) =>
    world.emit({
      name: 'WEBHOOKS_UPDATE',
      data: { guild_id: webhook.guildId, channel_id: webhook.channelId },
      audience: { channel: webhook.channelId },
      intents: INTENT.webhooks,
    })
  const remove = (webhook: Webhook) => {
    world.webhooks.delete(webhook.id)
    tell(webhook)
    return nothing()
  }
  const manage = (viewer: Ask['viewer'], id: string) => {
    const webhook = needWebhook(world, id)
    world.need(viewer, world.channel(webhook.channelId), 'ManageWebhooks')
    return webhook
  }
  return [
    route('POST', '/channels/{channel_id}/webhooks', ({ viewer, path, body }) => {
      const channel = world.channel(path.channel_id)
      if (channel.guildId === null) throw refusal('cannotOnDm')
      world.need(viewer, channel, 'ManageWebhooks')
      const form = readBody(z.object({ name }), body)
      const webhook: Webhook = {
        id: world.ids.next(),
        guildId: channel.guildId,
        channelId: channel.id,
        name: form.name,
        token: randomBytes(48).toString('base64url'),
        creatorId: viewer.id,
        applicationId: viewer.bot ? viewer.id : null,
      }
      world.webhooks.set(webhook.id, webhook)
      tell(webhook)
      return ok(wireWebhook(world, webhook))
    }),
    route('GET', '/channels/{channel_id}/webhooks', ({ viewer, path }) => {
      const channel = world.channel(path.channel_id)
      world.need(viewer, channel, 'ManageWebhooks')
      const here = [...world.webhooks.values()].filter((webhook) => webhook.channelId === channel.id)
      return ok(here.map((webhook) => wireWebhook(world, webhook)))
    }),
    route('GET', '/guilds/{guild_id}/webhooks', ({ viewer, path }) => {
      world.needInGuild(viewer, path.guild_id, 'ManageWebhooks')
      const here = [...world.webhooks.values()].filter((webhook) => webhook.guildId === path.guild_id)
      return ok(here.map((webhook) => wireWebhook(world, webhook)))
    }),
    route('GET', '/webhooks/{webhook_id}', ({ viewer, path }) =>
      ok(wireWebhook(world, manage(viewer, path.webhook_id))),
    ),
    route('PATCH', '/webhooks/{webhook_id}', ({ viewer, path, body }) => {
      const webhook = manage(viewer, path.webhook_id)
      const form = readBody(z.object({ name: name.nullish(), channel_id: snowflake.nullish() }), body)
      if (form.name != null) webhook.name = form.name
      if (form.channel_id != null) webhook.channelId = world.channel(form.channel_id).id
      tell(webhook)
      return ok(wireWebhook(world, webhook))
    }),
    route('DELETE', '/webhooks/{webhook_id}', ({ viewer, path }) => remove(manage(viewer, path.webhook_id))),
    route(
      'DELETE',
      '/webhooks/{webhook_id}/{webhook_token}',
      ({ path }) => remove(needWebhook(world, path.webhook_id, path.webhook_token)),
      'open',
    ),
    route(
      'GET',
      '/webhooks/{webhook_id}/{webhook_token}',
      ({ path }) => {
        const { user: _hidden, ...wire } = wireWebhook(world, needWebhook(world, path.webhook_id, path.webhook_token))
        return ok(wire)
      },
      'open',
    ),
  ]
}
