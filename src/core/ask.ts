import type { Approval, Decision } from './approval.ts'
import type { EpochMs } from './clock.ts'
import type { RunEvent } from './event.ts'
import type { ApprovalId, RunId } from './ids.ts'
import type { Prompt } from './prompt.ts'
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
  /** Then the answer is no. */
  readonly expiresAt: EpochMs
  readonly draft: Draft
  readonly fate: Fate
  /** It was approved for all that is alike in this session. */
  readonly lasting: boolean
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

/** Whether choices are kept until somebody presses Send: several questions, or one with several answers. */
export function needsSend(approval: Approval): boolean {
  const { subject } = approval
  return subject.kind === 'questions' && (subject.questions.length > 1 || subject.questions[0]?.several === true)
}
