import type { Ask, Fate } from '../core/ask.ts'
import { mayAnswer } from '../core/consent.ts'
import type { Refusal } from '../core/failure.ts'
import type { Person } from '../core/person.ts'
import type { Verdict } from '../core/policy.ts'

/** Whether somebody may answer an approval, by what the gate says of them in its place. */
export function isTheirs({ approval, prompt }: Ask, by: Person, verdict: Verdict): boolean {
  const speaker = { id: prompt.speaker.id, tier: prompt.tier }
  return verdict.allowed && mayAnswer(approval, speaker, { id: by.id, tier: verdict.tier })
}

/** Why somebody else may not: it says who may. */
export function notYours({ approval, prompt }: Ask): Refusal {
  const speaker = { id: prompt.speaker.id, tier: prompt.tier }
  return { code: 'approval-not-yours', speaker: mayAnswer(approval, speaker, speaker) ? prompt.speaker.name : null }
}

/** Why an approval that has an end cannot be answered. */
export function overOf(fate: Fate | undefined): Refusal {
  if (fate?.kind === 'answered') return { code: 'approval-answered', by: fate.by, verdict: fate.decision.verdict }
  return { code: 'approval-over', why: fate === undefined || fate.kind === 'open' ? 'unknown' : fate.kind }
}
