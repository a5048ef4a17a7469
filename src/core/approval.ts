import type { Action } from './action.ts'
import type { ApprovalId } from './ids.ts'

/** A question that a run puts to a person. */
export interface Approval {
  readonly id: ApprovalId
  readonly action: Action
  /** The whole input of the tool call as JSON text, never cut: what the consent is bound to. */
  readonly input: string
  readonly subject: Subject
  /** What makes it dangerous beyond the session's folder; see `Risk`. */
  readonly risks: readonly Risk[]
}

/** What is asked, in a form that a person can read. */
export type Subject =
  | {
      readonly kind: 'command'
      readonly command: string
      /** Absolute; null: the session's folder. */
      readonly folder: string | null
      /** Why the agent wants it, in its own words. */
      readonly reason: string | null
    }
  | { readonly kind: 'change'; readonly changes: readonly Change[]; readonly reason: string | null }
  /** The way out of the box to a host that is closed: no tool call of the CLI's, it does not know of it. */
  | { readonly kind: 'host'; readonly host: string; readonly port: number }
  /** Any other tool call; its input is shown as it is. */
  | { readonly kind: 'tool' }
  | { readonly kind: 'questions'; readonly questions: readonly Question[] }
  /** Markdown. */
  | { readonly kind: 'plan'; readonly plan: string }

/** What would be done to one file. */
export interface Change {
  /** Relative to the session's folder where it lies in it, else absolute. */
  readonly path: string
  /** A unified diff, or the whole text of a new file. */
  readonly diff: string
}

/** One question that an agent puts to a person. */
export interface Question {
  /** Names it in the answer. */
  readonly id: string
  /** A word or two; may be empty. */
  readonly header: string
  readonly text: string
  readonly options: readonly { readonly label: string; readonly description: string }[]
  /** Several options may be chosen. */
  readonly several: boolean
  /** An answer in the person's own words is possible. */
  readonly free: boolean
}

/**
 * `network`: it reaches out. `push`: it publishes. `outside`: it touches what lies outside the session's folder.
 * `unconfined`: no sandbox of the operating system holds it, so nobody can say what it does.
 * `obeyed`: it writes what other programs obey later; see obeyed.ts.
 */
export type Risk = 'network' | 'push' | 'outside' | 'unconfined' | 'obeyed'

/** What was answered. A denial carries a reason, for the agent; for a plan that is what to change. */
export type Decision =
  | { readonly verdict: 'approve' }
  | { readonly verdict: 'deny'; readonly reason: string }
  /** The answers to questions, by the question's id. */
  | { readonly verdict: 'reply'; readonly answers: Readonly<Record<string, readonly string[]>> }
