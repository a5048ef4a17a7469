import type { Subject, Risk } from './approval.ts'
import type { Ask, Draft, Fate } from './ask.ts'
import type { EpochMs } from './clock.ts'

/**
 * The words around an approval. `who` and `speaker` are mentions already; what agents and people wrote is passed
 * through `plain` or `code` by the phrase that uses it.
 */
export interface ApprovalPhrases {
  /** The first line: what the agent wants, and for whom. */
  title(ask: Ask, who: string): string
  /** Why the agent wants it, in its own words. */
  reason(text: string): string
  /** Where it would happen; `folder` is absolute. */
  where(folder: string): string
  /** The files that it holds for, as they are now. */
  runs(files: readonly string[]): string
  /** Why it is asked again: these have changed since it was approved, or shown. */
  changed(files: readonly string[]): string
  /** How long the two ways of letting an agent reach a host hold. */
  readonly hostHolds: string
  readonly risks: Readonly<Record<Risk, string>>
  /** The input is too long for a message and stands whole in this file. */
  inFile(file: string, length: number): string
  /** Some characters of the input could not be seen and are written out. */
  readonly unseen: string
  /** Behind the title: who may answer, and until when. `speaker`: whoever asked for it may too. */
  mayAnswer(speaker: boolean, until: EpochMs): string
  /** What is chosen so far, by the question's text. */
  chosen(draft: Draft, subject: Extract<Subject, { kind: 'questions' }>): string
  /** What became of it, in one line; nothing for one that is open. */
  fate(ask: Ask): string

  /** The neutral line in a channel: says nothing of the input. `direct`: an owner has it in a direct message; `speaker`: how they are mentioned; `own`: they may answer. */
  line(ask: Ask, direct: boolean, speaker: string | null, own: boolean): string
  /** The neutral line when it is decided. */
  lineOver(fate: Fate): string
  /** At half time; `who` null: nobody is mentioned. */
  reminder(who: string | null, until: EpochMs): string
  /** Nobody answered in time. */
  expired(ask: Ask): string
  /** The copy for the audit channel. */
  audit(ask: Ask): string
  /** On a tool's line: that somebody had approved it for the session. */
  standing(grantor: string): string
  /** On the status card: where the question stands. */
  pointer(url: string): string

  /** Many in one message. */
  readonly many: {
    /** The first line, as `title`. */
    title(runtime: string, count: number, who: string): string
    /** What one of them is, in one line; its whole input is in the file. */
    item(ask: Ask): string
    /** Behind one that only an owner may answer, where others may be answered by whoever asked. */
    readonly owners: string
    /** So many more come up as these are answered. */
    more(count: number): string
    /** What became of those that are decided, and by whom; '' for none. */
    tally(asks: readonly Ask[]): string
    /** `open`: one of them can be chosen. */
    inFile(file: string, open: boolean): string
    /** The neutral line in a channel, as `line`. */
    line(ask: Ask, count: number, until: EpochMs, direct: boolean, speaker: string | null): string
    lineOver(count: number): string
    expired(runtime: string, count: number): string
    approve(count: number): string
    deny(count: number): string
    readonly look: string
  }

  readonly buttons: {
    readonly approve: string
    readonly approveForSession: string
    /** For a host: until the turn ends, and until the session does. */
    readonly allowOnce: string
    readonly allowHere: string
    readonly deny: string
    readonly goAhead: string
    readonly change: string
    /** `header` names the question when there are several; '' otherwise. */
    other(header: string): string
    readonly send: string
    readonly decline: string
    readonly look: string
    choose(header: string): string
  }
}
