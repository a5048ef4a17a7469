import type { Approval, Decision } from './approval.ts'
import type { EpochMs } from './clock.ts'
import type { RunEvent } from './event.ts'
import type { ApprovalId, RunId } from './ids.ts'
import type { Prompt } from './prompt.ts'
import type { CommandContent } from './running.ts'
import type { Session } from './session.ts'

/** An approval as it is put to people. */
export interface Ask {
  /** Names it in Discord: made from the run, the approval and its exact input, so that a consent is for nothing else. */
  readonly token: string
  readonly run: RunId
  readonly prompt: Prompt
  readonly session: Session
  /** Title of the runtime, e.g. `Claude Code`. */
  readonly runtime: string
  readonly approval: Approval
  /** First characters of the SHA-256 of the input, in hex. */
  readonly inputHash: string
  readonly askedAt: EpochMs
  /** What it runs, as it was when people were asked: they consent to that. */
  readonly runs: CommandContent
  /** Files of it that have changed since it was approved for the session, or shown; [] when it is asked as usual. */
  readonly changed: readonly string[]
  /** Then the answer is no. */
  readonly expiresAt: EpochMs
  readonly draft: Draft
  readonly fate: Fate
  /** The list of many in which it stands; null: it stands alone. */
  readonly listed: Listed | null
  /** It was approved for all that is alike in this session. */
  readonly lasting: boolean
}

/** A place in a list of approvals. */
export interface Listed {
  /** Names the list in Discord. */
  readonly list: string
  /** From 0, in the order in which they came; it stays. */
  readonly at: number
}

/** What is chosen so far where several questions are answered at once; by the question's id. */
export type Draft = Readonly<Record<string, readonly string[]>>

/** What became of an approval. */
export type Fate =
  | { readonly kind: 'open' }
  /** `by` null: nobody answered in time. */
  | { readonly kind: 'answered'; readonly decision: Decision; readonly by: string | null }
  | { readonly kind: 'withdrawn' | 'lost' | 'ended' }
  | { readonly kind: 'stopped'; readonly by: string | null }

/** What a person does about an approval. `question` and `options` are positions. */
export type Reaction =
  | { readonly kind: 'approve'; readonly lasting: boolean }
  /** `reason` is for the agent; may be empty. */
  | { readonly kind: 'deny'; readonly reason: string }
  | { readonly kind: 'choose'; readonly question: number; readonly options: readonly number[] }
  | { readonly kind: 'write'; readonly question: number; readonly text: string }
  | { readonly kind: 'send' }

/** A yes or a no. */
export type PlainReaction = Extract<Reaction, { kind: 'approve' | 'deny' }>

/** The fate of an approval after one more event of its run: the first end stands, unless it is asked anew. */
export function befall(fate: Fate, approval: ApprovalId, event: RunEvent): Fate {
  if (event.type === 'wanted' && event.approval.id === approval) return { kind: 'open' }
  if (fate.kind !== 'open') return fate
  switch (event.type) {
    case 'answered':
      return event.approval === approval ? { kind: 'answered', decision: event.decision, by: event.by } : fate
    case 'withdrawn':
      return event.approval === approval ? { kind: 'withdrawn' } : fate
    case 'stopped':
      return { kind: 'stopped', by: event.by }
    case 'lost':
    case 'forgotten':
    case 'parked':
      return { kind: 'lost' }
    case 'finished':
      return { kind: 'ended' }
    default:
      return fate
  }
}

/** Whether it can stand in a list: a yes or a no is all it needs. */
export function isListable({ subject }: Approval): boolean {
  return subject.kind !== 'questions' && subject.kind !== 'plan'
}

/** Whether choices are kept until somebody presses Send: several questions, or one with several answers. */
export function needsSend(approval: Approval): boolean {
  const { subject } = approval
  return subject.kind === 'questions' && (subject.questions.length > 1 || subject.questions[0]?.several === true)
}
