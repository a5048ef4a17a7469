import type { Asked, Request, Result, Steered } from '../core/desk.ts'
import type { PromptKey } from '../core/ids.ts'
import type { Journal } from '../core/journal.ts'
import { isLive } from '../core/lifecycle.ts'
import type { Person } from '../core/person.ts'
import type { Place } from '../core/place.ts'
import { reaches } from '../core/right.ts'
import type { Session } from '../core/session.ts'
import type { Dispatcher } from './dispatcher.ts'
import type { Gate } from '../core/gate.ts'

export interface SteeringTools {
  readonly gate: Gate
  readonly journal: Journal
  readonly dispatcher: Dispatcher
  /** The live session of a place. */
  readonly sessionOf: (place: Place) => Promise<Session | null>
  readonly ask: (request: Request) => Promise<Asked>
}

/**
 * A word to the turn that is at work. That turn acts with the rights of its own speaker, so whoever is less than they
 * were may not lead it: nobody gets more than they were given.
 */
export async function steer(
  by: Person,
  place: Place,
  { key, text }: { readonly key: PromptKey; readonly text: string },
  { gate, journal, dispatcher, sessionOf, ask }: SteeringTools,
): Promise<Result<Steered>> {
  const verdict = await gate.judge(by, 'run.steer', place)
  if (!verdict.allowed) return { ok: false, refusal: verdict.refusal }
  const session = await sessionOf(place)
  if (session === null) return { ok: false, refusal: { code: 'no-session' } }
  const target = (await journal.openOf(session.id)).find(({ state }) => isLive(state))
  const isNew = (await journal.find(key)) === null
  if (target !== undefined && isNew && text.trim() !== '') {
    // Attached places have tiers of their own: both count.
    const there = await gate.judge(by, 'run.steer', target.prompt.place)
    if (!there.allowed) return { ok: false, refusal: there.refusal }
    const { tier } = reaches(verdict.tier, there.tier) ? there : verdict
    const needs = target.prompt.tier
    if (!reaches(tier, needs)) return { ok: false, refusal: { code: 'steer-above', tier, needs } }
    const word = { type: 'steered', steer: { key, text, by: by.name }, speaker: by, place, heard: false } as const
    const heard = (await (await dispatcher.conductorFor(target.run))?.steer(word)) ?? false
    if (heard) return { ok: true, value: { how: 'steered', text } }
  }
  const asked = await ask({ key, place, speaker: by, text, message: null })
  return asked.kind === 'refused' ? { ok: false, refusal: asked.refusal } : { ok: true, value: { how: 'asked', text } }
}
