import type { Draft, Listed } from './ask.ts'
import type { EpochMs } from './clock.ts'
import type { ApprovalId, PersonId, PromptKey, RunId, SessionId } from './ids.ts'
import type { Interaction } from './interaction.ts'
import type { CommandContent } from './running.ts'

/** That an approval is put to people: what the run's journal does not say about it. */
export interface ApprovalRecord {
  readonly token: string
  readonly run: RunId
  readonly approval: ApprovalId
  readonly askedAt: EpochMs
  readonly expiresAt: EpochMs
  readonly draft: Draft
  readonly runs: CommandContent
  readonly changed: readonly string[]
  readonly listed: Listed | null
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
  /** What it ran then: it holds for nothing else. */
  readonly runs: CommandContent
  readonly grantedBy: { readonly id: PersonId; readonly name: string }
  /** The approval it was given with. */
  readonly token: string
  readonly at: EpochMs
}

/** A copy of an approval, or of a list, that one person was shown alone, as the answer to an interaction. */
export interface AskCopy {
  /** The approval's token, or the list's name. */
  readonly of: string
  readonly interaction: Interaction
  readonly at: EpochMs
}

/** What is asked of people. Part of the vault door; what was answered is in the journal. */
export interface Approvals {
  /** Opens a record and gives it as it stands; one that is open already stays as it is, a closed one begins anew. */
  open(record: Omit<ApprovalRecord, 'draft' | 'closed' | 'listed'>): Promise<ApprovalRecord>
  /** A record by its token. */
  record(token: string): Promise<ApprovalRecord | null>
  /** Slips that are not closed, oldest first. */
  unclosed(): Promise<readonly ApprovalRecord[]>
  /** What it runs is this now, and these files have changed meanwhile. */
  rerun(token: string, runs: CommandContent, changed: readonly string[]): Promise<void>
  /** It may be answered until then. */
  prolong(token: string, expiresAt: EpochMs): Promise<void>
  /** Keeps what is chosen so far. */
  draft(token: string, draft: Draft): Promise<void>
  /** Puts approvals into a list, all of them or none. */
  enlist(list: string, places: readonly { readonly token: string; readonly at: number }[]): Promise<void>
  /** Those of a list, in its order. */
  listed(list: string): Promise<readonly ApprovalRecord[]>
  close(token: string): Promise<void>

  keepCopy(copy: AskCopy): Promise<void>
  /** Those of an approval or a list; null: all. Oldest first. */
  copies(of: string | null): Promise<readonly AskCopy[]>
  dropCopy(key: PromptKey): Promise<void>

  /** Keeps a consent, in the place of an earlier one for the same. */
  consent(consent: Consent): Promise<void>
  consentTo(session: SessionId, person: PersonId, subject: string): Promise<Consent | null>
}
