import { reaches, type Tier } from '../core/right.ts'

/** What Codex's sandbox allows a turn, and what it asks a person about (facts/codex-cli.md sections 3.2 and 5). */
export interface CodexRights {
  /**
   * `omc-read`: nothing can be written. `omc-write`: files in the session's folder can. In both nothing reaches the
   * network and the closed paths stay closed; see `settingsOf`.
   */
  readonly profile: 'omc-read' | 'omc-write'
  /** `never`: whatever the sandbox does not allow fails. `on-request`: the agent may ask a person to leave it. */
  readonly approvalPolicy: 'never' | 'on-request'
}

/** The policy of a turn is that of who asked for it, not of the session's owner (SPEC F3). */
export function codexRights(tier: Tier): CodexRights {
  return reaches(tier, 'member')
    ? { profile: 'omc-write', approvalPolicy: 'on-request' }
    : { profile: 'omc-read', approvalPolicy: 'never' }
}
