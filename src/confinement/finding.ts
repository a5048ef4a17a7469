import { isInPlace, type Level } from '../core/confinement.ts'
import { fine, type Finding } from '../core/finding.ts'
import { toolchainFinding, type ToolchainOptions } from './toolchains.ts'

const inPlace: Finding = {
  id: 'box',
  level: 'warning',
  text: 'Agents run in boxes of macOS. They were made without a Mac to try them on; the bot tried one itself when it started.',
  mend: 'They hold less than those of Linux: see docs/SECURITY.md.',
}

/** Whether agents can be boxed here, and what of the operator's tools they see there, for the operator. */
export function boxFindings(level: Level, toolchains: ToolchainOptions): readonly Finding[] {
  const id = 'box'
  if (isInPlace(level)) return [inPlace, toolchainFinding(toolchains)]
  if (level.boxed) return [fine(id, 'Agents run in boxes.'), toolchainFinding(toolchains)]
  const text = 'This machine does not box agents: guests get no tools, and every command is asked about.'
  return [{ id, level: 'warning', text, mend: level.reason }]
}
