import { z } from 'zod'
import { addRole } from '../description.ts'
import { INTENT } from '../intents.ts'
import { guildPermissions } from '../permissions.ts'
import { refusal } from '../refusal.ts'
import { readForm } from '../rules/form.ts'
import { snowflake } from '../rules/message.ts'
import { wireGuild, wireMember, wireRole } from '../wire.ts'
import { wireUser } from '../wire-channel.ts'
import { nothing, ok, readBody, route } from './route.ts'
import type { Guild, Member, Role, User } from '../records.ts'
import type { World } from '../world.ts'
import type { Route } from './route.ts'

const roleForm = z.object({
  name: z.string().max(100).nullish(),
  permissions: z.union([z.string().regex(/^\d+$/), z.number().int()]).nullish(),
  color: z.number().int().min(0).max(0xffffff).nullish(),
  colors: z.object({ primary_color: z.number().int().min(0).max(0xffffff) }).nullish(),
  hoist: z.boolean().nullish(),
  mentionable: z.boolean().nullish(),
})

const memberForm = z.object({
  nick: z.string().max(32).nullish(),
  roles: z.array(snowflake).nullish(),
  communication_disabled_until: z.string().nullish(),
})

function tellMember(world: World, member: Member): void {
  world.emit({
    name: 'GUILD_MEMBER_UPDATE',
    data: { ...wireMember(world, member), guild_id: member.guildId },
    audience: { guild: member.guildId },
    intents: INTENT.members,
  })
}

/** Takes somebody out of the guild; their own clients lose it. */
function removeMember(world: World, guild: Guild, member: Member): void {
  guild.members.delete(member.userId)
  for (const channel of world.channelsOf(guild.id)) channel.thread?.members.delete(member.userId)
  world.emit({
    name: 'GUILD_MEMBER_REMOVE',
    data: { guild_id: guild.id, user: wireUser(world.user(member.userId)) },
    audience: { guild: guild.id },
    intents: INTENT.members,
  })
  world.emit({
    name: 'GUILD_DELETE',
    data: { id: guild.id },
    audience: { users: [member.userId] },
    intents: INTENT.guilds,
  })
}

function tellRole(world: World, guild: Guild, role: Role, name: 'GUILD_ROLE_CREATE' | 'GUILD_ROLE_UPDATE'): void {
  world.emit({
    name,
    data: { guild_id: guild.id, role: wireRole(role) },
    audience: { guild: guild.id },
    intents: INTENT.guilds,
  })
}

/** Nobody manages a role at or above their own highest. */
function needAbove(guild: Guild, viewer: User, role: Role): void {
  if (viewer.id === guild.ownerId) return
  const own = guild.members.get(viewer.id)?.roles.map((id) => guild.roles.get(id)?.position ?? 0) ?? []
  if (role.position >= Math.max(0, ...own)) throw refusal('missingPermissions')
}

function findRole(guild: Guild, id: string): Role {
  const role = guild.roles.get(id)
  if (!role) throw refusal('unknownRole')
  return role
}

function applyRole(role: Role, form: z.infer<typeof roleForm>): void {
  if (form.name != null) role.name = form.name
  if (form.permissions != null) role.permissions = BigInt(form.permissions)
  if (form.color != null) role.color = form.color
  if (form.colors != null) role.color = form.colors.primary_color
  if (form.hoist != null) role.hoist = form.hoist
  if (form.mentionable != null) role.mentionable = form.mentionable
}

export function guildRoutes(world: World): Route[] {
  return [
    route('GET', '/guilds/{guild_id}', ({ viewer, path, query }) => {
      const guild = world.needInGuild(viewer, path.guild_id)
      const counts = query.get('with_counts') === 'true'
      return ok({
        ...wireGuild(guild),
        ...(counts
          ? { approximate_member_count: guild.members.size, approximate_presence_count: guild.members.size }
          : {}),
      })
    }),
    route('GET', '/guilds/{guild_id}/members', ({ viewer, path, query }) => {
      const guild = world.needInGuild(viewer, path.guild_id)
      if (viewer.bot && (viewer.privilegedIntents & INTENT.members) === 0) throw refusal('missingAccess')
      const { limit, after } = readForm(
        z.object({ limit: z.coerce.number().int().min(1).max(1000).default(1), after: snowflake.default('0') }),
        Object.fromEntries(query),
      )
      const members = [...guild.members.values()]
        .toSorted((a, b) => (BigInt(a.userId) < BigInt(b.userId) ? -1 : 1))
        .filter((member) => BigInt(member.userId) > BigInt(after))
      return ok(members.slice(0, limit).map((member) => wireMember(world, member)))
    }),
    route('GET', '/guilds/{guild_id}/members/search', ({ viewer, path, query }) => {
      const guild = world.needInGuild(viewer, path.guild_id)
      const form = readForm(
        z.object({ query: z.string().min(1).max(100), limit: z.coerce.number().int().min(1).max(1000).default(1) }),
        Object.fromEntries(query),
      )
      const begins = (text: string | null) => text?.toLowerCase().startsWith(form.query.toLowerCase()) === true
      const found = [...guild.members.values()].filter((member) => {
        const user = world.user(member.userId)
        return begins(user.username) || begins(user.globalName) || begins(member.nick)
      })
      return ok(found.slice(0, form.limit).map((member) => wireMember(world, member)))
    }),
    route('GET', '/guilds/{guild_id}/members/{user_id}', ({ viewer, path }) => {
      world.needInGuild(viewer, path.guild_id)
      return ok(wireMember(world, world.member(path.guild_id, path.user_id)))
    }),
    route('PATCH', '/guilds/{guild_id}/members/@me', ({ viewer, path, body }) => {
      const guild = world.needInGuild(viewer, path.guild_id, 'ChangeNickname')
      const member = world.member(guild.id, viewer.id)
      const form = readBody(memberForm.pick({ nick: true }), body)
      if (form.nick !== undefined) member.nick = form.nick === '' ? null : form.nick
      tellMember(world, member)
      return ok({ ...wireMember(world, member), permissions: guildPermissions(guild, member).toString() })
    }),
    route('PATCH', '/guilds/{guild_id}/members/{user_id}', ({ viewer, path, body }) => {
      const form = readBody(memberForm, body)
      if (form.nick !== undefined) world.needInGuild(viewer, path.guild_id, 'ManageNicknames')
      if (form.roles != null) world.needInGuild(viewer, path.guild_id, 'ManageRoles')
      if (form.communication_disabled_until !== undefined) world.needInGuild(viewer, path.guild_id, 'ModerateMembers')
      const guild = world.needInGuild(viewer, path.guild_id)
      const member = world.member(guild.id, path.user_id)
      if (form.nick !== undefined) member.nick = form.nick === '' ? null : form.nick
      if (form.roles != null) member.roles = form.roles.map((id) => findRole(guild, id).id)
      if (form.communication_disabled_until !== undefined) {
        member.timedOutUntil =
          form.communication_disabled_until === null ? null : Date.parse(form.communication_disabled_until)
      }
      tellMember(world, member)
      return ok(wireMember(world, member))
    }),
    route('PUT', '/guilds/{guild_id}/members/{user_id}/roles/{role_id}', ({ viewer, path }) => {
      const guild = world.needInGuild(viewer, path.guild_id, 'ManageRoles')
      const role = findRole(guild, path.role_id)
      needAbove(guild, viewer, role)
      const member = world.member(guild.id, path.user_id)
      if (!member.roles.includes(role.id)) {
        member.roles.push(role.id)
        tellMember(world, member)
      }
      return nothing()
    }),
    route('DELETE', '/guilds/{guild_id}/members/{user_id}/roles/{role_id}', ({ viewer, path }) => {
      const guild = world.needInGuild(viewer, path.guild_id, 'ManageRoles')
      const role = findRole(guild, path.role_id)
      needAbove(guild, viewer, role)
      const member = world.member(guild.id, path.user_id)
      if (member.roles.includes(role.id)) {
        member.roles = member.roles.filter((id) => id !== role.id)
        tellMember(world, member)
      }
      return nothing()
    }),
    route('DELETE', '/guilds/{guild_id}/members/{user_id}', ({ viewer, path }) => {
      const guild = world.needInGuild(viewer, path.guild_id, 'KickMembers')
      if (path.user_id === guild.ownerId) throw refusal('missingPermissions')
      removeMember(world, guild, world.member(guild.id, path.user_id))
      return nothing()
    }),
    route('DELETE', '/users/@me/guilds/{guild_id}', ({ viewer, path }) => {
      const guild = world.needInGuild(viewer, path.guild_id)
      removeMember(world, guild, world.member(guild.id, viewer.id))
      return nothing()
    }),
    ...roleRoutes(world),
  ]
}

function roleRoutes(world: World): Route[] {
  return [
    route('GET', '/guilds/{guild_id}/roles', ({ viewer, path }) =>
      ok([...world.needInGuild(viewer, path.guild_id).roles.values()].map(wireRole)),
    ),
    route('GET', '/guilds/{guild_id}/roles/{role_id}', ({ viewer, path }) =>
      ok(wireRole(findRole(world.needInGuild(viewer, path.guild_id), path.role_id))),
    ),
    route('POST', '/guilds/{guild_id}/roles', ({ viewer, path, body }) => {
      const guild = world.needInGuild(viewer, path.guild_id, 'ManageRoles')
      const form = readBody(roleForm, body)
      for (const role of guild.roles.values()) if (role.id !== guild.id) role.position++
      const role = addRole(world, guild, {
        name: 'new role',
        permissions: guild.roles.get(guild.id)?.permissions ?? 0n,
        position: 1,
      })
      applyRole(role, form)
      tellRole(world, guild, role, 'GUILD_ROLE_CREATE')
      return ok(wireRole(role))
    }),
    route('PATCH', '/guilds/{guild_id}/roles/{role_id}', ({ viewer, path, body }) => {
      const guild = world.needInGuild(viewer, path.guild_id, 'ManageRoles')
      const role = findRole(guild, path.role_id)
      needAbove(guild, viewer, role)
      applyRole(role, readBody(roleForm, body))
      tellRole(world, guild, role, 'GUILD_ROLE_UPDATE')
      return ok(wireRole(role))
    }),
    route('DELETE', '/guilds/{guild_id}/roles/{role_id}', ({ viewer, path }) => {
      const guild = world.needInGuild(viewer, path.guild_id, 'ManageRoles')
      const role = findRole(guild, path.role_id)
      needAbove(guild, viewer, role)
      if (role.managed || role.id === guild.id) throw refusal('missingPermissions')
      guild.roles.delete(role.id)
      for (const member of guild.members.values()) member.roles = member.roles.filter((id) => id !== role.id)
      world.emit({
        name: 'GUILD_ROLE_DELETE',
        data: { guild_id: guild.id, role_id: role.id },
        audience: { guild: guild.id },
        intents: INTENT.guilds,
      })
      return nothing()
    }),
  ]
}
