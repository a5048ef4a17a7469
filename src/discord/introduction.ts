import { Routes, type APIApplication, type APIChannel, type APIGuild, type APIGuildMember } from 'discord-api-types/v10'
import { Problem } from '../core/failure.ts'
import { withDiscord, type AskOptions } from './ask-discord.ts'
import { ask, canWriteIn, howToLetRead, inviteOf, mayRead, rolesForPeople, type CheckTools } from './check.ts'

/** Something of Discord's that somebody chooses by its name. */
export interface Named {
  readonly id: string
  readonly name: string
}

/** What the bot is to Discord, for whoever sets it up. */
export interface Introduction {
  readonly bot: Named
  /** The person who made the application; null: a team has it. */
  readonly maker: Named | null
  /** What to do before it may read messages; null: it may. */
  readonly toRead: string | null
  /** Where a server's admin lets it in. */
  readonly invite: string
  readonly guilds: readonly Named[]
}

/** What of a server matters for the bot's settings. */
export interface GuildPlan {
  /** Those that people may have. */
  readonly roles: readonly Named[]
  /** Those in which the bot may write. */
  readonly channels: readonly Named[]
}

type Who = Omit<AskOptions, 'guild'>

/** @throws {Problem} `refused`: Discord does not take the token; `wire`: it cannot be reached. */
export function introduce(who: Who): Promise<Introduction> {
  return withDiscord({ ...who, guild: null }, async (tools) => {
    const application = (await ask(tools, Routes.currentApplication())) as APIApplication | null
    if (application === null) throw new Problem('wire', 'Discord does not say what the bot is.')
    const guilds = (await ask(tools, Routes.userGuilds())) as readonly Named[] | null
    const maker = application.team === null || application.team === undefined ? (application.owner ?? null) : null
    return {
      bot: { id: application.id, name: application.name },
      maker: maker === null ? null : { id: maker.id, name: maker.username },
      toRead: mayRead(application) ? null : howToLetRead(application),
      invite: inviteOf(application.id),
      guilds: (guilds ?? []).map(({ id, name }) => ({ id, name })),
    }
  })
}

/** @throws {Problem} as `introduce`. */
export function lookAtGuild(who: Who, id: string, bot: string): Promise<GuildPlan> {
  return withDiscord({ ...who, guild: id }, async (tools) => {
    const guild = (await ask(tools, Routes.guild(id))) as APIGuild | null
    if (guild === null) return { roles: [], channels: [] }
    return {
      roles: rolesForPeople(guild).map(({ id, name }) => ({ id, name })),
      channels: await channelsIn(tools, guild, bot),
    }
  })
}

async function channelsIn(tools: CheckTools, guild: APIGuild, bot: string): Promise<readonly Named[]> {
  const [member, channels] = await Promise.all([
    ask(tools, Routes.guildMember(guild.id, bot)) as Promise<APIGuildMember | null>,
    ask(tools, Routes.guildChannels(guild.id)) as Promise<readonly APIChannel[] | null>,
  ])
  if (member === null || channels === null) return []
  return channels
    .filter((channel) => canWriteIn(guild, member, bot, channel))
    .map(({ id, name }) => ({ id, name: `#${name ?? id}` }))
}
