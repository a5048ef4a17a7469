import type { Hold } from './quota.ts'
import type { AccountState } from './account.ts'
import type { ApprovalPhrases } from './approval-phrases.ts'
import type { LinePlace } from './chat.ts'
import type { EpochMs } from './clock.ts'
import type { CliNotice } from './event.ts'
import type { WallboardLine } from './wallboard.ts'
import type { Refusal, Trouble } from './failure.ts'
import type { State } from './lifecycle.ts'
import type { ChannelRules } from './listening.ts'
import type { MessagePhrases } from './message-phrases.ts'
import type { InboxPhrases } from './inbox-phrases.ts'
import type { Locale } from './person.ts'
import type { MessageId } from './ids.ts'
import type { Place } from './place.ts'
import type { ActionName, Tier } from './right.ts'
import type { Session, Worktree } from './session.ts'
import type { RunView } from './view.ts'
import type { BranchLeft } from './work.ts'
import type { ObeyedFiles } from './workspace.ts'

/**
 * Every text that a person reads, as one interface per language (locales/en.ts, locales/ko.ts): what a language has
 * not said does not compile. Tone: LOOK.md. Texts are Discord markdown; names and paths that come from people are
 * escaped by the phrase that uses them.
 */
export interface Phrases {
  readonly locale: Locale
  /** What an action is, as it goes on behind "may". */
  deed(action: ActionName): string

  refusal(refusal: Refusal): string
  trouble(trouble: Trouble): string

  readonly states: Readonly<Record<State, string>>
  /** Where a session works. */
  whereabouts(session: Session): string
  /** One line on the card of a run whose CLI began a new conversation: it no longer knew the old one, or that was full. */
  forgotten(why: 'lost' | 'full'): string
  /** What the CLI says of itself, in one line of the card. */
  notice(notice: CliNotice): string
  /** Where a run stands in the queue, as the end of a sentence. */
  stands(line: LinePlace): string
  waiting(line: LinePlace): string
  /** A run whose account's quota is used up; `line` null: nobody knows its place yet. */
  parked(hold: Hold, line: LinePlace | null): string
  /** A quota as people call it: `Claude's weekly window`. */
  quota(quota: Pick<Hold, 'runtime' | 'window'>): string
  /** What is known of an account's quotas, in one line. */
  account(account: AccountState, now: EpochMs): string
  /** The line of a run at work: state sign, seconds, the tool in use, steps, tokens, cost. */
  working(view: RunView, now: number): string
  /** The line of a run that is over. */
  over(view: RunView): string
  /** A tool call in one line. */
  step(tool: string, title: string, failed: boolean): string
  moreSteps(count: number): string
  /** Name of the file that carries the rest of a long answer, and the line that says so. */
  restInFile(file: string): string
  /** After a restart that kept people waiting. */
  wasAway(ms: number, messages: number): string
  /** To its author alone, somewhere else: a message was left alone, because they may not ask there. */
  leftAlone(place: Place, message: MessageId, tier: Tier): string
  /** The same where everybody reads it, because its author takes no direct messages. */
  leftAloneForAll(): string
  /** The board of a channel: what runs, waits and asks there. */
  board(lines: readonly WallboardLine[], guild: string): string
  /** Said once in each channel: which messages there reach the agent. */
  channelNotice(rules: ChannelRules): string
  /** A mention in a place without a session. */
  noSessionHere(): string
  /** What a session has committed could not be brought into its repository. */
  branchLeft(session: Session, worktree: Worktree, left: BranchLeft): string
  /** What it has committed waits for an owner, because it changes files that others obey; `by`: who has consented to it. */
  branchHeld(session: Session, worktree: Worktree, paths: readonly string[], by: string | null): string
  /** A card that asks that has become of no use. */
  branchOver(session: Session): string
  /** A session that works in a folder itself has changed files there that others obey. */
  obeyedChanged(session: Session, found: ObeyedFiles): string
  /** A run is at work on a machine that does not answer. */
  machineAway(machine: string): string
  /** To the place of a session that has ended because its machine was given up. */
  machineDropped(session: string, machine: string, by: string): string
  /** An interaction whose work failed inside. */
  internalError(): string

  readonly approvals: ApprovalPhrases
  readonly messages: MessagePhrases
  readonly inbox: InboxPhrases

  readonly buttons: Readonly<Record<'stop' | 'steer' | 'takeOver' | 'withdraw' | 'why' | 'previous' | 'next', string>>
}

/** The languages, by locale. */
export type Catalogue = Readonly<Record<Locale, Phrases>>
