import type { Ask } from '../core/ask.ts'
import type { Chat } from '../core/chat.ts'
import { canLast, mayAnswer } from '../core/consent.ts'
import { changedBetween } from '../core/running.ts'
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

/** Who has consented to this for the session, by name; null: nobody. Then `changed` is what it would run otherwise by now. */
interface StandingConsent {
  readonly by: string | null
  readonly changed: readonly string[]
}

const none: StandingConsent = { by: null, changed: [] }

/** A consent for the session, if it still holds: for this speaker and content, by somebody who still may. */
export async function standingFor(ask: Ask, tools: ConsentTools): Promise<StandingConsent> {
  const { approval, session, prompt, runs } = ask
  const { vault, chat, gate, log } = tools
  try {
    const subject = subjectOf(approval, session.workdir)
    const consent = await vault.approvals.consentTo(session.id, prompt.speaker.id, subject)
    if (consent === null) return none
    const changed = changedBetween(consent.runs, runs)
    if (changed.length > 0 || !canLast(ask)) return { by: null, changed }
    const { place, speaker } = prompt
    const roles = await Promise.all([speaker.id, consent.grantedBy.id].map((id) => chat.rolesOf(id, place)))
    const [speakerRoles, grantorRoles] = roles
    if (speakerRoles == null || grantorRoles == null) return none
    const asks = await gate.judge({ ...speaker, roles: speakerRoles }, 'prompt', place)
    const grantor = { ...speaker, ...consent.grantedBy, roles: grantorRoles }
    const grants = await gate.judge(grantor, 'approval.answer', place)
    const standing = { id: speaker.id, tier: prompt.tier }
    const may = grants.allowed && mayAnswer(approval, standing, { id: grantor.id, tier: grants.tier })
    return asks.allowed && may ? { by: grantor.name, changed } : none
  } catch (error) {
    // Whether it still holds cannot be known now: people are asked.
    log.warn({ error: messageOf(error) }, 'approval.consent-unread')
    return none
  }
}

/** Keeps that somebody approved all that is alike in the session. */
export async function keepConsent(
  { token, session, prompt, approval, runs }: Ask,
  by: Person,
  tools: ConsentTools,
): Promise<void> {
  const { vault, clock } = tools
  const subject = subjectOf(approval, session.workdir)
  const grantedBy = { id: by.id, name: by.name }
  const consent = { session: session.id, person: prompt.speaker.id, subject, runs, grantedBy, token, at: clock.now() }
  await retry(tools, 'consent', () => vault.approvals.consent(consent))
}
