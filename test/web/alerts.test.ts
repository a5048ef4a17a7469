import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { RunEvent } from '../../src/core/event.ts'
import type { Health } from '../../src/core/health.ts'
import type { RunId } from '../../src/core/ids.ts'
import { createMetrics } from '../../src/web/metrics.ts'
import { wellHealth } from '../locales/samples.ts'

const text = readFileSync(join(import.meta.dirname, '../../ops/alerts.yml'), 'utf8')
const rules = [...text.matchAll(/- alert: (\w+)\n +expr: (.*)\n/g)].map(([, name = '', expr = '']) => ({ name, expr }))

/** What Prometheus has read of the bot at one moment; null: it did not answer. */
type Scrape = readonly { readonly name: string; readonly labels: string; readonly value: number }[] | null

const well: Health = {
  ...wellHealth,
  closedMessages: 0,
  tokenStatus: { ...wellHealth.tokenStatus, remainingMin: 600 },
}
const failed = { type: 'finished', outcome: { kind: 'failed', trouble: { code: 'gone' } } }
const done = { type: 'finished', outcome: { kind: 'done' } }

/** A bot that Prometheus reads again and again. */
class Watched {
  #health = well
  #lag = 0.01
  readonly #metrics = createMetrics({ health: () => Promise.resolve(this.#health) })
  #before: Scrape = null

  /** The alerts whose expression holds when it is read now. */
  async firing(cause: Cause = {}): Promise<readonly string[]> {
    this.#health = { ...well, ...cause.health }
    this.#lag = cause.lag ?? 0.01
    for (const [seq, event] of (cause.ended ?? [done]).entries())
      this.#metrics.take({ run: `r${seq}` as RunId, seq, at: 0, event: event as RunEvent })
    const now = cause.gone === true ? null : await this.#scrape()
    const firing = rules.filter(({ expr }) => holds(expr, now, this.#before)).map(({ name }) => name)
    this.#before = now
    return firing
  }

  async #scrape(): Promise<Scrape> {
    const read = await this.#metrics.text()
    const lines = [...read.matchAll(/^(\w+)(?:\{(.*)\})? (\S+)$/gm)]
    return lines.map(([, name = '', labels = '', value]) => ({
      name,
      labels,
      // How busy this machine is must not decide.
      value: name === 'nodejs_eventloop_lag_p99_seconds' ? this.#lag : Number(value),
    }))
  }
}

interface Cause {
  readonly health?: Partial<Health>
  readonly ended?: readonly object[]
  readonly lag?: number
  readonly gone?: true
}

const causes: Readonly<Record<string, Cause>> = {
  BotCannotServe: { health: { ok: false } },
  BotIsGone: { gone: true },
  DiscordNotConnected: { health: { gateway: { ...well.gateway, state: 'connecting', ping: null } } },
  QueueStands: { health: { activeRuns: 0, oldestQueuedAgeMs: 1_900_000 } },
  AgentsFail: { ended: [failed, failed, done] },
  LoginNotTaken: { health: { tokenStatus: { ...well.tokenStatus, authFailuresTotal: 2 } } },
  LoginEnds: { health: { tokenStatus: { ...well.tokenStatus, remainingMin: 59 } } },
  DiskNearlyFull: { health: { disk: { freeBytes: 1_900_000_000 } } },
  MessagesNotTaken: { health: { closedMessages: 1 } },
  EventLoopLags: { lag: 0.9 },
}

describe('the rules for Prometheus', () => {
  it('are all tried here', () =>
    assert.deepEqual(rules.map(({ name }) => name).toSorted(), Object.keys(causes).toSorted()))

  for (const { name } of rules) {
    it(`${name} holds while there is a cause for it, alone, and no longer`, async () => {
      const bot = new Watched()
      assert.deepEqual(await bot.firing(), [])
      assert.deepEqual(await bot.firing(), [])
      assert.deepEqual(await bot.firing(causes[name]), [name])
      assert.deepEqual(await bot.firing(), [])
    })
  }
})

/** As much of PromQL as the rules are written in. `before`: the earlier end of a range. */
function holds(expr: string, now: Scrape, before: Scrape): boolean {
  const both = expr.split(' and ')
  if (both.length > 1) return both.every((each) => holds(each, now, before))
  const [, absent] = /^absent\((\w+)\)$/.exec(expr) ?? []
  if (absent !== undefined) return valueOf(absent, now) === null
  const [, left = '', sign = '', right = ''] = /^(.+) (==|>|<) (.+)$/.exec(expr) ?? assert.fail(expr)
  const [a, b] = [valueOf(left, now, before), valueOf(right, now, before)]
  if (a === null || b === null || Number.isNaN(a) || Number.isNaN(b)) return false
  return sign === '==' ? a === b : sign === '>' ? a > b : a < b
}

/** Null: there is no such series. */
function valueOf(expr: string, now: Scrape, before: Scrape = null): number | null {
  if (/^[\d.e]+$/.test(expr)) return Number(expr)
  const [, factor, rest] = /^([\d.]+) \* (.+)$/.exec(expr) ?? []
  if (rest !== undefined) {
    const value = valueOf(rest, now, before)
    return value === null ? null : Number(factor) * value
  }
  const [, ranged] = /^(?:sum\(rate|increase)\((.+)\[\d+m\]\)\)?$/.exec(expr) ?? []
  if (ranged === undefined) return sumOf(expr, now)
  const [to, from] = [sumOf(ranged, now), sumOf(ranged, before)]
  // A counter that begins anew has grown from zero.
  return to === null ? null : Math.max(0, to - (from ?? 0) < 0 ? to : to - (from ?? 0))
}

function sumOf(selector: string, scrape: Scrape): number | null {
  const [, name = '', label, without] = /^(\w+)(?:\{(\w+)!~"(.+)"\})?$/.exec(selector) ?? assert.fail(selector)
  const unwanted = label === undefined ? null : new RegExp(`${label}="(?:${without})"`)
  const found = (scrape ?? []).filter((each) => each.name === name && !(unwanted?.test(each.labels) ?? false))
  return found.length === 0 ? null : found.reduce((sum, { value }) => sum + value, 0)
}
