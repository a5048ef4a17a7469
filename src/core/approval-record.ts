import type { Draft } from './ask.ts'
import type { EpochMs } from './clock.ts'
import type { ApprovalId, PersonId, RunId, SessionId } from './ids.ts'

/** That an approval is put to people: what the run's journal does not say about it. */
export interface ApprovalRecord {
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
/** Which of an approval's messages it is. */
export type PostRole = (typeof postRoles)[number]

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

/** What is asked of people. Part of the vault door; what was answered is in the journal. */
export interface Approvals {
  /** Opens a record and gives it as it stands; one that is open already stays as it is, a closed one begins anew. */
  open(record: Omit<ApprovalRecord, 'draft' | 'closed'>): Promise<ApprovalRecord>
  /** A record by its token. */
  record(token: string): Promise<ApprovalRecord | null>
  /** Slips that are not closed, oldest first. */
  unclosed(): Promise<readonly ApprovalRecord[]>
  /** Keeps what is chosen so far. */
  draft(token: string, draft: Draft): Promise<void>
  close(token: string): Promise<void>

  /** Keeps a consent, in the place of an earlier one for the same. */
  consent(consent: Consent): Promise<void>
  consentTo(session: SessionId, person: PersonId, subject: string): Promise<Consent | null>
}
