import { collectDefaultMetrics, Registry } from 'prom-client'
import type { EpochMs } from '../core/clock.ts'
import type { Entry, RunEvent } from '../core/event.ts'
import type { Health } from '../core/health.ts'
import type { ApprovalId, RunId } from '../core/ids.ts'
import type { Meter } from '../core/meter.ts'
import type { Spend } from '../core/spending.ts'
import { BoundedMap } from '../system/bounded-map.ts'
import { botGauges, processGauges } from './gauges.ts'
import { meterIn } from './meter.ts'

export interface MetricsTools {
  readonly health: () => Promise<Health>
}

/** What the bot counts of itself, as Prometheus reads it. */
export interface Metrics {
  readonly contentType: string
  /** Counts an entry of the journal. Never throws. */
  take(entry: Entry): void
  /** What parts tell beside the journal. */
  readonly meter: Meter
  /** Everything, in the text format. Rejects where the health cannot be read. */
  text(): Promise<string>
}

/** So many runs and questions are followed at once. */
const followed = 5_000

interface Followed {
  readonly person: string
  readonly askedAt: EpochMs
  admittedAt: EpochMs | null
}

/**
 * The metrics of one life: counters begin at zero with it, as Prometheus expects. What is counted is read from the
 * journal, what is at the moment from the health.
 */
export function createMetrics({ health }: MetricsTools): Metrics {
  const registry = new Registry()
  const meter = meterIn(registry)
  const current = processGauges(registry)
  const currentOfBot = botGauges(registry)
  const runs = new BoundedMap<RunId, Followed>(followed)
  const questions = new BoundedMap<ApprovalId, EpochMs>(followed)
  let measuring = false

  function spent(person: string, { model: named, tokens, costUsd }: Spend): void {
    const labels = { person, model: named ?? 'unknown' }
    for (const [kind, count] of Object.entries(tokens)) {
      if (count > 0) meter.count('tokens_total', { ...labels, kind }, count)
    }
    if (costUsd !== null && costUsd > 0) meter.count('cost_dollars_total', labels, costUsd)
  }

  function over(run: RunId, outcome: string, at: EpochMs): void {
    meter.count('runs_ended_total', { outcome })
    const admittedAt = runs.get(run)?.admittedAt ?? null
    if (admittedAt !== null) meter.lasted('run_seconds', at - admittedAt)
    runs.delete(run)
  }

  function count(run: RunId, event: RunEvent, at: EpochMs): void {
    const known = runs.get(run)
    switch (event.type) {
      case 'asked':
        meter.count('prompts_total', {})
        runs.set(run, { person: event.prompt.speaker.id, askedAt: event.prompt.askedAt, admittedAt: null })
        return
      case 'admitted':
        if (known !== undefined && known.admittedAt === null) {
          meter.lasted('queue_wait_seconds', at - known.askedAt)
          known.admittedAt = at
        }
        return
      case 'used':
        return spent(known?.person ?? 'unknown', event.spend)
      case 'wanted':
        meter.count('approvals_total', { state: 'asked' })
        questions.set(event.approval.id, at)
        return
      case 'answered': {
        meter.count('approvals_total', { state: event.by === null ? 'by-rule' : event.decision.verdict })
        const since = questions.get(event.approval)
        if (since !== undefined && event.by !== null) meter.lasted('approval_wait_seconds', at - since)
        questions.delete(event.approval)
        return
      }
      case 'withdrawn':
        meter.count('approvals_total', { state: 'withdrawn' })
        questions.delete(event.approval)
        return
      case 'called':
        return meter.count('tool_calls_total', { tool: event.call.tool })
      case 'lost':
      case 'forgotten':
      case 'parked':
        return meter.count('attempts_lost_total', { why: event.type })
      case 'refused':
        return over(run, 'refused', at)
      case 'finished':
        return over(run, event.outcome.kind === 'failed' ? event.outcome.trouble.code : event.outcome.kind, at)
      default:
    }
  }

  return {
    contentType: registry.contentType,
    meter,
    take: ({ run, event, at }) => count(run, event, at),
    async text() {
      // Measuring the event loop costs a little, so it begins with the first who asks.
      if (!measuring) collectDefaultMetrics({ register: registry })
      measuring = true
      const now = await health()
      current(now)
      currentOfBot(now)
      return registry.metrics()
    },
  }
}
