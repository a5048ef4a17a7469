import { Counter, Histogram, type Registry } from 'prom-client'
import { counts, spans, type Count, type CountLabels, type Meter, type Span } from '../core/meter.ts'

/** So many different values a label may have; what is beyond is `other`, so that nobody fills Prometheus by names. */
const mostValues = 200

/** The counters and histograms of the tables whose names begin so, each label with its bound. */
export function meterIn(registry: Registry, begin = ''): Meter {
  const registers = [registry]
  const isOurs = ([name]: readonly [string, unknown]): boolean => name.startsWith(begin)
  const counters = Object.entries(counts)
    .filter(isOurs)
    .map(([name, [help, ...labelNames]]) => {
      return [name, new Counter({ name: `omc_${name}`, help, labelNames, registers })] as const
    })
  const histograms = Object.entries(spans)
    .filter(isOurs)
    .map(([name, [help, buckets]]) => {
      return [name, new Histogram({ name: `omc_${name}`, help, buckets: [...buckets], registers })] as const
    })
  const counterOf = new Map<string, Counter>(counters)
  const histogramOf = new Map<string, Histogram>(histograms)
  const labels = new Names(mostValues)
  return {
    count<Name extends Count>(name: Name, values: CountLabels<Name>, times = 1) {
      const bounded = Object.entries<string>(values).map(([label, value]) => [label, labels.of(label, value)] as const)
      counterOf.get(name)?.inc(Object.fromEntries(bounded), times)
    },
    lasted: (name: Span, ms: number) => histogramOf.get(name)?.observe(Math.max(0, ms) / 1000),
  }
}

/** Values of labels that may be many: the first so many of each label keep their names. */
class Names {
  readonly #known = new Map<string, Set<string>>()
  readonly #most: number

  constructor(most: number) {
    this.#most = most
  }

  of(label: string, value: string): string {
    const known = this.#known.get(label) ?? new Set()
    this.#known.set(label, known)
    if (known.has(value)) return value
    if (known.size >= this.#most) return 'other'
    known.add(value)
    return value
  }
}
