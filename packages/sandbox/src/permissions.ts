import { PermissionFlagsBits } from 'discord-api-types/v10'
import type { Channel, Guild, Member } from './records.ts'

export type PermissionName = keyof typeof PermissionFlagsBits

/** Joins permissions by name into Discord's bit set. */
export function permissionBits(names: readonly PermissionName[]): bigint {
  return names.reduce((bits, name) => bits | PermissionFlagsBits[name], 0n)
}

export const ALL_PERMISSIONS = Object.values(PermissionFlagsBits).reduce((bits, bit) => bits | bit, 0n)

/** What @everyone has in a new guild. */
export const EVERYONE = permissionBits([
  'AddReactions',
  'AttachFiles',
  'ChangeNickname',
  'CreateInstantInvite',
  'CreatePrivateThreads',
  'CreatePublicThreads',
  'EmbedLinks',
  'ReadMessageHistory',
  'SendMessages',
  'SendMessagesInThreads',
  'SendPolls',
  'UseApplicationCommands',
  'UseExternalEmojis',
  'ViewChannel',
])

/** What a bot of this kind is usually invited with: everything but moderation of people and administration. */
export const INVITED_BOT =
  EVERYONE | permissionBits(['ManageThreads', 'ManageMessages', 'PinMessages', 'ManageWebhooks', 'MentionEveryone'])

/** A timed-out member keeps these alone. */
const TIMED_OUT = permissionBits(['ViewChannel', 'ReadMessageHistory'])

/** Permissions in the whole guild, without any channel's overwrites. */
export function guildPermissions(guild: Guild, member: Member): bigint {
  if (member.userId === guild.ownerId) return ALL_PERMISSIONS
  let bits = guild.roles.get(guild.id)?.permissions ?? 0n
  for (const id of member.roles) bits |= guild.roles.get(id)?.permissions ?? 0n
  return (bits & PermissionFlagsBits.Administrator) === 0n ? bits : ALL_PERMISSIONS
}

/**
 * Permissions in one channel, by Discord's order: @everyone's overwrite, then all roles' together, then the member's.
 * For a thread pass its parent.
 */
export function channelPermissions(guild: Guild, member: Member, channel: Channel, now: number): bigint {
  const base = guildPermissions(guild, member)
  if (base === ALL_PERMISSIONS) return base
  let bits = base
  const apply = (allow: bigint, deny: bigint) => {
    bits = (bits & ~deny) | allow
  }
  const everyone = channel.overwrites.find((overwrite) => overwrite.id === guild.id)
  if (everyone) apply(everyone.allow, everyone.deny)
  const roles = channel.overwrites.filter((overwrite) => overwrite.type === 0 && member.roles.includes(overwrite.id))
  apply(
    roles.reduce((sum, overwrite) => sum | overwrite.allow, 0n),
    roles.reduce((sum, overwrite) => sum | overwrite.deny, 0n),
  )
  const own = channel.overwrites.find((overwrite) => overwrite.type === 1 && overwrite.id === member.userId)
  if (own) apply(own.allow, own.deny)
  if ((bits & PermissionFlagsBits.ViewChannel) === 0n) return 0n
  // Without the right to write, everything that is done by writing is gone too.
  if ((bits & PermissionFlagsBits.SendMessages) === 0n) {
    bits &= ~permissionBits(['MentionEveryone', 'SendTTSMessages', 'AttachFiles', 'EmbedLinks'])
  }
  return member.timedOutUntil !== null && member.timedOutUntil > now ? bits & TIMED_OUT : bits
}
