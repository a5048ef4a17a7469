import { Problem } from '../core/failure.ts'

/**
 * 78 (EX_CONFIG of sysexits.h) when trying again would end the same way, because a person must correct something: a
 * supervisor can be told not to restart on it (systemd: RestartPreventExitStatus=78). 1 for everything else.
 */
export function exitCodeOf(error: unknown): number {
  return error instanceof Problem && error.kind === 'refused' ? 78 : 1
}
