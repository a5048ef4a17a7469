import type { ApprovalId, ToolCallId } from '../../core/ids.ts'
import type { TurnStanding } from './protocol.ts'

/**
 * An agent's tools run as the same user and can write to the process's input themselves, once a person has let one
 * of them run. What that does shows in the output. Questions that an earlier life may have answered are let pass.
 * `first`: where this life began to read; `answered`: what it has answered. Null: nobody has.
 */
export function intruderIn(
  state: TurnStanding,
  first: TurnStanding,
  answered: ReadonlySet<ApprovalId | ToolCallId>,
): string | null {
  if (state.tampering !== null) return state.tampering
  const known = (id: ApprovalId | ToolCallId): boolean =>
    answered.has(id) ||
    first.open.has(id as ApprovalId) ||
    first.calls.has(id as ToolCallId) ||
    first.settled.includes(id)
  return state.settled.every(known) ? null : 'A question to a person was answered by nobody we know'
}
