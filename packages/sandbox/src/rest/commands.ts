import { z } from 'zod'
import { commandsOf, putCommand, replaceCommands, wireCommand } from '../command-registry.ts'
import { refusal } from '../refusal.ts'
import { commandForm } from '../rules/command.ts'
import { readForm } from '../rules/form.ts'
import { created, nothing, ok, readBody, route } from './route.ts'
import type { Command } from '../records.ts'
import type { World } from '../world.ts'
import type { Ask, Route } from './route.ts'

export function commandRoutes(world: World): Route[] {
  return [
    ...registry(world, '/applications/{application_id}/commands', () => null),
    ...registry(
      world,
      '/applications/{application_id}/guilds/{guild_id}/commands',
      (ask) => ask.path['guild_id'] ?? null,
    ),
    route('GET', '/applications/{application_id}/guilds/{guild_id}/commands/permissions', () => ok([]), 'bot'),
    route(
      'GET',
      '/applications/{application_id}/guilds/{guild_id}/commands/{command_id}/permissions',
      () => {
        throw refusal('unknownCommandPermissions')
      },
      'bot',
    ),
  ]
}

/** The six routes of a list of commands, global or of a guild. */
function registry(
  world: World,
  base: '/applications/{application_id}/commands' | '/applications/{application_id}/guilds/{guild_id}/commands',
  guildOf: (ask: Ask) => string | null,
): Route[] {
  const scope = (ask: Ask) => {
    if (ask.path['application_id'] !== ask.viewer.id) throw refusal('missingAccess')
    const guildId = guildOf(ask)
    if (guildId !== null) world.needInGuild(ask.viewer, guildId)
    return { applicationId: ask.viewer.id, guildId }
  }
  const find = (ask: Ask): Command => {
    const { applicationId, guildId } = scope(ask)
    const command = commandsOf(world, applicationId, guildId).find((one) => one.id === ask.path['command_id'])
    if (!command) throw refusal('unknownCommand')
    return command
  }
  const single = `${base}/{command_id}` as const
  return [
    route(
      'GET',
      base,
      (ask) => {
        const { applicationId, guildId } = scope(ask)
        const localizations = ask.query.get('with_localizations') === 'true'
        return ok(commandsOf(world, applicationId, guildId).map((command) => wireCommand(command, localizations)))
      },
      'bot',
    ),
    route(
      'PUT',
      base,
      (ask) => {
        const { applicationId, guildId } = scope(ask)
        const forms = readBody(z.array(commandForm).max(130), ask.body)
        const perType = new Map<number, number>()
        for (const form of forms) perType.set(form.type, (perType.get(form.type) ?? 0) + 1)
        if ((perType.get(1) ?? 0) > 100 || (perType.get(2) ?? 0) > 15 || (perType.get(3) ?? 0) > 15)
          throw refusal('maxCommands')
        return ok(replaceCommands(world, applicationId, guildId, forms).map((command) => wireCommand(command)))
      },
      'bot',
    ),
    route(
      'POST',
      base,
      (ask) => {
        const { applicationId, guildId } = scope(ask)
        const put = putCommand(world, applicationId, guildId, readBody(commandForm, ask.body))
        return put.created ? created(wireCommand(put.command)) : ok(wireCommand(put.command))
      },
      'bot',
    ),
    route('GET', single, (ask) => ok(wireCommand(find(ask))), 'bot'),
    route(
      'PATCH',
      single,
      (ask) => {
        const command = find(ask)
        const { applicationId, guildId } = scope(ask)
        const patch = typeof ask.body === 'object' && ask.body !== null ? ask.body : {}
        const form = readForm(commandForm, { ...wireCommand(command), ...patch, type: command.type })
        // A rename keeps the id, so the record is replaced under it.
        world.commands.delete(command.id)
        const { command: next } = putCommand(world, applicationId, guildId, form)
        world.commands.delete(next.id)
        const renamed = { ...next, id: command.id }
        world.commands.set(renamed.id, renamed)
        return ok(wireCommand(renamed))
      },
      'bot',
    ),
    route(
      'DELETE',
      single,
      (ask) => {
        world.commands.delete(find(ask).id)
        return nothing()
      },
      'bot',
    ),
  ]
}
