import type { Ask } from '../core/ask.ts'
import type { Chat } from '../core/chat.ts'
import { canLast, mayAnswer } from '../core/consent.ts'
import { messageOf } from '../core/failure.ts'
import type { Gate } from '../core/gate.ts'
import type { Person } from '../core/person.ts'
import type { Vault } from '../core/vault.ts'
import { retry, type RetryTools } from '../system/back-off.ts'
import { subjectOf } from './token.ts'

export interface ConsentTools extends RetryTools {
  readonly vault: Vault
  readonly chat: Pick<Chat, 'rolesOf'>
  readonly gate: Gate
}

/** Who consented to this for the session, if that still holds: for this speaker, by somebody who still may. */
export async function grantedBy({ approval, session, prompt }: Ask, tools: ConsentTools): Promise<string | null> {
  if (!canLast(approval)) return null
  const { vault, chat, gate, log } = tools
  try {
    const subject = subjectOf(approval, session.workdir)
    const consent = await vault.approvals.consentTo(session.id, prompt.speaker.id, subject)
    if (consent === null) return null
    const { place, speaker } = prompt
    const roles = await Promise.all([speaker.id, consent.grantedBy.id].map((id) => chat.rolesOf(id, place)))
    const [speakerRoles, grantorRoles] = roles
    if (speakerRoles == null || grantorRoles == null) return null
    const asks = await gate.judge({ ...speaker, roles: speakerRoles }, 'prompt', place)
    const grantor = { ...speaker, ...consent.grantedBy, roles: grantorRoles }
    const grants = await gate.judge(grantor, 'approval.answer', place)
    const standing = { id: speaker.id, tier: prompt.tier }
    const may = grants.allowed && mayAnswer(approval, standing, { id: grantor.id, tier: grants.tier })
    return asks.allowed && may ? grantor.name : null
  } catch (error) {
    // Whether it still holds cannot be known now: people are asked.
    log.warn({ error: messageOf(error) }, 'approval.consent-unread')
    return null
  }
}

/** Keeps that somebody approved all that is alike in the session. */
export async function keepConsent(
  { token, session, prompt, approval }: Ask,
  by: Person,
  tools: ConsentTools,
): Promise<void> {
  const { vault, clock } = tools
  const subject = subjectOf(approval, session.workdir)
  const grantedBy = { id: by.id, name: by.name }
  const consent = { session: session.id, person: prompt.speaker.id, subject, grantedBy, token, at: clock.now() }
  await retry(tools, 'consent', () => vault.approvals.consent(consent))
}
