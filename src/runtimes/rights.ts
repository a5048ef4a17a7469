import { Problem } from '../core/failure.ts'
import type { Tier } from '../core/right.ts'

/** What an agent may do to the machine for somebody. */
export interface Rights {
  /**
   * `read`: it looks and answers; it changes nothing, runs nothing, reaches nowhere, and asks nobody for leave to.
   * `write`: it edits in the session's folder; the rest asks a person.
   */
  readonly machine: 'read' | 'write'
}

/**
 * The one table of what a tier may do to the machine (SPEC F3). It is the tier of whoever asked, so it may change with
 * every prompt of a session. What an owner has beyond a member is that they may consent: see core/approval.ts.
 */
const table: Readonly<Partial<Record<Tier, Rights>>> = {
  guest: { machine: 'read' },
  member: { machine: 'write' },
  owner: { machine: 'write' },
}

/** @throws {Problem} for the others: the gate lets no prompt of theirs through, and nothing here may make up for it. */
export function rightsOf(tier: Tier): Rights {
  const rights = table[tier]
  if (rights === undefined) throw new Problem('bug', `A prompt of somebody ${tier} must never reach an agent.`)
  return rights
}
