import { refusal } from './refusal.ts'
import type { APIApplicationCommandOption } from 'discord-api-types/v10'
import type { Command } from './records.ts'
import type { CommandForm } from './rules/command.ts'
import type { World } from './world.ts'

/** How many commands of a type an application may have, in one guild or globally. */
const MOST: Record<number, number> = { 1: 100, 2: 15, 3: 15 }

export function commandsOf(world: World, applicationId: string, guildId: string | null): Command[] {
  return [...world.commands.values()].filter(
    (command) => command.applicationId === applicationId && command.guildId === guildId,
  )
}

/** Creates a command, or replaces the one of the same type and name. */
export function putCommand(
  world: World,
  applicationId: string,
  guildId: string | null,
  form: CommandForm,
): { command: Command; created: boolean } {
  const siblings = commandsOf(world, applicationId, guildId)
  const earlier = siblings.find((command) => command.type === form.type && command.name === form.name)
  const ofType = siblings.filter((command) => command.type === form.type)
  if (!earlier && ofType.length >= (MOST[form.type] ?? 100)) throw refusal('maxCommands')
  if (!earlier) countCreate(world, applicationId, guildId)
  const id = earlier?.id ?? world.ids.next()
  const command: Command = {
    id,
    applicationId,
    guildId,
    version: world.ids.next(),
    type: form.type,
    name: form.name,
    nameLocalizations: form.name_localizations ?? null,
    description: form.description,
    descriptionLocalizations: 'description_localizations' in form ? (form.description_localizations ?? null) : null,
    defaultMemberPermissions: form.default_member_permissions ?? null,
    contexts: form.contexts ?? (form.dm_permission === false ? [0] : null),
    integrationTypes: form.integration_types ?? [0],
    nsfw: form.nsfw === true,
    options: (form.options ?? []).map((option) => asGivenBack(option)) as unknown as APIApplicationCommandOption[],
  }
  world.commands.set(id, command)
  return { command, created: !earlier }
}

const DAY = 24 * 3_600_000
const CREATES_A_DAY = 200

function countCreate(world: World, applicationId: string, guildId: string | null): void {
  const key = `${applicationId} ${guildId ?? ''}`
  const since = world.clock.now() - DAY
  const creates = (world.commandCreates.get(key) ?? []).filter((at) => at > since)
  if (creates.length >= CREATES_A_DAY) throw refusal('dailyCommands')
  world.commandCreates.set(key, [...creates, world.clock.now()])
}

/** Makes the list exactly these; what keeps its name keeps its id. */
export function replaceCommands(
  world: World,
  applicationId: string,
  guildId: string | null,
  forms: readonly CommandForm[],
): Command[] {
  for (const command of commandsOf(world, applicationId, guildId)) {
    if (!forms.some((form) => form.type === command.type && form.name === command.name))
      world.commands.delete(command.id)
  }
  return forms.map((form) => putCommand(world, applicationId, guildId, form).command)
}

/** Discord gives back neither nulls nor what is off: whoever compares must expect that. */
function asGivenBack(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asGivenBack)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) =>
      inner == null || inner === false ? [] : [[key, asGivenBack(inner)]],
    ),
  )
}

export function wireCommand(command: Command, withLocalizations = true) {
  return {
    id: command.id,
    application_id: command.applicationId,
    version: command.version,
    type: command.type,
    name: command.name,
    description: command.description,
    default_member_permissions: command.defaultMemberPermissions,
    nsfw: command.nsfw,
    integration_types: command.integrationTypes,
    ...(withLocalizations
      ? { name_localizations: command.nameLocalizations, description_localizations: command.descriptionLocalizations }
      : {}),
    ...(command.options.length > 0 ? { options: command.options } : {}),
    ...(command.guildId === null
      ? { contexts: command.contexts, dm_permission: command.contexts === null || command.contexts.includes(1) }
      : { guild_id: command.guildId }),
  }
}
