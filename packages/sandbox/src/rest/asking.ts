import { z } from 'zod'
import { commandsOf, wireCommand } from '../command-registry.ts'
import { ask } from '../interactions.ts'
import { checkOptions, resolveOptions } from '../options.ts'
import { invalidForm, refusal } from '../refusal.ts'
import { wakeThread } from '../threads.ts'
import { checkFilled } from '../rules/filled.ts'
import { everyComponent } from '../rules/component.ts'
import { readForm } from '../rules/form.ts'
import { snowflake } from '../rules/message.ts'
import { wireBareMember, wireMessage, wireRole } from '../wire.ts'
import { wireChannel, wireUser } from '../wire-channel.ts'
import { nothing, ok, personRoute } from './route.ts'
import type { InteractionDeadlines } from '../interactions.ts'
import type { GivenOption } from '../options.ts'
import type { Channel, Command, Interaction, Message, User } from '../records.ts'
import type { World } from '../world.ts'
import type { Ask, Route } from './route.ts'

const option: z.ZodType<GivenOption> = z.lazy(() =>
  z.object({
    name: z.string(),
    type: z.number().int(),
    value: z.union([z.string(), z.number(), z.boolean()]).optional(),
    focused: z.boolean().optional(),
    options: z.array(option).optional(),
  }),
)
const envelope = z.object({
  type: z.union([z.literal(2), z.literal(3), z.literal(4), z.literal(5)]),
  application_id: snowflake,
  guild_id: snowflake.nullish(),
  channel_id: snowflake,
  message_id: snowflake.nullish(),
  nonce: z.union([z.string(), z.number()]).transform(String).nullish(),
  data: z.unknown().optional(),
})
const commandData = z.object({
  id: snowflake,
  target_id: snowflake.nullish(),
  options: z.array(option).nullish(),
})
const clickData = z.object({
  component_type: z.number().int(),
  custom_id: z.string(),
  values: z.array(z.string()).nullish(),
})
const submitData = z.object({
  id: snowflake,
  custom_id: z.string(),
  components: z.array(z.record(z.string(), z.unknown())),
})

/** Full path of the subcommand that was chosen, as `interaction.name` shows it. */
function spokenName(command: Command, options: readonly GivenOption[]): string {
  const [first] = options
  return first && first.type <= 2
    ? `${command.name} ${spokenName({ ...command, name: first.name }, first.options ?? [])}`
    : command.name
}

/** Commands that a person may see in a channel. */
function commandsFor(world: World, person: User, channel: Channel): Command[] {
  if (!world.may(person, channel, 'UseApplicationCommands')) return []
  const permissions = world.permissions(person, channel)
  return [...world.users.values()]
    .filter((user) => user.bot && world.maySee(user, channel))
    .flatMap((bot) => [
      ...commandsOf(world, bot.id, null),
      ...(channel.guildId === null ? [] : commandsOf(world, bot.id, channel.guildId)),
    ])
    .filter((command) => {
      const context = channel.guildId === null ? 1 : 0
      if (command.contexts && !command.contexts.includes(context)) return false
      if (channel.guildId === null || command.defaultMemberPermissions === null) return true
      const needed = BigInt(command.defaultMemberPermissions)
      const isAdmin = world.guild(channel.guildId).ownerId === person.id || (permissions & 8n) !== 0n
      // "0" means nobody but administrators.
      return isAdmin || (needed !== 0n && (permissions & needed) === needed)
    })
}

export function askingRoutes(world: World, deadlines: InteractionDeadlines): Route[] {
  const index = (person: User, channels: readonly Channel[]) => {
    const commands = [...new Set(channels.flatMap((channel) => commandsFor(world, person, channel)))]
    const applications = [...new Set(commands.map((command) => command.applicationId))].map((id) => {
      const bot = world.user(id)
      return { id, name: bot.username, icon: null, description: '', bot: wireUser(bot) }
    })
    return ok({
      applications,
      application_commands: commands.map((command) => ({
        ...wireCommand(command),
        ...localized(command, person.locale),
      })),
    })
  }
  return [
    personRoute('POST', '/interactions', (request) => {
      asked(world, request, deadlines)
      return nothing()
    }),
    personRoute('GET', '/guilds/{guild_id}/application-command-index', ({ viewer, path }) => {
      world.needInGuild(viewer, path.guild_id)
      return index(
        viewer,
        world.channelsOf(path.guild_id).filter((channel) => world.maySee(viewer, channel)),
      )
    }),
    personRoute('GET', '/channels/{channel_id}/application-command-index', ({ viewer, path }) => {
      const channel = world.channel(path.channel_id)
      world.need(viewer, channel)
      return index(viewer, [channel])
    }),
  ]
}

function localized(command: Command, locale: string) {
  const name = command.nameLocalizations?.[locale]
  const description = command.descriptionLocalizations?.[locale]
  return {
    ...(name === undefined ? {} : { name_localized: name }),
    ...(description === undefined ? {} : { description_localized: description }),
  }
}

function asked(world: World, request: Ask, deadlines: InteractionDeadlines): Interaction {
  const person = request.viewer
  const form = readForm(envelope, request.body)
  const channel = world.channel(form.channel_id)
  world.need(person, channel)
  if (form.type !== 4) wakeThread(world, person, channel)
  if (world.users.get(form.application_id)?.bot !== true) throw refusal('unknownApplication')
  const common = { person, applicationId: form.application_id, channel, nonce: form.nonce ?? null }
  const data: unknown = form.data
  switch (form.type) {
    case 2:
    case 4: {
      world.need(person, channel, 'UseApplicationCommands')
      const { id, options, target_id } = readForm(commandData, data)
      const command = commandsFor(world, person, channel).find(
        (one) => one.id === id && one.applicationId === form.application_id,
      )
      if (!command) throw refusal('unknownCommand')
      checkOptions(command, options ?? [], form.type === 2)
      const target = resolveTarget(world, person, channel, command, target_id ?? null)
      const { options: told, resolved } = resolveOptions(world, channel, options ?? [], request.uploads)
      const all = { ...resolved, ...target?.resolved }
      return ask(
        world,
        {
          ...common,
          type: form.type,
          message: null,
          onlyUserInstalled: command.integrationTypes.every((type) => type === 1),
          data: {
            id: command.id,
            name: command.name,
            type: command.type,
            ...(command.guildId === null ? {} : { guild_id: command.guildId }),
            ...(told.length > 0 ? { options: told } : {}),
            ...(Object.keys(all).length > 0 ? { resolved: all } : {}),
            ...(target ? { target_id } : {}),
          },
          origin: { commandName: spokenName(command, options ?? []), ...target?.origin },
        },
        deadlines,
      )
    }
    case 3: {
      const { custom_id, component_type, values } = readForm(clickData, data)
      const message = world.message(channel.id, form.message_id ?? '')
      if (message.onlyFor !== null && message.onlyFor !== person.id) throw refusal('unknownMessage')
      needComponent(message, custom_id, component_type, values ?? [])
      return ask(
        world,
        {
          ...common,
          type: 3,
          message,
          data: {
            custom_id,
            component_type,
            id: componentOf(message, custom_id)?.['id'] ?? 0,
            ...(component_type === 2
              ? {}
              : { values: values ?? [], ...resolveValues(world, channel, component_type, values ?? []) }),
          },
          origin: { clickedMessageId: message.id },
        },
        deadlines,
      )
    }
    case 5: {
      const { id, custom_id, components } = readForm(submitData, data)
      const opener = [...world.interactions.values()].find((one) => one.id === id)
      if (!opener || opener.userId !== person.id || opener.modal?.customId !== custom_id)
        throw refusal('unknownInteraction')
      checkFilled(opener.modal.components, components)
      const message = opener.messageId === null ? null : (world.messages.get(channel.id)?.get(opener.messageId) ?? null)
      return ask(
        world,
        { ...common, type: 5, message, data: { custom_id, components }, origin: { triggeredBy: opener.origin } },
        deadlines,
      )
    }
  }
}

/** The user or message that a context menu was opened on. */
function resolveTarget(world: World, person: User, channel: Channel, command: Command, targetId: string | null) {
  if (command.type === 1) return undefined
  if (targetId === null)
    throw invalidForm([{ path: ['data', 'target_id'], code: 'BASE_TYPE_REQUIRED', message: 'This field is required' }])
  if (command.type === 3) {
    const message = world.message(channel.id, targetId)
    return {
      origin: { targetMessageId: targetId },
      resolved: { messages: { [targetId]: wireMessage(world, message, person) } },
    }
  }
  const user = world.user(targetId)
  const member = channel.guildId === null ? undefined : world.guild(channel.guildId).members.get(targetId)
  return {
    origin: { targetUserId: targetId },
    resolved: {
      users: { [targetId]: wireUser(user) },
      ...(member
        ? {
            members: {
              [targetId]: { ...wireBareMember(member), permissions: world.permissions(user, channel).toString() },
            },
          }
        : {}),
    },
  }
}

const componentOf = (message: Message, customId: string) =>
  [...everyComponent(message.components, [])].find(([node]) => node['custom_id'] === customId)?.[0]

/** A click is only taken where that very component stands, enabled, with values it offers. */
function needComponent(message: Message, customId: string, type: number, values: readonly string[]): void {
  const component = componentOf(message, customId)
  const bad = (text: string) =>
    invalidForm([
      {
        path: ['data', 'custom_id'],
        code: 'COMPONENT_VALIDATION_FAILED',
        message: `Component validation failed: ${text}`,
      },
    ])
  if (!component || component['type'] !== type) throw bad('the message has no such component')
  if (component['disabled'] === true) throw bad('it is disabled')
  if (type === 2) return
  const least = Number(component['min_values'] ?? 1)
  const most = Number(component['max_values'] ?? 1)
  if (values.length < least || values.length > most) throw bad(`choose from ${least} to ${most} values`)
  const options = component['options']
  if (
    Array.isArray(options) &&
    values.some((value) => !options.some((one: { value?: unknown }) => one.value === value))
  ) {
    throw bad('that option is not offered')
  }
}

function resolveValues(world: World, channel: Channel, type: number, values: readonly string[]) {
  if (type === 3) return {}
  const guild = channel.guildId === null ? undefined : world.guild(channel.guildId)
  const users = type === 5 || type === 7 ? values.flatMap((id) => world.users.get(id) ?? []) : []
  const roles = type === 6 || type === 7 ? values.flatMap((id) => guild?.roles.get(id) ?? []) : []
  const channels = type === 8 ? values.map((id) => world.channel(id)) : []
  const members = users.flatMap((user) => guild?.members.get(user.id) ?? [])
  return {
    resolved: {
      ...(users.length ? { users: Object.fromEntries(users.map((user) => [user.id, wireUser(user)])) } : {}),
      ...(members.length
        ? {
            members: Object.fromEntries(
              members.map((one) => [one.userId, { ...wireBareMember(one), permissions: '0' }]),
            ),
          }
        : {}),
      ...(roles.length ? { roles: Object.fromEntries(roles.map((role) => [role.id, wireRole(role)])) } : {}),
      ...(channels.length
        ? {
            channels: Object.fromEntries(
              channels.map((one) => [one.id, { ...wireChannel(world, one), permissions: '0' }]),
            ),
          }
        : {}),
    },
  }
}
