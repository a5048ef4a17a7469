import type { EpochMs } from './clock.ts'
import type { PersonId, PromptKey, SessionId } from './ids.ts'
import type { Person } from './person.ts'

/** An owner's consent to commits that change what other programs obey. */
export interface BranchConsent {
  readonly session: SessionId
  /** The commit that the branch stands at, by its first 32 signs. */
  readonly commit: string
  /** The press that it came with: whoever works on that press again goes on with it. */
  readonly key: PromptKey
  readonly by: { readonly id: PersonId; readonly name: string }
  readonly at: EpochMs
  /** Those files, the first of them. */
  readonly paths: readonly string[]
}

/** Who has let in which commits. Part of the vault door. */
export interface BranchConsents {
  of(session: SessionId, commit: string): Promise<BranchConsent | null>
  /** In the place of what was kept for that commit: the one before did not get there. */
  keep(consent: BranchConsent): Promise<void>
  /** Forgets that very one, which came to nothing. */
  drop(consent: BranchConsent): Promise<void>
  /** In their order. */
  since(at: EpochMs): Promise<readonly BranchConsent[]>
}

/** Somebody who presses the button for it. */
export interface BranchPress {
  readonly key: PromptKey
  readonly person: Person
}

/** What came of somebody letting commits in. */
export type BranchTaken =
  /** `by`: who had let them in before this press; null: this one did. */
  | { readonly kind: 'taken'; readonly by: string | null }
  /** The session has gone on since, and what it has committed by now is asked about. */
  | { readonly kind: 'movedOn' }
  /** The place says why not. */
  | { readonly kind: 'left' }
  | { readonly kind: 'gone' }
