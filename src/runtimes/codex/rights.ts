import type { Tier } from '../../core/right.ts'
import { rightsOf } from '../rights.ts'

/** What a tier may do, in the CLI's own words. */
export interface CodexRights {
  /** The permissions profile that it is started with. */
  readonly profile: 'omc-read' | 'omc-write'
  readonly approvalPolicy: 'never' | 'on-request'
}

/** @throws {Problem} as `rightsOf` does. */
export function codexRights(tier: Tier): CodexRights {
  return rightsOf(tier).machine === 'read'
    ? { profile: 'omc-read', approvalPolicy: 'never' }
    : { profile: 'omc-write', approvalPolicy: 'on-request' }
}
