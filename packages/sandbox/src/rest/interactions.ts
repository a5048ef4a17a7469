import { z } from 'zod'
import {
  answerWithChoices,
  answerWithMessage,
  answerWithModal,
  answerWithUpdate,
  deleteAnswer,
  editAnswer,
  followUp,
  needOpen,
  needToken,
  originalOf,
} from '../interactions.ts'
import { FLAG } from '../messages.ts'
import { invalidForm, refusal } from '../refusal.ts'
import { modal } from '../rules/component.ts'
import { readForm } from '../rules/form.ts'
import { IS_COMPONENTS_V2, messageEdit, newMessage, webhookMessage } from '../rules/message.ts'
import { wireMessage } from '../wire.ts'
import { webhookMessageRoutes } from './webhooks.ts'
import { nothing, ok, readBody, route } from './route.ts'
import type { InteractionDeadlines } from '../interactions.ts'
import type { Interaction, Message } from '../records.ts'
import type { World } from '../world.ts'
import type { Ask, Route } from './route.ts'

const callback = z.object({ type: z.number().int(), data: z.unknown().optional() })
const choices = z.object({
  choices: z
    .array(
      z.object({
        name: z.string().min(1).max(100),
        name_localizations: z.record(z.string(), z.string()).nullish(),
        value: z.union([z.string().max(100), z.number()]),
      }),
    )
    .max(25),
})

/** Which callbacks answer which interaction. */
const FITTING: Record<number, readonly number[]> = { 2: [4, 5, 9], 3: [4, 5, 6, 7, 9], 4: [8], 5: [4, 5, 6, 7] }

/** Runs a first answer; returns the message it made or changed. */
function answer(world: World, interaction: Interaction, type: number, ask: Ask): Message | null {
  const data = typeof ask.body === 'object' && ask.body !== null && 'data' in ask.body ? ask.body.data : undefined
  const fits = FITTING[interaction.type]?.includes(type) === true
  const needsMessage = (type === 6 || type === 7) && interaction.messageId === null
  if (!fits || needsMessage) {
    throw invalidForm([
      {
        path: ['type'],
        code: 'INTERACTION_CALLBACK_TYPE_INVALID',
        message: `Callback type ${type} does not answer interaction type ${interaction.type}`,
      },
    ])
  }
  switch (type) {
    case 4:
      return answerWithMessage(world, interaction, readForm(newMessage, data), ask.uploads, false)
    case 5: {
      const flags = readForm(z.object({ flags: z.number().int().nullish() }), data).flags ?? 0
      if (flags & IS_COMPONENTS_V2) {
        throw invalidForm([
          {
            path: ['data', 'flags'],
            code: 'BASE_TYPE_INVALID',
            message: 'IS_COMPONENTS_V2 cannot be set on a deferral',
          },
        ])
      }
      return answerWithMessage(world, interaction, { flags: flags & FLAG.ephemeral }, [], true)
    }
    case 6:
      return answerWithUpdate(world, interaction, null, [])
    case 7: {
      const clicked = world.message(interaction.channelId, interaction.messageId ?? '')
      const form = readForm(messageEdit((clicked.flags & IS_COMPONENTS_V2) !== 0), data)
      return answerWithUpdate(world, interaction, form, ask.uploads)
    }
    case 8:
      answerWithChoices(world, interaction, readForm(choices, data).choices)
      return null
    default:
      answerWithModal(world, interaction, readForm(modal, data))
      return null
  }
}

export function interactionRoutes(world: World, deadlines: InteractionDeadlines): Route[] {
  const reach = (ask: Ask<'webhook_id' | 'webhook_token'>) =>
    needToken(world, ask.path.webhook_id, ask.path.webhook_token, deadlines)
  const show = (interaction: Interaction, message: Message) =>
    wireMessage(world, message, world.user(interaction.applicationId))

  const callbackRoute = route(
    'POST',
    '/interactions/{interaction_id}/{interaction_token}/callback',
    (ask) => {
      const interaction = needOpen(world, ask.path.interaction_id, ask.path.interaction_token)
      const { type } = readBody(callback, ask.body)
      const message = answer(world, interaction, type, ask)
      if (ask.query.get('with_response') !== 'true') return nothing()
      return ok({
        interaction: {
          id: interaction.id,
          type: interaction.type,
          ...(message
            ? {
                response_message_id: message.id,
                response_message_loading: (message.flags & FLAG.loading) !== 0,
                response_message_ephemeral: message.onlyFor !== null,
              }
            : {}),
          channel_id: interaction.channelId,
          ...(interaction.guildId === null ? {} : { guild_id: interaction.guildId }),
        },
        // A deferral has no message to show yet.
        ...(message && (type === 4 || type === 7) ? { resource: { type, message: show(interaction, message) } } : {}),
      })
    },
    'open',
  )

  return [
    callbackRoute,
    ...webhookMessageRoutes(world, {
      owns: (id) => world.users.get(id)?.bot === true,
      create: (ask) => {
        const interaction = reach(ask)
        return ok(show(interaction, followUp(world, interaction, readBody(webhookMessage, ask.body), ask.uploads)))
      },
      find: (ask, messageId) => {
        const interaction = reach(ask)
        const message =
          messageId === '@original' ? originalOf(world, interaction) : world.message(interaction.channelId, messageId)
        if (message.authorId !== interaction.applicationId) throw refusal('unknownMessage')
        return message
      },
      show: (ask, message) => show(reach(ask), message),
      edit: (ask, message) => {
        const form = readBody(messageEdit((message.flags & IS_COMPONENTS_V2) !== 0), ask.body)
        return editAnswer(world, reach(ask), message, form, ask.uploads)
      },
      remove: (ask, message) => deleteAnswer(world, reach(ask), message),
    }),
  ]
}
