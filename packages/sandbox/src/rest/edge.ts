import { Hono } from 'hono'
import { fitsRequest } from '../faults.ts'
import { edgePage, rateLimited } from '../limits.ts'
import { Refusal, refusal } from '../refusal.ts'
import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'
import type { Fault, Faults, Requested } from '../faults.ts'
import type { InvalidRequests } from '../invalid-requests.ts'
import type { Limits } from '../limits.ts'
import type { Upload } from '../messages.ts'
import type { User } from '../records.ts'
import type { Clock } from '../clock.ts'
import type { World } from '../world.ts'
import type { Answer, Ask, Door, Method, Route } from './route.ts'

/** The whole request may not be larger. */
const REQUEST_LIMIT = 25 * 1024 * 1024

/** One request and its answer, for those who watch. */
export interface Exchange {
  method: Method
  /** as in Discord's OpenAPI description, e.g. /channels/{channel_id}/messages */
  template: string
  path: string
  /** who asked; null behind an open door */
  userId: string | null
  isBot: boolean
  query: string
  requestBody: unknown
  multipart: boolean
  status: number
  responseBody: unknown
  /** the answer came from a fault or a limit, not from the world */
  disturbed: boolean
}

export interface EdgeParts {
  world: World
  routes: readonly Route[]
  faults: Faults
  limits: Limits
  invalid: InvalidRequests
  /** lets happen what is due by now */
  timePasses(): void
  watch(exchange: Exchange): void
}

type Env = { Bindings: HttpBindings }

/** HTTP in, Discord's answers out: authorization, limits, faults, then the route's own work. */
export function restEdge(parts: EdgeParts): Hono<Env> {
  const app = new Hono<Env>()
  // A literal segment beats a parameter, as in Discord's own routing.
  const ordered = parts.routes.toSorted((a, b) => (specificity(a.path) < specificity(b.path) ? -1 : 1))
  for (const one of ordered) {
    app.on(one.method, one.path.replaceAll(/\{(\w+)\}/g, ':$1'), (context) => serve(parts, one, context))
  }
  const paths = new Map(ordered.map((one) => [one.path, new RegExp(`^${one.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`)]))
  app.all('*', (context) => {
    const path = new URL(context.req.url).pathname.replace(/^\/api(\/v\d+)?/, '')
    const known = [...paths.values()].some((pattern) => pattern.test(path))
    const answer = refused(refusal(known ? 'methodNotAllowed' : 'notFound'))
    parts.watch({
      method: context.req.method as Method,
      template: '',
      path,
      userId: null,
      isBot: false,
      query: '',
      requestBody: undefined,
      multipart: false,
      status: answer.status,
      responseBody: answer.body,
      disturbed: false,
    })
    return respond(context, answer, parts.world.clock)
  })
  return app
}

/** Sorts literals before parameters, segment by segment. */
function specificity(path: string): string {
  return path
    .split('/')
    .map((segment) => (segment.startsWith('{') ? '~' : segment))
    .join('/')
}

async function serve(parts: EdgeParts, one: Route, context: Context<Env>): Promise<Response> {
  const { faults, invalid, limits, world } = parts
  const url = new URL(context.req.url)
  const path = url.pathname.replace(/^\/api(\/v\d+)?/, '')
  const { method } = one
  const names = context.req.param() as Record<string, string>
  const exchange: Exchange = {
    method,
    template: one.path,
    path,
    userId: null,
    isBot: true,
    query: url.search,
    requestBody: undefined,
    multipart: false,
    status: 0,
    responseBody: undefined,
    disturbed: true,
  }
  const finish = (answer: Answer) => {
    exchange.status = answer.status
    exchange.responseBody = answer.body
    if (exchange.isBot) invalid.note(answer)
    parts.watch(exchange)
    return respond(context, answer, world.clock)
  }

  const token = context.req.header('authorization')
  const banned = token !== undefined && !token.startsWith('Bot ') ? null : invalid.ban()
  if (banned) return respond(context, banned, world.clock)
  let body: { json: unknown; uploads: Upload[]; multipart: boolean }
  let viewer: User
  try {
    body = await readBody(context)
    viewer = admit(world, one.door, token)
  } catch (error) {
    return finish(refused(error))
  }
  parts.timePasses()
  exchange.requestBody = body.json
  exchange.multipart = body.multipart
  exchange.userId = viewer.id === '' ? null : viewer.id
  exchange.isBot = viewer.bot
  const fits = (fault: Requested) => fitsRequest(fault, method, path, viewer.bot)
  if (faults.take('rest.drop', (fault) => fault.when === 'before' && fits(fault))) return drop(context)
  const broken = brokenAnswer(faults, fits)
  if (broken) return finish(broken)
  // People's clients are not what limits are meant for.
  const met = viewer.bot
    ? limits.meet({ method, template: one.path, path: names, body: body.json, userId: exchange.userId })
    : { headers: {}, refused: null }
  if (met.refused) return finish(met.refused)

  exchange.disturbed = false
  let answer: Answer
  try {
    const request: Ask = {
      viewer,
      path: names,
      query: url.searchParams,
      body: body.json as Ask['body'],
      uploads: body.uploads,
    }
    answer = await one.handle(request)
  } catch (error) {
    answer = refused(error)
  }
  answer = { ...answer, headers: { ...met.headers, ...answer.headers } }
  await faults.holdAnswer(fits)
  if (faults.take('rest.drop', (fault) => fault.when === 'after' && fits(fault))) return drop(context)
  const odd = faults.take('rest.odd', (fault) => fault.effect && fits(fault))
  exchange.disturbed = odd !== undefined
  return finish(odd === undefined ? answer : oddAnswer(odd))
}

/** What a fault answers instead of the world. */
function brokenAnswer(faults: Faults, fits: (fault: Requested) => boolean): Answer | null {
  const error = faults.take('rest.error', fits)
  if (error) {
    const { status, code } = error
    return { status, body: { message: code === 0 ? `${status}: Internal Server Error` : `Refused (${code})`, code } }
  }
  const odd = faults.take('rest.odd', (fault) => !fault.effect && fits(fault))
  if (odd) return oddAnswer(odd)
  const limit = faults.take('rest.limit', fits)
  if (!limit) return null
  if (limit.html) return edgePage(limit.headers ? limit.retryAfter : null)
  const answer = rateLimited(limit.scope, limit.retryAfter)
  return limit.headers ? answer : { status: 429, body: answer.body }
}

function oddAnswer({ status, body, type }: Extract<Fault, { kind: 'rest.odd' }>): Answer {
  const headers: Record<string, string> = type === undefined ? {} : { 'Content-Type': type }
  return body === '' ? { status, headers } : { status, bytes: new TextEncoder().encode(body), headers }
}

/** Stands for the application behind an interaction's token, which says nothing of itself. */
const NOBODY: User = {
  id: '',
  username: '',
  globalName: null,
  bot: true,
  locale: 'en-US',
  token: '',
  note: '',
  acceptsDms: true,
  privilegedIntents: 0,
}

function admit(world: World, door: Door, authorization: string | undefined): User {
  if (door === 'open') return NOBODY
  const token = /^(Bot )?(\S+)$/.exec(authorization ?? '')
  const user = token ? world.userByToken(token[2] ?? '') : undefined
  // A bot's token needs its prefix, a person's has none.
  if (!user || user.bot !== (token?.[1] !== undefined)) throw refusal('unauthorized')
  if (door === 'bot' && !user.bot) throw refusal('unauthorized')
  if (door === 'person' && user.bot) throw refusal('botsCannotUse')
  return user
}

async function readBody(context: Context<Env>): Promise<{ json: unknown; uploads: Upload[]; multipart: boolean }> {
  const type = context.req.header('content-type') ?? ''
  if (Number(context.req.header('content-length') ?? 0) > REQUEST_LIMIT) {
    // Read to its end and forgotten: a client that is answered while it still sends stumbles over its own upload.
    await context.req.raw.body?.pipeTo(new WritableStream())
    throw refusal('tooLarge')
  }
  if (type.startsWith('multipart/form-data')) {
    const form = await context.req.formData()
    const uploads: Upload[] = []
    let json: unknown
    for (const [key, value] of form) {
      if (typeof value === 'string') {
        if (key === 'payload_json') json = parse(value)
        continue
      }
      const index = /^files\[(\d+)\]$/.exec(key)?.[1] ?? String(uploads.length)
      uploads.push({
        key: index,
        filename: value.name,
        contentType: value.type === '' ? 'application/octet-stream' : value.type,
        bytes: new Uint8Array(await value.arrayBuffer()),
      })
    }
    if (uploads.reduce((sum, upload) => sum + upload.bytes.byteLength, 0) > REQUEST_LIMIT) throw refusal('tooLarge')
    return { json, uploads, multipart: true }
  }
  const text = await context.req.text()
  return { json: text === '' ? undefined : parse(text), uploads: [], multipart: false }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw Object.assign(refusal('invalidRequest'), { cause })
  }
}

function refused(error: unknown): Answer {
  if (error instanceof Refusal) return { status: error.status, body: error.body() }
  // A fault of the sandbox itself: loud, so that a test does not take it for Discord's.
  console.error(error)
  return { status: 500, body: { message: `sandbox: ${String(error)}`, code: 0 } }
}

function respond(context: Context<Env>, answer: Answer, clock: Clock): Response {
  const headers = new Headers(answer.headers)
  // Browsers never need it, but clients measure their clocks by it.
  headers.set('Date', new Date(clock.now()).toUTCString())
  if (answer.bytes) return new Response(new Uint8Array(answer.bytes), { status: answer.status, headers })
  if (answer.body === undefined) return new Response(null, { status: answer.status, headers })
  headers.set('Content-Type', 'application/json')
  return new Response(JSON.stringify(answer.body), { status: answer.status, headers })
}

/** Breaks the connection without an answer. */
function drop(context: Context<Env>): Response {
  context.env.incoming.socket.destroy()
  return new Response(null, { headers: { 'x-hono-already-sent': 'true' } })
}
