import type { Level } from '../core/confinement.ts'
import { fine, type Finding } from '../core/finding.ts'

/** Whether agents can be boxed here, for the operator. */
export function boxFinding(level: Level): Finding {
  const id = 'box'
  if (level.boxed) return fine(id, 'Agents run in boxes.')
  const text = 'This machine does not box agents: guests get no tools, and every command is asked about.'
  return { id, level: 'warning', text, mend: level.reason }
}
