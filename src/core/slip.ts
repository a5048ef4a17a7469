import type { Draft } from './ask.ts'
import type { EpochMs } from './clock.ts'
import type { ApprovalId, MessageId, PersonId, RunId, SessionId } from './ids.ts'
import type { Place } from './place.ts'

/** That an approval is put to people: what the run's journal does not say about it. */
export interface Slip {
  readonly token: string
  readonly run: RunId
  readonly approval: ApprovalId
  readonly askedAt: EpochMs
  readonly expiresAt: EpochMs
  readonly draft: Draft
  /** What became of it stands everywhere; nothing will be posted or edited for it any more. */
  readonly closed: boolean
}

/**
 * The messages of an approval. `ask`: the approval itself. `line`: the neutral line in a channel. `reminder`: at half
 * time. `note`: that nobody answered. `audit`: the copy of the decision.
 */
export const postRoles = ['ask', 'line', 'reminder', 'note', 'audit'] as const
export type PostRole = (typeof postRoles)[number]

/** One message of an approval, or the intent to post it. */
export interface Post {
  readonly token: string
  readonly role: PostRole
  readonly place: Place
  /** Up to 25 characters; the same for every try. */
  readonly nonce: string
  /** When the post was intended. */
  readonly at: EpochMs
  /** Null: intended, and nobody knows whether it was posted. */
  readonly message: MessageId | null
  /** Hash of the sheet it shows; '' when that is not known. */
  readonly shown: string
  /** It cannot stand there: the place is closed to us, or somebody deleted it when it no longer mattered. */
  readonly gone: boolean
}

/** "Approve for this session": for whom, and for exactly what. */
export interface Consent {
  readonly session: SessionId
  /** The speaker it holds for. */
  readonly person: PersonId
  /** Hash of `likenessOf`. */
  readonly subject: string
  readonly grantedBy: { readonly id: PersonId; readonly name: string }
  /** The approval it was given with. */
  readonly token: string
  readonly at: EpochMs
}

/** What is asked of people and where it stands. Part of the vault door; what was answered is in the journal. */
export interface Approvals {
  /** Opens a slip and gives it as it stands; one that is open already stays as it is, a closed one begins anew. */
  open(slip: Omit<Slip, 'draft' | 'closed'>): Promise<Slip>
  /** A slip by its token. */
  slip(token: string): Promise<Slip | null>
  /** Slips that are not closed, oldest first. */
  unclosed(): Promise<readonly Slip[]>
  /** Keeps what is chosen so far. */
  draft(token: string, draft: Draft): Promise<void>
  close(token: string): Promise<void>

  /** The messages of a slip. */
  posts(token: string): Promise<readonly Post[]>
  /** Keeps a message of a slip, in the place of what was known of it. */
  keep(post: Post): Promise<void>
  /** Forgets a message of a slip that was taken away again. */
  forget(token: string, role: PostRole): Promise<void>

  /** Keeps a consent, in the place of an earlier one for the same. */
  consent(consent: Consent): Promise<void>
  consentTo(session: SessionId, person: PersonId, subject: string): Promise<Consent | null>
}
