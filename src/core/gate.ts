import type { PlaceId } from './ids.ts'
import type { Person } from './person.ts'
import type { Place } from './place.ts'
import type { Scope, Verdict } from './policy.ts'
import type { Prompt } from './prompt.ts'
import type { ActionName } from './right.ts'
import type { Session } from './session.ts'

/**
 * The gate (core/policy.ts) with the grants as they are now. A store that cannot be read lets nobody in: it rejects.
 */
export interface Gate {
  judge(person: Person, action: ActionName, place: Place): Promise<Verdict>
  /** The same for what holds in a whole scope: see `judgeFor`. */
  judgeFor(person: Person, action: ActionName, scope: Scope, place: Place): Promise<Verdict>
  /** What a person is in a place without any grant: by the operator's configuration alone. */
  unGranted(person: Person, place: Place): Verdict
  /**
   * The speaker of a prompt as they stand now, in the place where they asked and in the session's own: the lesser of
   * the two.
   */
  speakerOf(prompt: Prompt, session: Session): Promise<Verdict>
  /**
   * Whether a place exists for a person: one that they cannot see in Discord does not, whatever their tier (SPEC F1).
   * When nobody can say now, it does not. An id alone, where no more of the place is known.
   */
  sees(person: Person, place: Place | PlaceId): Promise<boolean>
  /**
   * `judge` and `speakerOf` with roles and membership read at this moment, not as they were when the person wrote or
   * clicked. Who has left is nobody, whatever they were given. Reject when nobody can say now.
   */
  judgeNow(person: Person, action: ActionName, place: Place): Promise<Verdict>
  /** The person with the roles they have at this moment where that place is; null: they have left. Rejects when nobody can say now. */
  personNow(person: Person, place: Place): Promise<Person | null>
  speakerNow(prompt: Prompt, session: Session): Promise<Verdict>
}
