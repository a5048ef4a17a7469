import {
  OverwriteType,
  PermissionFlagsBits,
  type APIChannel,
  type APIGuild,
  type APIGuildMember,
  type APIOverwrite,
} from 'discord-api-types/v10'

/**
 * What somebody may do in a channel. By Discord's order: what @everyone and the roles have in the guild, then the channel's overwrites for @everyone, for
 * the roles together, for the member.
 */
export function permissionsIn(guild: APIGuild, member: APIGuildMember, person: string, channel: APIChannel): bigint {
  const everything = ~0n
  if (guild.owner_id === person) return everything
  const own = guild.roles.filter(({ id }) => id === guild.id || member.roles.includes(id))
  const base = own.reduce((bits, { permissions }) => bits | BigInt(permissions), 0n)
  if (has(base, PermissionFlagsBits.Administrator)) return everything
  const overwrites = 'permission_overwrites' in channel ? (channel.permission_overwrites ?? []) : []
  const isForRole = ({ id, type }: APIOverwrite): boolean =>
    type === OverwriteType.Role && id !== guild.id && member.roles.includes(id)
  const steps = [
    overwrites.filter(({ id }) => id === guild.id),
    overwrites.filter(isForRole),
    overwrites.filter(({ id, type }) => type === OverwriteType.Member && id === person),
  ]
  return steps.reduce((bits, step) => (bits & ~joined(step, 'deny')) | joined(step, 'allow'), base)
}

function joined(overwrites: readonly APIOverwrite[], side: 'allow' | 'deny'): bigint {
  return overwrites.reduce((bits, overwrite) => bits | BigInt(overwrite[side]), 0n)
}

export function has(bits: bigint, permission: bigint): boolean {
  return (bits & permission) !== 0n
}
