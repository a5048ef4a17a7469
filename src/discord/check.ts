import type { REST } from '@discordjs/rest'
import {
  ApplicationFlags,
  ChannelType,
  PermissionFlagsBits,
  Routes,
  type APIApplication,
  type APIChannel,
  type APIGuild,
  type APIGuildMember,
  type APIRole,
  type APIUser,
  type RESTGetAPICurrentUserGuildsResult,
} from 'discord-api-types/v10'
import type { Reach } from '../core/reach.ts'
import { messageOf, Problem } from '../core/failure.ts'
import { fine, type Finding } from '../core/finding.ts'
import { channelOf } from '../core/place.ts'
import { has, permissionsIn } from './permissions.ts'
import { isKeptFromUs, meaningOf, type RequestQueues } from './request-queues.ts'
import { skewFinding } from './skew.ts'

export interface CheckTools {
  readonly rest: REST
  readonly queues: RequestQueues
  /** DISCORD_GUILD_ID; null: any that the bot is in. */
  readonly guild: string | null
  /** How far our clock is from Discord's, in milliseconds; null: not known yet. */
  skewMs(): number | null
}

/** What the bot needs in a channel; the names are Discord's own. */
const needed = [
  ['View Channels', PermissionFlagsBits.ViewChannel],
  ['Send Messages', PermissionFlagsBits.SendMessages],
  ['Send Messages in Threads', PermissionFlagsBits.SendMessagesInThreads],
  ['Embed Links', PermissionFlagsBits.EmbedLinks],
  ['Attach Files', PermissionFlagsBits.AttachFiles],
  ['Read Message History', PermissionFlagsBits.ReadMessageHistory],
] as const

const written: ReadonlySet<ChannelType> = new Set([ChannelType.GuildText, ChannelType.GuildAnnouncement])

/**
 * Holds what is configured against what Discord has: the guild, the owners, the audit channel, what the bot may do where
 * it works. Rejects with a `wire` problem when Discord cannot say now.
 */
export async function checkDiscord(tools: CheckTools, reach: Reach): Promise<readonly Finding[]> {
  const me = (await ask(tools, Routes.user())) as APIUser | null
  if (me === null) throw new Problem('wire', 'Discord does not say who the bot is.')
  const guilds = (await ask(tools, Routes.userGuilds())) as RESTGetAPICurrentUserGuildsResult | null
  const found = [...(await intentFindings(tools)), skewFinding(tools.skewMs())]
  const id = tools.guild ?? (guilds?.length === 1 ? (guilds[0]?.id ?? null) : null)
  if (guilds === null || guilds.length === 0 || (tools.guild !== null && !guilds.some((each) => each.id === id))) {
    return [...found, nowhere(tools.guild, guilds ?? [], me)]
  }
  // On several servers, each may have what is asked for.
  if (id === null) return [...found, fine('discord.guild', `The bot is on ${guilds.length} servers.`)]
  const guild = (await ask(tools, Routes.guild(id))) as APIGuild | null
  if (guild === null) return [...found, nowhere(tools.guild, guilds, me)]
  found.push(fine('discord.guild', `The bot is on the server ${guild.name}.`))
  found.push(...(await ownerFindings(tools, guild, reach)))
  found.push(...(await placeFindings(tools, guild, me, reach)))
  return found
}

/** Whether people have the commands. `trouble`: why they could not be registered the last time. */
export function commandsFinding(trouble: string | null): Finding {
  const id = 'discord.commands'
  if (trouble === null) return fine(id, 'The commands are registered.')
  const text = `The bot's commands could not be registered: ${trouble}.`
  const mend = 'Invite it again, with the scope applications.commands; it goes on trying.'
  return { id, level: 'error', stopsAll: true, text, mend }
}

/** What Discord has there; null: nothing, or nothing for us. */
export async function ask(
  { rest, queues }: Pick<CheckTools, 'rest' | 'queues'>,
  route: `/${string}`,
): Promise<unknown> {
  const done = await queues.read(`check ${route}`, () => rest.get(route))
  if (done.ok) return done.value
  const { kind } = meaningOf(done.error)
  if (isKeptFromUs(done.error) || kind === 'rejected') return null
  throw new Problem('wire', `${route} could not be read: ${messageOf(done.error)}`, { cause: done.error })
}

async function intentFindings(tools: CheckTools): Promise<readonly Finding[]> {
  const application = (await ask(tools, Routes.currentApplication())) as APIApplication | null
  if (application === null) return []
  if (mayRead(application)) return [fine('discord.intents', 'The bot may read messages.')]
  return [
    {
      id: 'discord.intents',
      level: 'error',
      stopsAll: true,
      text: 'The bot may not read messages.',
      mend: howToLetRead(application),
    },
  ]
}

/** Whether the Message Content Intent is on. */
export function mayRead({ flags }: APIApplication): boolean {
  const { GatewayMessageContent, GatewayMessageContentLimited } = ApplicationFlags
  return (flags & (GatewayMessageContent | GatewayMessageContentLimited)) !== 0
}

export function howToLetRead({ id }: APIApplication): string {
  return `Switch on "Message Content Intent" in the Developer Portal (Bot): https://discord.com/developers/applications/${id}/bot`
}

/** Where a server's admin lets the bot in, with the rights it needs. */
export function inviteOf(application: string): string {
  // Pins are for /board; reactions a sign on a message that was left alone, without them a word says it.
  const also = PermissionFlagsBits.AddReactions | PermissionFlagsBits.PinMessages
  const bits = needed.reduce((sum, [, bit]) => sum | bit, also)
  return `https://discord.com/oauth2/authorize?client_id=${application}&scope=bot+applications.commands&permissions=${bits}`
}

/** Whether the bot can answer in a channel. */
export function canWriteIn(guild: APIGuild, member: APIGuildMember, me: string, channel: APIChannel): boolean {
  const bits = permissionsIn(guild, member, me, channel)
  return (
    written.has(channel.type) &&
    has(bits, PermissionFlagsBits.ViewChannel) &&
    has(bits, PermissionFlagsBits.SendMessages)
  )
}

/** The roles that people may have. */
export function rolesForPeople(guild: APIGuild): readonly APIRole[] {
  return guild.roles.filter((role) => role.id !== guild.id && !role.managed)
}

function nowhere(wished: string | null, guilds: RESTGetAPICurrentUserGuildsResult, me: APIUser): Finding {
  const invite = `Invite it: ${inviteOf(me.id)}`
  const others = guilds.slice(0, 5).map(({ id, name }) => `${name} (${id})`)
  const isElsewhere = wished !== null && others.length > 0
  return {
    id: 'discord.guild',
    level: 'error',
    stopsAll: true,
    text:
      wished === null || !isElsewhere
        ? `The bot is on no server${wished === null ? '' : `, so not on ${wished} (DISCORD_GUILD_ID) either`}.`
        : `The bot is not on the server ${wished} (DISCORD_GUILD_ID). It is on ${others.join(', ')}.`,
    mend: isElsewhere ? `Correct DISCORD_GUILD_ID. ${invite}` : invite,
  }
}

async function ownerFindings(tools: CheckTools, guild: APIGuild, { owners }: Reach): Promise<readonly Finding[]> {
  const role = owners.role === null ? null : await roleFinding(tools, guild, owners.role)
  const user = owners.user === null ? null : await userFinding(tools, guild, owners.user)
  const both = [role, user].filter((finding) => finding !== null)
  if (both.some(({ level }) => level === 'ok')) return both
  return both.map((finding) => ({ ...finding, stopsAll: true }))
}

async function roleFinding(tools: CheckTools, guild: APIGuild, id: string): Promise<Finding> {
  const named = { id: 'discord.owner-role', level: 'error' } as const
  // Everybody has it, and nobody is said to.
  if (id === guild.id) {
    const text = `OMC_OWNER_ROLE_ID is the server's own id, which is @everyone: it makes nobody an owner.`
    return { ...named, text, mend: rolesOf(guild) }
  }
  const role = guild.roles.find((each) => each.id === id)
  if (role === undefined) {
    const member = (await ask(tools, Routes.guildMember(guild.id, id))) as APIGuildMember | null
    if (member !== null) {
      const text = `OMC_OWNER_ROLE_ID is the id of a person: ${member.user.username}.`
      return { ...named, text, mend: 'Put it into OMC_OWNER_USER_ID.' }
    }
    return { ...named, text: `The server ${guild.name} has no role ${id} (OMC_OWNER_ROLE_ID).`, mend: rolesOf(guild) }
  }
  if (role.managed) {
    const text = `The role ${role.name} (OMC_OWNER_ROLE_ID) belongs to a bot, so no person has it.`
    return { ...named, text, mend: rolesOf(guild) }
  }
  return fine(named.id, `Owners have the role ${role.name}.`)
}

function rolesOf(guild: APIGuild): string {
  const names = rolesForPeople(guild)
    .slice(0, 8)
    .map(({ id, name }) => `${name} (${id})`)
  return names.length === 0 ? 'Make a role for owners there.' : `Its roles: ${names.join(', ')}.`
}

async function userFinding(tools: CheckTools, guild: APIGuild, id: string): Promise<Finding> {
  const named = { id: 'discord.owner-user', level: 'error' } as const
  if (id === guild.id) {
    const text = `OMC_OWNER_USER_ID is the server's own id.`
    return { ...named, text, mend: 'Right click the person in Discord, "Copy User ID", with the developer mode on.' }
  }
  if (guild.roles.some((role) => role.id === id)) {
    const text = `OMC_OWNER_USER_ID is the id of a role.`
    return { ...named, text, mend: 'Put it into OMC_OWNER_ROLE_ID.' }
  }
  const member = (await ask(tools, Routes.guildMember(guild.id, id))) as APIGuildMember | null
  if (member === null) {
    const text = `Nobody on the server ${guild.name} has the id ${id} (OMC_OWNER_USER_ID).`
    return { ...named, text, mend: 'Right click the person in Discord, "Copy User ID", with the developer mode on.' }
  }
  if (member.user.bot === true) {
    const text = `OMC_OWNER_USER_ID is a bot: ${member.user.username}.`
    return { ...named, text, mend: 'Name a person there.' }
  }
  return fine(named.id, `The owner is ${member.user.username}.`)
}

async function placeFindings(
  tools: CheckTools,
  guild: APIGuild,
  me: APIUser,
  { places, auditChannel, alertsChannel }: Reach,
): Promise<readonly Finding[]> {
  const [member, channels] = await Promise.all([
    ask(tools, Routes.guildMember(guild.id, me.id)) as Promise<APIGuildMember | null>,
    ask(tools, Routes.guildChannels(guild.id)) as Promise<readonly APIChannel[] | null>,
  ])
  if (member === null || channels === null) return []
  const missingIn = (channel: APIChannel): readonly string[] => {
    const bits = permissionsIn(guild, member, me.id, channel)
    return needed.flatMap(([name, bit]) => (has(bits, bit) ? [] : [name]))
  }
  const texts = channels
    .filter(({ type }) => written.has(type))
    .map((channel) => ({ channel, lacks: missingIn(channel) }))
  const open = texts.filter(({ lacks }) => !lacks.includes('View Channels') && !lacks.includes('Send Messages'))
  const found = [everywhere(guild, open.length, texts)]
  const worked = new Set(places.flatMap((place) => (place.kind === 'dm' ? [] : [channelOf(place)])))
  for (const id of worked) {
    const channel = channels.find((each) => each.id === id)
    const lacks = channel === undefined ? [] : missingIn(channel)
    if (channel !== undefined && lacks.length > 0) found.push(closed('discord.place', channel, lacks))
  }
  for (const [wanted, channel] of [
    [copies, auditChannel],
    [alerts, alertsChannel],
  ] as const)
    if (channel !== null) found.push(named(wanted, channel, channels, missingIn))
  return found
}

function everywhere(guild: APIGuild, open: number, texts: readonly { readonly lacks: readonly string[] }[]): Finding {
  const id = 'discord.permissions'
  const always = needed.map(([name]) => name).filter((name) => texts.every(({ lacks }) => lacks.includes(name)))
  const mend = (names: readonly string[]): string => `Give its role there: ${names.join(', ')}.`
  if (open === 0) {
    const text = `There is no channel on ${guild.name} in which the bot may read and write.`
    return {
      id,
      level: 'error',
      stopsAll: true,
      text,
      mend: mend(always.length > 0 ? always : ['View Channels', 'Send Messages']),
    }
  }
  if (always.length === 0) return fine(id, `The bot may read and write in ${open} of ${texts.length} channels.`)
  return { id, level: 'error', text: `Nowhere on ${guild.name} the bot may: ${always.join(', ')}.`, mend: mend(always) }
}

function closed(id: string, channel: APIChannel, lacks: readonly string[]): Finding {
  const name = 'name' in channel && channel.name !== null ? `#${channel.name}` : channel.id
  return {
    id: `${id}.${channel.id}`,
    level: 'error',
    text: `In ${name}, where it is to write, the bot may not: ${lacks.join(', ')}.`,
    mend: `Allow it there (Edit Channel, Permissions).`,
  }
}

/** A channel that is named in the configuration. */
interface NamedChannel {
  readonly id: string
  readonly variable: string
  readonly without: string
  readonly open: string
}

const copies: NamedChannel = {
  id: 'discord.audit',
  variable: 'OMC_AUDIT_CHANNEL_ID',
  without: 'nobody gets copies of decisions',
  open: 'The audit channel is open.',
}
const alerts: NamedChannel = {
  id: 'discord.alerts',
  variable: 'OMC_ALERTS_CHANNEL_ID',
  without: 'nobody is told there what has to be mended',
  open: 'The channel for alerts is open.',
}

function named(
  wanted: NamedChannel,
  id: string,
  channels: readonly APIChannel[],
  missingIn: (channel: APIChannel) => readonly string[],
): Finding {
  const channel = channels.find((each) => each.id === id)
  if (channel === undefined) {
    const text = `There is no channel ${id} on the server (${wanted.variable}): ${wanted.without}.`
    return { id: wanted.id, level: 'error', text, mend: 'Right click the channel in Discord, "Copy Channel ID".' }
  }
  const lacks = missingIn(channel).filter((name) => name !== 'Send Messages in Threads')
  return lacks.length > 0 ? closed(wanted.id, channel, lacks) : fine(wanted.id, wanted.open)
}
