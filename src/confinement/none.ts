import type { Confinement } from '../core/confinement.ts'
import { Problem } from '../core/failure.ts'

/** Where nothing can be boxed, or nothing is to be. */
export function none(reason: string): Confinement {
  return {
    level: () => ({ boxed: false, reason }),
    wrap() {
      throw new Problem('bug', `There is no box here: ${reason}`)
    },
  }
}
