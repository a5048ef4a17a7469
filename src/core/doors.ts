import type { Clock } from './clock.ts'
import type { Gate } from './gate.ts'
import type { Health } from './health.ts'

/** What features are handed: the doors of everything there is. Each takes what it needs and names it in its type. */
export interface Doors {
  readonly gate: Gate
  readonly clock: Clock
  /** Looks at everything once. */
  readonly health: () => Promise<Health>
}
