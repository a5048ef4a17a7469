import type { Tier } from '../../core/right.ts'
import { rightsOf, type Rights } from '../rights.ts'

/** What a tier may do, in the CLI's own words. */
export interface CodexRights {
  /** The permissions profile that it is started with. */
  readonly profile: 'omc-read' | 'omc-write'
  /** `untrusted`: it asks about every patch, and about nearly every command; see rules.ts. */
  readonly approvalPolicy: 'never' | 'on-request' | 'untrusted'
  /** Whether the turn has anything of the machine: without it the CLI offers no shell, no files and no patches. */
  readonly hasTools: boolean
}

/** What each may do, by its word in the one table. */
const rights: Readonly<Record<Rights['machine'], CodexRights>> = {
  nothing: { profile: 'omc-read', approvalPolicy: 'never', hasTools: false },
  read: { profile: 'omc-read', approvalPolicy: 'never', hasTools: true },
  write: { profile: 'omc-write', approvalPolicy: 'on-request', hasTools: true },
}

/** @throws {Problem} as `rightsOf` does. */
export function codexRights(tier: Tier, boxed: boolean): CodexRights {
  const found = rights[rightsOf(tier, boxed).machine]
  return boxed && found.profile === 'omc-write' ? { ...found, approvalPolicy: 'untrusted' } : found
}
