import { fine, type Finding } from '../core/finding.ts'
import type { EpochMs } from '../core/clock.ts'
import { mostFailures, type RenewalState } from './renewal-record.ts'

/** A login in a file, as it is at the moment. */
export interface SeenLogin {
  /** Those that use it. */
  readonly accounts: readonly string[]
  /** Where it lies. */
  readonly folder: string
  readonly hasToken: boolean
  /** Null: nobody says. */
  readonly endsAt: EpochMs | null
  readonly state: RenewalState
}

/** After so many failures in a row people are told: that it fails, that it still does, that it was given up. */
const toldAt = [3, 7, mostFailures] as const

/**
 * What there is to say of the logins.
 *
 * @param refused accounts (`runtime:account`) with a run that was not let in, and whether none was since.
 * @param full folders with too little room.
 */
export function loginFindings(
  seen: readonly SeenLogin[],
  refused: readonly (readonly [string, boolean])[],
  full: readonly string[],
  now: EpochMs,
): readonly Finding[] {
  return [
    ...seen.filter(({ hasToken }) => hasToken).map((login) => renewalFinding(login, now)),
    ...refused.map(([name, stands]): Finding => {
      if (!stands)
        return fine(`login.refused.${name}`, `The login of ${name.replace(':', ', account ')} is taken again.`)
      const text = `The login of ${name.replace(':', ', account ')} was not taken: its last run failed for that.`
      return { id: `login.refused.${name}`, level: 'error', text, mend: 'If it stays so: log in again (docs/AUTH.md).' }
    }),
    ...full.map((folder): Finding => {
      const text = `Less than 100 MB are free where a login lies (${folder}): a renewed one may not fit.`
      return { id: 'token.persist-disk-low', level: 'warning', text, mend: 'Free some space.' }
    }),
  ]
}

function renewalFinding({ accounts, folder, endsAt, state }: SeenLogin, now: EpochMs): Finding {
  const name = accounts.join(', ')
  const id = `login.claude.${accounts[0] ?? ''}`
  const end =
    endsAt === null ? 'it does not say how long it lasts' : `it is good until ${new Date(endsAt).toISOString()}`
  const left = endsAt !== null && endsAt <= now ? 'it has expired' : end
  const relog = `Log in again: CLAUDE_CONFIG_DIR=${folder} claude /login. The bot takes it up by itself.`
  const why = state.reason === null ? '' : ` (${state.reason})`
  if (state.dead) {
    const text = `Claude's login (${name}) was taken back, or used somewhere else: it cannot be renewed any more${why}; ${left}.`
    return { id, level: 'error', stage: mostFailures, text, mend: relog }
  }
  const stage = toldAt.findLast((each) => state.failures >= each)
  if (stage === undefined) return fine(id, `Claude's login (${name}) is renewed in time; ${left}.`)
  const text = `Renewing Claude's login (${name}) failed ${state.failures} times${why}; ${left}.`
  if (stage < mostFailures) return { id, level: 'error', stage, text, mend: 'It is tried again by itself.' }
  return { id, level: 'error', stage, text, mend: `It is tried again only when a run needs it. ${relog}` }
}
