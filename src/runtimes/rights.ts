import { Problem } from '../core/failure.ts'
import type { Tier } from '../core/right.ts'

/** What an agent may do to the machine for somebody. Each runtime has its own words for it, in its folder. */
export interface Rights {
  /**
   * `nothing`: it answers, and has no tools.
   * `read`: it looks and answers; it changes nothing, runs nothing, reaches nowhere, and asks nobody for leave to.
   * `write`: it edits in the session's folder, and runs what only reads; it asks a person about the rest.
   */
  readonly machine: 'nothing' | 'read' | 'write'
}

const nothing: Rights = { machine: 'nothing' }
const read: Rights = { machine: 'read' }
const write: Rights = { machine: 'write' }

/**
 * The one table of what a tier may do to the machine (SPEC F3, F24). It is the tier of whoever asked, so it may change
 * with every prompt of a session. What an owner has beyond a member is that they may consent to more. Where there is no
 * box nothing says at what a guest's agent looks, so it looks at nothing.
 */
const table: Readonly<Partial<Record<Tier, { readonly boxed: Rights; readonly unboxed: Rights }>>> = {
  guest: { boxed: read, unboxed: nothing },
  member: { boxed: write, unboxed: write },
  owner: { boxed: write, unboxed: write },
}

/** @throws {Problem} for the others: the gate lets no prompt of theirs through, and nothing here may make up for it. */
export function rightsOf(tier: Tier, boxed: boolean): Rights {
  const rights = table[tier]?.[boxed ? 'boxed' : 'unboxed']
  if (rights === undefined) throw new Problem('bug', `A prompt of somebody ${tier} must never reach an agent.`)
  return rights
}

/** Whether somebody's agent changes things at all, in a box or not. @throws {Problem} as `rightsOf` does. */
export function mayWrite(tier: Tier): boolean {
  return rightsOf(tier, true).machine === 'write'
}
