import type { Approval } from './approval.ts'
import type { Ask } from './ask.ts'
import type { PersonId } from './ids.ts'
import { reaches, type Tier } from './right.ts'

/** Somebody with the tier that counts: of the speaker when they asked, of who answers now, in the run's place. */
export interface Standing {
  readonly id: PersonId
  readonly tier: Tier
}

/**
 * Whether somebody may answer an approval (SPEC F7). Owners may. The speaker may answer questions and plans, and
 * consent to what their own tier may do by itself (member or more); what reaches further (`risks`) needs somebody else
 * than who asked for it, unless they are an owner.
 */
export function mayAnswer(approval: Approval, speaker: Standing, by: Standing): boolean {
  if (by.tier === 'owner') return true
  if (by.id !== speaker.id) return false
  if (isConversation(approval)) return reaches(by.tier, 'guest')
  // A tier that was raised meanwhile does not reach back: the run was asked for with the lower one.
  return approval.risks.length === 0 && reaches(by.tier, 'member') && reaches(speaker.tier, 'member')
}

/**
 * Whether it can be approved for all that is alike in the session, by allow-list: a host; and what the session's own
 * folder holds in, where all that it runs is known. What leaves that folder or publishes, code on the line of an
 * interpreter and tools of others are asked about each time.
 */
export function canLast({ approval, runs }: Pick<Ask, 'approval' | 'runs'>): boolean {
  const { kind } = approval.subject
  if (kind === 'host') return true
  return approval.risks.length === 0 && (kind === 'change' || (kind === 'command' && runs.known))
}

/** What a consent for the session is bound to, as text to be hashed: the same again, and nothing that is more. */
export function likenessOf(approval: Approval, workdir: string): string {
  const { subject, action, input } = approval
  const risks = [...approval.risks].sort()
  if (subject.kind !== 'command') return JSON.stringify(['input', action.tool, input, risks])
  return JSON.stringify(['command', action.tool, subject.command, subject.folder ?? workdir, besides(approval), risks])
}

const sessionRule = 'for this session: '

/** How the journal names who answered, when it was a consent that somebody gave for the session. */
export function bySessionRule(grantor: string): string {
  return sessionRule + grantor
}

/** Who gave the consent by which it was answered; null: a person answered it themself. */
export function grantorIn(by: string): string | null {
  return by.startsWith(sessionRule) ? by.slice(sessionRule.length) : null
}

/** What the input of a command says beside the command, its folder and the reason; null: nothing. */
export function besides(approval: Approval): Readonly<Record<string, unknown>> | null {
  const { subject, input } = approval
  if (subject.kind !== 'command') return null
  const fields = parse(input)
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) return null
  const said: readonly unknown[] = [subject.command, subject.folder, subject.reason, null]
  const rest = Object.entries(fields).filter(
    // Codex gives the command as a list of arguments too.
    ([name, value]) => !said.includes(value) && !(name === 'command' && Array.isArray(value)),
  )
  return rest.length === 0 ? null : Object.fromEntries(rest)
}

/** Questions and plans are talk with the speaker; nothing is done by answering them. */
function isConversation({ subject }: Approval): boolean {
  return subject.kind === 'questions' || subject.kind === 'plan'
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
