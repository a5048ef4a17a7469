import type { Doors } from '../core/doors.ts'
import type { Feature } from '../core/feature.ts'
import { health } from './health/health.ts'

/** Everything people can do. */
export function features(doors: Doors): readonly Feature[] {
  return [health(doors)]
}
