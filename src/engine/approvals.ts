import type { Approval, Decision } from '../core/approval.ts'
import type { Turn } from '../core/runtime.ts'

/**
 * Answers a run's question. People are not asked yet (SPEC F7 comes later), so whatever needs consent is denied, with a
 * reason from which the agent can tell the person what to do.
 */
export function denyUnasked(_turn: Turn, approval: Approval): Promise<{ decision: Decision; by: string | null }> {
  const reason =
    `${approval.action.tool} needs a person's approval, and approvals in Discord are not available yet. ` +
    'Go on without it: edit files in the working folder and use read-only commands, or tell the person what to run.'
  return Promise.resolve({ decision: { verdict: 'deny', reason }, by: null })
}
