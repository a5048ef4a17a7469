import { once } from 'node:events'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { getRequestListener } from '@hono/node-server'
import { serveStatic } from '@hono/node-server/serve-static'
import { Hono } from 'hono'
import { getPath } from 'hono/utils/url'
import { Actor } from './actors/actor.ts'
import { systemClock } from './clock.ts'
import { buildWorld } from './description.ts'
import { Faults } from './faults.ts'
import { Gateway } from './gateway/gateway.ts'
import { hostRoutes } from './host-routes.ts'
import { DISCORD_DEADLINES } from './interactions.ts'
import { InvalidRequests } from './invalid-requests.ts'
import { passingTime } from './passing-time.ts'
import { Limits } from './limits.ts'
import { askingRoutes } from './rest/asking.ts'
import { channelRoutes } from './rest/channels.ts'
import { commandRoutes } from './rest/commands.ts'
import { restEdge } from './rest/edge.ts'
import { guildRoutes } from './rest/guilds.ts'
import { interactionRoutes } from './rest/interactions.ts'
import { messageRoutes } from './rest/messages.ts'
import { pollRoutes } from './rest/polls.ts'
import { searchRoutes } from './rest/search.ts'
import { threadRoutes } from './rest/threads.ts'
import { userRoutes } from './rest/users.ts'
import { webhookRoutes } from './rest/webhooks.ts'
import { transcriptOf } from './transcript.ts'
import type { HttpBindings } from '@hono/node-server'
import type { AddressInfo } from 'node:net'
import type { Clock } from './clock.ts'
import type { Host, Watcher } from './host-routes.ts'
import type { WorldDescription } from './description.ts'
import type { InteractionDeadlines } from './interactions.ts'
import type { LimitMode } from './limits.ts'
import type { User } from './records.ts'
import type { Route } from './rest/route.ts'
import type { SessionStarts } from './rest/users.ts'
import type { World } from './world.ts'

// What a bot's own tests name.
export { Actor } from './actors/actor.ts'
export type { OptionValues, Outcome, Place, SeenMessage, SeenPlace } from './actors/actor.ts'
export { controlsOf, textOf } from './actors/view.ts'
export type { PersonDescription, WorldDescription } from './description.ts'
export type { Control, Standing, Watcher } from './host-routes.ts'
export type { FaultAsked, StandingFault } from './faults.ts'
export type { Message } from './records.ts'
export type { Exchange } from './rest/edge.ts'

/** The folder of the page, for `SandboxOptions.page`. */
export const pageFolder = join(import.meta.dirname, 'page')

export interface SandboxOptions extends Host {
  /** 0 (default) takes a free one; the host is always 127.0.0.1 */
  port?: number
  world?: WorldDescription
  limits?: LimitMode
  clock?: Clock
  /** folder that is served at `/` */
  page?: string
  /** shorter deadlines for tests of what happens after them */
  deadlines?: Partial<InteractionDeadlines>
  heartbeatMs?: number
  /** after so many identifies in 24 h the bot's token is reset (Discord: 1000) */
  identifiesADay?: number
  /** how many 401, 403 and 429 in ten minutes it takes to be banned (Discord: 10,000) */
  invalidRequests?: number
  watchers?: readonly Watcher[]
  /** how long people wait for what they expect to see, unless told otherwise (10 s) */
  patienceMs?: number
}

/** A Discord of its own on loopback. */
export interface Sandbox extends AsyncDisposable {
  readonly port: number
  /** what discord.js takes as `rest.api` */
  readonly api: string
  readonly url: string
  readonly world: World
  readonly faults: Faults
  readonly limits: Limits
  readonly bot: { id: string; name: string; token: string }
  readonly guildId: string
  /** Becomes one of the described people: connects as their client does. The same actor for the same name. */
  actor(name: string): Promise<Actor>
  /** The id of a channel or thread by name. */
  channel(name: string): string
  /** Waits until the bot's connection is up. */
  botOnline(within?: number): Promise<void>
  /** Whether somebody's connection is up. */
  isOnline(userId: string): boolean
  /** A channel or thread as readable text. */
  transcript(place: string | { id: string }): string
  close(): Promise<void>
}

/** How often it is looked whether a thread has fallen asleep or a poll has ended, when nobody asks anything. */
const PENDULUM_MS = 15_000

/** Opens a sandbox; close it, or hold it by `await using`. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const world = buildWorld(options.world ?? {}, options.clock ?? systemClock)
  const deadlines = { ...DISCORD_DEADLINES, ...options.deadlines }
  const watchers = options.watchers ?? []
  const limits = new Limits(options.limits ?? 'off', world.clock)
  const timePasses = passingTime(world)
  const gateway = new Gateway(world, {
    heartbeatMs: options.heartbeatMs ?? 41_250,
    limited: () => limits.mode !== 'off',
    identifiesADay: options.identifiesADay ?? 1000,
    record: (session, name, data) => {
      for (const watcher of watchers) watcher.dispatch(name, data, session.user.bot)
    },
  })
  const faults = new Faults((fault) => gateway.act(fault))
  gateway.obey(faults)

  const rest = restEdge({
    world,
    faults,
    limits,
    invalid: new InvalidRequests(world.clock, options.invalidRequests ?? 10_000),
    timePasses,
    routes: routesOf(world, deadlines, () => gateway.starts()),
    watch: (exchange) => {
      for (const watcher of watchers) watcher.exchange(exchange)
    },
  })
  // Libraries write `@me` and `@original` also as `%40me`; a literal segment must match both.
  const app = new Hono<{ Bindings: HttpBindings }>({ getPath: (request) => getPath(request).replaceAll('%40', '@') })
  app.use(async (context, next) => {
    // A page elsewhere that points its name at 127.0.0.1 must not reach us.
    if (!isLoopback(context.req.header('host')) || !isOwnOrigin(context.req.header('origin'))) {
      return context.text('Only for 127.0.0.1', 403)
    }
    await next()
  })
  app.route('/api/v10', rest)
  app.route('/api', rest)
  app.get('/cdn/attachments/:channel/:id/:name', async (context) => {
    await faults.holdFile()
    const attachment = world.attachments.get(context.req.param('id'))
    if (!attachment || faults.take('cdn.missing', () => true))
      return context.text('This content is no longer available.', 404)
    return context.body(new Uint8Array(attachment.bytes), 200, {
      'Content-Type': attachment.contentType,
      'X-Content-Type-Options': 'nosniff',
      // Uploaded HTML must not run beside the page.
      'Content-Security-Policy': "default-src 'none'; sandbox",
    })
  })
  hostRoutes(app, { world, faults, limits, host: options, watchers, online: () => gateway.online() })
  if (options.page !== undefined) app.use('/*', serveStatic({ root: options.page }))

  const listen = getRequestListener(app.fetch, { overrideGlobalObjects: false })
  const server = createServer((request, response) => void listen(request, response))
  // Whoever opened a connection closes it. A server that closes idle ones may do so while something is on its way to it, on a
  // busy machine above all, and a person's click is not sent twice.
  server.keepAliveTimeout = 0
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy())
    if (isLoopback(request.headers.host) && isOwnOrigin(request.headers.origin)) gateway.upgrade(request, socket, head)
    else socket.destroy()
  })
  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  world.origin = `http://127.0.0.1:${port}`

  const actors = new Map<string, Promise<Actor>>()
  const bot = [...world.users.values()].find((user) => user.bot) as User
  const [guild] = world.guilds.values()
  let closing: Promise<void> | null = null

  const pendulum = setInterval(timePasses, PENDULUM_MS).unref()
  const close = async () => {
    clearInterval(pendulum)
    faults.clear()
    // One that could not connect has nothing to close.
    for (const actor of actors.values()) {
      await actor.then(
        (one) => one.close(),
        () => {},
      )
    }
    for (const interaction of world.interactions.values()) if (interaction.timer) clearTimeout(interaction.timer)
    gateway.close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  const channel = (name: string): string => {
    const wanted = name.replace(/^#/, '')
    const found = [...world.channels.values()].findLast(
      (one) => one.id === wanted || (one.name === wanted && one.name !== ''),
    )
    if (!found) throw new Error(`There is no channel or thread "${name}" in this world.`)
    return found.id
  }
  return {
    port,
    url: world.origin,
    api: `${world.origin}/api`,
    world,
    faults,
    limits,
    bot: { id: bot.id, name: bot.username, token: bot.token },
    guildId: guild?.id ?? '',
    actor: async (name) => {
      const known = actors.get(name)
      if (known) return known
      const person = [...world.users.values()].find((user) => !user.bot && user.username === name)
      if (!person) throw new Error(`There is no person "${name}" in this world: add them to guild.people.`)
      const actor = Actor.connect(world.origin, person.token, bot.id, options.patienceMs)
      actors.set(name, actor)
      return actor
    },
    channel,
    botOnline: async (within = 60_000) => {
      const until = Date.now() + within
      while (!gateway.online().includes(bot.id)) {
        if (Date.now() > until) throw new Error(`The bot did not connect within ${within} ms.`)
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    },
    isOnline: (userId) => gateway.online().includes(userId),
    transcript: (place) => transcriptOf(world, typeof place === 'string' ? channel(place) : place.id),
    close: () => (closing ??= close()),
    [Symbol.asyncDispose]: () => (closing ??= close()),
  }
}

/** Every route under /api/v10. */
export function routesOf(
  world: World,
  deadlines: InteractionDeadlines = DISCORD_DEADLINES,
  starts: () => SessionStarts = () => ({ total: 1000, remaining: 1000, resetAfterMs: 0 }),
): Route[] {
  return [
    ...userRoutes(world, starts),
    ...messageRoutes(world),
    ...channelRoutes(world),
    ...threadRoutes(world),
    ...pollRoutes(world),
    ...searchRoutes(world),
    ...guildRoutes(world),
    ...commandRoutes(world),
    ...interactionRoutes(world, deadlines),
    ...webhookRoutes(world),
    ...askingRoutes(world, deadlines),
  ]
}

function isLoopback(host: string | undefined): boolean {
  return /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(host ?? '')
}

/** Programs send no Origin; a browser's must be a page of this machine. */
function isOwnOrigin(origin: string | undefined): boolean {
  return origin === undefined || isLoopback(origin.replace(/^https?:\/\//, ''))
}
