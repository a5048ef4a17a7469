import { snowflakeTime } from './clock.ts'
import type { Clock } from './clock.ts'
import type { Answer, Method } from './rest/route.ts'

/**
 * off: none; real: about what Discord does; sliding: the same with windows that slide, as they do on many of its routes
 * (no header tells which); storm: so tight that every client meets them.
 */
export const LIMIT_MODES = ['off', 'real', 'sliding', 'storm'] as const
export type LimitMode = (typeof LIMIT_MODES)[number]

export function isLimitMode(mode: unknown): mode is LimitMode {
  return (LIMIT_MODES as readonly unknown[]).includes(mode)
}

/** A request as the limits see it. */
export interface Limited {
  method: Method
  template: string
  path: Record<string, string>
  body: unknown
  /** whose global limit it counts for; null on endpoints that are exempt (interactions) */
  userId: string | null
}

interface Rule {
  method?: Method
  template: RegExp
  limit: number
  windowMs: number
  /** Told as the same bucket as others of this name, although each has a counter of its own. */
  bucket?: string
  /** 429s of a shared limit are nobody's fault and count for no ban */
  scope?: 'shared'
  /** its state is not in the headers, which show a looser limit: clients cannot know it ahead */
  hidden?: (body: unknown) => boolean
}

const MESSAGES = /^\/channels\/\{channel_id\}\/messages$/
const MESSAGE = /^\/channels\/\{channel_id\}\/messages\/\{message_id\}$/
const renames = (body: unknown) => typeof body === 'object' && body !== null && ('name' in body || 'topic' in body)

/**
 * Discord documents no numbers; these are what its users measured (facts/discord.md 4.5 names the threads).
 * A bot must read them from the headers, never know them.
 */
const REAL: readonly Rule[] = [
  // discord-api-docs#1442, #8073: posts and edits tell the same bucket and are counted apart.
  { method: 'POST', template: MESSAGES, limit: 5, windowMs: 5000, bucket: 'messages' },
  { method: 'PATCH', template: MESSAGE, limit: 5, windowMs: 5000, bucket: 'messages' },
  { method: 'DELETE', template: MESSAGE, limit: 5, windowMs: 1000 },
  { template: /\/reactions/, limit: 1, windowMs: 250 },
  { method: 'PATCH', template: /^\/channels\/\{channel_id\}$/, limit: 2, windowMs: 600_000, hidden: renames },
  { method: 'PATCH', template: /^\/channels\/\{channel_id\}$/, limit: 5, windowMs: 15_000 },
  { method: 'POST', template: /\/threads$/, limit: 50, windowMs: 300_000, scope: 'shared', hidden: () => true },
  { method: 'POST', template: /\/typing$/, limit: 5, windowMs: 5000 },
  { method: 'PUT', template: /\/commands$/, limit: 2, windowMs: 60_000 },
  { template: /\/commands/, limit: 5, windowMs: 20_000 },
  { method: 'PATCH', template: /^\/webhooks\/.*\/messages\//, limit: 5, windowMs: 5000 },
  { method: 'POST', template: /^\/webhooks\/\{webhook_id\}\/\{webhook_token\}$/, limit: 5, windowMs: 2000 },
  { template: /./, limit: 50, windowMs: 1000 },
]
const STORM: readonly Rule[] = REAL.map((rule) => ({
  ...rule,
  limit: rule.limit <= 2 ? 1 : rule.limit >= 50 ? 4 : 2,
  windowMs: Math.min(rule.windowMs, 2000),
}))

const GLOBAL_PER_SECOND = { real: 50, sliding: 50, storm: 10 } as const
const HOUR = 3_600_000

interface Window {
  endsAt: number
  used: number
}

/** What a counter says to one more request. */
interface Taken {
  free: boolean
  remaining: number
  /** until there is room for another one, when there is none now */
  waitMs: number
  /** until the counter is as it was before all of it, as the headers tell it */
  resetMs: number
}

/** Counts requests and says when one is too many. */
export class Limits {
  mode: LimitMode
  readonly #clock: Clock
  readonly #windows = new Map<string, Window>()
  /** Counters that slide: when everything will have been given back. */
  readonly #sliding = new Map<string, number>()
  /** 429s given so far, by scope */
  readonly refusals = { user: 0, shared: 0, global: 0 }

  constructor(mode: LimitMode, clock: Clock) {
    this.mode = mode
    this.#clock = clock
  }

  /** The headers an answer should carry, and the 429 to give instead of it when there is one. */
  meet(request: Limited): { headers: Record<string, string>; refused: Answer | null } {
    if (this.mode === 'off' || request.template.endsWith('/callback')) return { headers: {}, refused: null }
    this.#sweep()
    if (request.userId !== null) {
      const global = this.#take(`global ${request.userId}`, GLOBAL_PER_SECOND[this.mode], 1000)
      if (!global.free) return { headers: {}, refused: this.#refuse('global', global.waitMs, {}) }
    }
    const old = this.#oldEdit(request)
    if (old) return { headers: {}, refused: old }
    const rules = (this.mode === 'storm' ? STORM : REAL).filter((rule) => applies(rule, request))
    const major = request.path['channel_id'] ?? request.path['guild_id'] ?? request.path['webhook_token'] ?? ''
    let headers: Record<string, string> = {}
    for (const rule of rules) {
      const name = `${rule.method ?? '*'} ${rule.template.source}${rule.hidden ? ' hidden' : ''}`
      const key = `${name} ${major} ${request.userId ?? ''}`
      const slides = this.mode === 'sliding' && !rule.hidden
      const taken = slides ? this.#slide(key, rule.limit, rule.windowMs) : this.#take(key, rule.limit, rule.windowMs)
      if (!rule.hidden) {
        headers = {
          'X-RateLimit-Limit': String(rule.limit),
          'X-RateLimit-Remaining': String(taken.remaining),
          'X-RateLimit-Reset': ((this.#clock.now() + taken.resetMs) / 1000).toFixed(3),
          'X-RateLimit-Reset-After': (taken.resetMs / 1000).toFixed(3),
          'X-RateLimit-Bucket': hash(rule.bucket ?? name),
        }
      }
      if (!taken.free) return { headers, refused: this.#refuse(rule.scope ?? 'user', taken.waitMs, headers) }
      if (!rule.hidden) break
    }
    return { headers, refused: null }
  }

  /** Edits of messages older than an hour have a small limit of their own: code 30046. */
  #oldEdit(request: Limited): Answer | null {
    if (request.method !== 'PATCH' || !request.template.endsWith('/messages/{message_id}')) return null
    const id = request.path['message_id'] ?? ''
    if (!/^\d+$/.test(id) || snowflakeTime(id) > this.#clock.now() - HOUR) return null
    const taken = this.#take(`old ${request.path['channel_id'] ?? request.path['webhook_token']}`, 3, 6000)
    return taken.free
      ? null
      : this.#refuse(
          'user',
          taken.waitMs,
          {},
          {
            code: 30046,
            message: 'Maximum number of edits to messages older than 1 hour reached. Try again later.',
          },
        )
  }

  #take(key: string, limit: number, windowMs: number): Taken {
    const now = this.#clock.now()
    let window = this.#windows.get(key)
    if (!window || window.endsAt <= now) this.#windows.set(key, (window = { endsAt: now + windowMs, used: 0 }))
    const free = window.used < limit
    if (free) window.used++
    const waitMs = window.endsAt - now
    return { free, remaining: limit - window.used, waitMs, resetMs: waitMs }
  }

  /** Each request is given back by itself, one after the other, so `limit` of them take the whole window. */
  #slide(key: string, limit: number, windowMs: number): Taken {
    const now = this.#clock.now()
    const each = windowMs / limit
    const owed = Math.max(0, (this.#sliding.get(key) ?? now) - now)
    const free = owed + each <= windowMs
    const resetMs = free ? owed + each : owed
    if (free) this.#sliding.set(key, now + resetMs)
    return {
      free,
      remaining: Math.floor((windowMs - resetMs) / each),
      waitMs: Math.max(0, owed + each - windowMs),
      resetMs,
    }
  }

  #refuse(
    scope: 'user' | 'shared' | 'global',
    waitMs: number,
    headers: Record<string, string>,
    extra: object = {},
  ): Answer {
    this.refusals[scope]++
    return rateLimited(scope, waitMs / 1000, headers, extra)
  }

  #sweep(): void {
    if (this.#windows.size + this.#sliding.size < 5000) return
    const now = this.#clock.now()
    for (const [key, wholeAt] of this.#sliding) if (wholeAt <= now) this.#sliding.delete(key)
    for (const [key, window] of this.#windows) if (window.endsAt <= now) this.#windows.delete(key)
  }
}

function applies(rule: Rule, request: Limited): boolean {
  const fits = (rule.method === undefined || rule.method === request.method) && rule.template.test(request.template)
  return fits && (rule.hidden === undefined || rule.hidden(request.body))
}

/** Discord's 429. @param seconds until the next try */
export function rateLimited(
  scope: 'user' | 'shared' | 'global',
  seconds: number,
  headers: Record<string, string> = {},
  extra: object = {},
): Answer {
  return {
    status: 429,
    body: { message: 'You are being rate limited.', retry_after: seconds, global: scope === 'global', ...extra },
    headers: {
      ...headers,
      'Retry-After': String(Math.ceil(seconds)),
      'X-RateLimit-Scope': scope,
      ...(scope === 'global' ? { 'X-RateLimit-Global': 'true' } : {}),
    },
  }
}

/** The page of the edge before Discord, which knows no JSON. @param seconds until the next try; null: it does not say */
export function edgePage(seconds: number | null): Answer {
  return {
    status: 429,
    bytes: Buffer.from('<!doctype html><title>Error 1015</title><h1>You are being rate limited</h1>'),
    headers: {
      'Content-Type': 'text/html',
      ...(seconds === null ? {} : { 'Retry-After': String(Math.ceil(seconds)) }),
    },
  }
}

/** Buckets are opaque to clients. */
function hash(text: string): string {
  let sum = 0n
  for (const character of text) sum = (sum * 131n + BigInt(character.codePointAt(0) ?? 0)) & ((1n << 64n) - 1n)
  return sum.toString(16).padStart(16, '0')
}
