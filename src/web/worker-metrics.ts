import { collectDefaultMetrics, Registry } from 'prom-client'
import type { WorkerHealth } from '../core/health.ts'
import type { WorkerId } from '../core/ids.ts'
import { processGauges } from './gauges.ts'
import { meterIn } from './meter.ts'
import type { Metrics } from './metrics.ts'

/**
 * What a machine beside the bot's tells Prometheus: how its process is, with its name as a label. What becomes of runs is
 * the bot's to count: it sees those of all machines.
 */
export function createWorkerMetrics(
  worker: WorkerId,
  health: () => Promise<WorkerHealth>,
): Pick<Metrics, 'contentType' | 'text' | 'meter'> {
  const registry = new Registry()
  registry.setDefaultLabels({ worker })
  const meter = meterIn(registry, 'store_')
  const current = processGauges(registry)
  let measuring = false
  return {
    contentType: registry.contentType,
    meter,
    async text() {
      if (!measuring) collectDefaultMetrics({ register: registry })
      measuring = true
      current(await health())
      return registry.metrics()
    },
  }
}
