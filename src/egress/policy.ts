import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { EpochMs } from '../core/clock.ts'
import type { HostPort, OpenHost } from '../core/egress.ts'
import type { PersonId, SessionId } from '../core/ids.ts'
import { writeAtomically } from '../system/atomic-file.ts'

/**
 * What a session may reach now. The bot writes it, the process outside reads it anew for every request, so that a host
 * opens without a restart of anything. Nothing secret is in it.
 */
export interface SessionPolicy {
  /** Name of the login with which it goes to the model; null: no model. */
  readonly login: string | null
  readonly speaker: PersonId
  /** When the turn began: a host that was let through or refused in an earlier turn is asked about again. */
  readonly turn: EpochMs
  /** A host may be `*.example.org`: every name below it. */
  readonly hosts: readonly PolicyHost[]
  /** The operator's own networks, in which hosts may lie. */
  readonly networks: readonly string[]
}

/** `opened`: for this session, by a person; else it is one of the operator's. */
type PolicyHost = OpenHost & { readonly opened: boolean }

/** The policy of a session; null: there is none, so that nothing is open. */
export function readPolicy(folder: string, session: SessionId): SessionPolicy | null {
  try {
    return JSON.parse(readFileSync(policyFile(folder, session), 'utf8')) as SessionPolicy
  } catch {
    return null
  }
}

export function writePolicy(folder: string, session: SessionId, policy: SessionPolicy): void {
  writeAtomically(policyFile(folder, session), JSON.stringify(policy))
}

export function policyFile(folder: string, session: SessionId): string {
  return join(folder, 'policies', `${session}.json`)
}

/** Whether a host is open to the session. */
export function isOpen({ hosts, speaker }: SessionPolicy, wanted: HostPort, now: EpochMs): boolean {
  return hosts.some(
    (each) =>
      each.port === wanted.port &&
      covers(each.host, wanted.host) &&
      (each.until === null || now < each.until) &&
      (each.speaker === null || each.speaker === speaker),
  )
}

function covers(pattern: string, host: string): boolean {
  return pattern.startsWith('*.') ? host.endsWith(pattern.slice(1)) : pattern === host
}
