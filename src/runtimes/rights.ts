import { Problem } from '../core/failure.ts'
import type { Tier } from '../core/right.ts'

/** What an agent may do to the machine for somebody. Each runtime has its own words for it, in its folder. */
export interface Rights {
  /**
   * `read`: it looks and answers; it changes nothing, runs nothing, reaches nowhere, and asks nobody for leave to.
   * `write`: it edits in the session's folder, and runs what only reads; it asks a person about the rest.
   */
  readonly machine: 'read' | 'write'
}

const read: Rights = { machine: 'read' }
const write: Rights = { machine: 'write' }

/**
 * The one table of what a tier may do to the machine (SPEC F3). It is the tier of whoever asked, so it may change with
 * every prompt of a session. What an owner has beyond a member is that they may consent to more.
 */
const table: Readonly<Partial<Record<Tier, Rights>>> = { guest: read, member: write, owner: write }

/** @throws {Problem} for the others: the gate lets no prompt of theirs through, and nothing here may make up for it. */
export function rightsOf(tier: Tier): Rights {
  const rights = table[tier]
  if (rights === undefined) throw new Problem('bug', `A prompt of somebody ${tier} must never reach an agent.`)
  return rights
}
