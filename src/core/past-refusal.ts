import type { EpochMs } from './clock.ts'
import type { Refusal } from './failure.ts'
import type { PersonId } from './ids.ts'
import type { Place } from './place.ts'

/** A no that somebody was told, kept so that they can ask why (`/why`, and the button under it). */
export interface PastRefusal {
  /** The interaction or the message that was refused. */
  readonly key: string
  readonly person: PersonId
  readonly place: Place
  readonly at: EpochMs
  readonly refusal: Refusal
}

/** The latest refusals of each person. Part of the vault door. */
export interface PastRefusals {
  /** The same key again changes nothing. Of each person the latest 20 are kept. */
  keep(past: PastRefusal): Promise<void>
  /** That one of this person's, or (null) their latest; null: there is none. */
  of(person: PersonId, key: string | null): Promise<PastRefusal | null>
}

/** Refusals of which more can be said than that they are: who decided it, or what for. */
const explained = [
  'not-allowed',
  'queue-full',
  'person-queue-full',
  'approval-not-yours',
  'scope-too-wide',
  'owner-by-configuration',
  'steer-above',
  'workdir-outside',
  'program-folder',
  'folder-too-wide',
] as const satisfies readonly Refusal['code'][]

/** What such a refusal is called. */
export type ExplainedCode = (typeof explained)[number]

/** Whether the words of a refusal leave a question open. */
export function isExplained(refusal: Refusal): refusal is Extract<Refusal, { code: ExplainedCode }> {
  return (explained as readonly string[]).includes(refusal.code)
}
