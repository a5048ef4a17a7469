import { messageOf, Problem } from '../core/failure.ts'

/** EX_CONFIG of sysexits.h: a person must correct something. */
export const mustBeCorrected = 78

/**
 * 78 when trying again would end the same way, because a person must correct something: a supervisor can be told not to
 * restart on it (systemd: RestartPreventExitStatus=78). 1 for everything else.
 */
export function exitCodeOf(error: unknown): number {
  return error instanceof Problem && error.kind === 'refused' ? mustBeCorrected : 1
}

/** What a person at the terminal reads of a problem: its message, and what it came from where that says more. */
export function toldOf(error: unknown): string {
  const said = messageOf(error)
  const from = error instanceof Error ? error.cause : undefined
  // What Discord answers besides its code says nothing to people.
  const cause = from instanceof Error && !from.name.startsWith('DiscordAPIError') ? from.message : ''
  return cause === '' || said.includes(cause) ? said : `${said}\n  (${cause})`
}
