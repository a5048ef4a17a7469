import { z } from 'zod'
import { openDm } from '../channels.ts'
import { INTENT } from '../intents.ts'
import { refusal } from '../refusal.ts'
import { snowflake } from '../rules/message.ts'
import { wireSelf } from '../wire.ts'
import { wireDm, wireUser } from '../wire-channel.ts'
import { ok, readBody, route } from './route.ts'
import type { User } from '../records.ts'
import type { World } from '../world.ts'
import type { Route } from './route.ts'

function wireApplication(world: World, bot: User) {
  const [guild] = world.guilds.values()
  const owner = world.users.get(guild?.ownerId ?? '') ?? bot
  return {
    id: bot.id,
    name: bot.username,
    icon: null,
    description: '',
    type: null,
    flags: applicationFlags(bot),
    flags_new: String(applicationFlags(bot)),
    bot: wireUser(bot),
    bot_public: false,
    bot_require_code_grant: false,
    verify_key: '0'.repeat(64),
    redirect_uris: [],
    interactions_endpoint_url: null,
    role_connections_verification_url: null,
    owner: wireUser(owner),
    approximate_guild_count: world.guilds.size,
    approximate_user_install_count: 0,
    approximate_user_authorization_count: 0,
    explicit_content_filter: 0,
    team: null,
    eligible_oauth2_scopes: [],
  }
}

/** The limited version of each privileged intent that is switched on. */
export function applicationFlags({ privilegedIntents }: User): number {
  const has = (intent: number, flag: number): number => ((privilegedIntents & intent) === 0 ? 0 : flag)
  return has(INTENT.presences, 1 << 13) | has(INTENT.members, 1 << 15) | has(INTENT.messageContent, 1 << 19)
}

/** How many identifies are left, as `/gateway/bot` tells. */
export interface SessionStarts {
  total: number
  remaining: number
  resetAfterMs: number
}

export function userRoutes(world: World, starts: () => SessionStarts): Route[] {
  const gatewayUrl = () => `${world.origin.replace('http', 'ws')}/gateway`
  return [
    route('GET', '/gateway', () => ok({ url: gatewayUrl() }), 'open'),
    route(
      'GET',
      '/gateway/bot',
      () => {
        const { total, remaining, resetAfterMs } = starts()
        return ok({
          url: gatewayUrl(),
          shards: 1,
          session_start_limit: { total, remaining, reset_after: resetAfterMs, max_concurrency: 1 },
        })
      },
      'bot',
    ),
    route('GET', '/users/@me', ({ viewer }) => ok(wireSelf(viewer))),
    route('PATCH', '/users/@me', ({ viewer, body }) => {
      const form = readBody(z.object({ username: z.string().min(2).max(32).nullish() }), body)
      if (form.username != null) viewer.username = form.username
      return ok(wireSelf(viewer))
    }),
    route('GET', '/users/{user_id}', ({ path }) => ok(wireUser(world.user(path.user_id)))),
    route('GET', '/users/@me/guilds', ({ viewer }) =>
      ok(
        [...world.guilds.values()]
          .filter((guild) => guild.members.has(viewer.id))
          .map((guild) => ({
            id: guild.id,
            name: guild.name,
            icon: null,
            banner: null,
            owner: guild.ownerId === viewer.id,
            permissions: '0',
            features: [],
          })),
      ),
    ),
    route('POST', '/users/@me/channels', ({ viewer, body }) => {
      const form = readBody(z.object({ recipient_id: snowflake }), body)
      const other = world.user(form.recipient_id)
      if (other.id === viewer.id || (other.bot && viewer.bot)) throw refusal('cannotDm')
      return ok(wireDm(world, openDm(world, viewer, other), viewer))
    }),
    route('GET', '/applications/@me', ({ viewer }) => ok(wireApplication(world, viewer)), 'bot'),
    route('PATCH', '/applications/@me', ({ viewer }) => ok(wireApplication(world, viewer)), 'bot'),
    route('GET', '/oauth2/applications/@me', ({ viewer }) => ok(wireApplication(world, viewer)), 'bot'),
  ]
}
