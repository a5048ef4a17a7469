import type { Decision } from './approval.ts'
import type { EpochMs } from './clock.ts'
import type { PersonId } from './ids.ts'
import type { ActionName, Tier } from './right.ts'

/** Why somebody was told no. Data, not text: the words come from locales, in the reader's language. */
export type Refusal =
  | { readonly code: 'not-allowed'; readonly action: ActionName; readonly tier: Tier; readonly needs: Tier }
  | { readonly code: 'no-session' }
  /** `name` null: it is one of a place that the person cannot see. */
  | { readonly code: 'session-exists'; readonly name: string | null }
  | { readonly code: 'name-taken'; readonly name: string }
  | { readonly code: 'name-invalid'; readonly name: string }
  | { readonly code: 'model-invalid'; readonly model: string }
  | { readonly code: 'workdir-outside'; readonly path: string; readonly roots: readonly string[] }
  | { readonly code: 'workdir-missing'; readonly path: string }
  | { readonly code: 'runtime-unknown'; readonly runtime: string; readonly known: readonly string[] }
  | { readonly code: 'account-unknown'; readonly account: string; readonly known: readonly string[] }
  /** `known`: those that are there. */
  | { readonly code: 'machine-unknown'; readonly machine: string; readonly known: readonly string[] }
  | { readonly code: 'machine-away'; readonly machine: string }
  | { readonly code: 'machine-draining'; readonly machine: string }
  /** No machine that takes sessions has that agent. */
  | { readonly code: 'machine-none'; readonly runtime: string }
  | { readonly code: 'runtime-unavailable'; readonly runtime: string; readonly detail: string }
  | { readonly code: 'queue-full'; readonly cap: number; readonly waiting: number }
  | { readonly code: 'person-queue-full'; readonly active: number; readonly cap: number; readonly waiting: number }
  | { readonly code: 'nothing-to-stop' }
  /** It has begun, or is over. */
  | { readonly code: 'not-waiting' }
  | { readonly code: 'prompt-empty' }
  | { readonly code: 'prompt-too-long'; readonly length: number; readonly limit: number }
  | { readonly code: 'skill-unknown'; readonly skill: string; readonly known: readonly string[] }
  | { readonly code: 'attachments-many'; readonly count: number; readonly limit: number }
  | { readonly code: 'attachment-large'; readonly name: string; readonly limit: number }
  /** It is nothing an agent can read; it did not come from Discord; our disk did not take it. */
  | { readonly code: 'attachment-unsuitable'; readonly name: string }
  | { readonly code: 'attachment-unread'; readonly name: string }
  | { readonly code: 'attachment-not-kept'; readonly name: string }
  | { readonly code: 'place-unsupported' }
  | { readonly code: 'draining' }
  /** git would not make a worktree. */
  | { readonly code: 'worktree-failed'; readonly detail: string }
  /** A session works in that working tree already, without a worktree of its own. */
  /** `name` as with `session-exists`. */
  | { readonly code: 'folder-taken'; readonly path: string; readonly name: string | null }
  /** The bot's own program lies there: no agent works on it directly. */
  | { readonly code: 'program-folder'; readonly path: string }
  /** Something lies in it that no box may show: the bot's data or settings, or the operator's whole home. */
  | { readonly code: 'folder-too-wide'; readonly path: string }
  | { readonly code: 'no-repository'; readonly path: string }
  | { readonly code: 'git-failed'; readonly detail: string }
  /** The session cannot be changed or sent on while a run of it is open. */
  | { readonly code: 'session-busy'; readonly name: string; readonly waiting: number }
  /** Its last run came to its end by itself, or there was none. */
  | { readonly code: 'nothing-to-resume'; readonly name: string }
  | { readonly code: 'session-unknown'; readonly name: string }
  /** The session that the place was attached to has ended; it is attached no more. */
  | { readonly code: 'attached-ended'; readonly name: string | null }
  | { readonly code: 'nothing-to-export' }
  | { readonly code: 'option-missing'; readonly option: string }
  /** A person was to be named, and an app was. */
  | { readonly code: 'person-is-app'; readonly name: string }
  /** `speaker`: who asked for it, when they may answer too; null: owners only. */
  | { readonly code: 'approval-not-yours'; readonly speaker: string | null }
  /** `by`: who was faster. */
  | { readonly code: 'approval-answered'; readonly by: string | null; readonly verdict: Decision['verdict'] }
  /** Some of a list are not theirs to answer: `count` of `of`. */
  | { readonly code: 'approvals-not-all-yours'; readonly count: number; readonly of: number }
  /** What it would run has changed since people were asked. */
  | { readonly code: 'approval-changed'; readonly files: readonly string[] }
  | {
      readonly code: 'approval-over'
      readonly why: 'withdrawn' | 'lost' | 'ended' | 'stopped' | 'unknown'
    }
  /** A question without an answer, by its text. */
  | { readonly code: 'answer-missing'; readonly question: string }
  /** The operator's configuration makes them an owner; no grant changes that. */
  | { readonly code: 'owner-by-configuration'; readonly person: PersonId }
  /** An owner of less than the scope they want to give a tier in. */
  | { readonly code: 'scope-too-wide'; readonly scope: 'thread' | 'channel' | 'global' }
  | { readonly code: 'action-unknown'; readonly action: string }
  /** It waited longer than may be (OMC_QUEUE_STALE_MS). */
  | { readonly code: 'expired'; readonly waitedMs: number }
  /** The run acts with the rights of somebody who is more than the person who would steer it. */
  | { readonly code: 'steer-above'; readonly tier: Tier; readonly needs: Tier }

/** What is the matter with the model's service: too many ask, it fails, nobody answers, it wants us slower. */
export type ServiceTrouble = 'overloaded' | 'failing' | 'unreachable' | 'slower'

/** Why a run ended without its answer. `detail` is the CLI's own word, in English, for the log and the curious. */
export type Trouble =
  | { readonly code: 'start-failed'; readonly detail: string }
  /** Its folder, or one that its worktree reads, lies under no root of its machine. */
  | { readonly code: 'beyond-roots'; readonly folder: string }
  | { readonly code: 'process-died'; readonly detail: string }
  /** An owner gave its machine up. */
  | { readonly code: 'machine-dropped'; readonly machine: string }
  | { readonly code: 'auth-failed'; readonly detail: string }
  | { readonly code: 'rate-limited'; readonly detail: string; readonly until: EpochMs | null }
  /** The quota is used up: such a run is parked, unless it was to stop anyway. */
  | {
      readonly code: 'quota-full'
      readonly detail: string
      readonly window: string | null
      readonly until: EpochMs | null
      /** The only model that it is about, where the window's name does not say so. Left out: the window says it. */
      readonly model?: string
    }
  /** The account serves nothing until a person does something about it. */
  | { readonly code: 'quota-ended'; readonly detail: string }
  | { readonly code: 'model-failed'; readonly detail: string; readonly status: number | null }
  /** Of the model's service, and over in a while: it is tried again before anybody is told this. */
  | { readonly code: 'service-busy'; readonly detail: string; readonly why: ServiceTrouble }
  /** The conversation is larger than what the model takes; after it was set aside once, the prompt alone is. */
  | { readonly code: 'context-full'; readonly detail: string }
  /** The prompt or a file of it is more than the service takes. */
  | { readonly code: 'too-large'; readonly detail: string }
  /** The model, or the rules of its makers, would not answer this. */
  | { readonly code: 'model-declined'; readonly detail: string }
  | { readonly code: 'model-unknown'; readonly detail: string }
  /** The CLI ended the turn itself: too many steps, a hook, a budget of its own. */
  | { readonly code: 'turn-limit'; readonly detail: string }
  | { readonly code: 'conversation-gone'; readonly detail: string }
  | { readonly code: 'silent'; readonly seconds: number }
  | { readonly code: 'flooded'; readonly detail: string }
  | { readonly code: 'lost-too-often'; readonly times: number }
  /** What the speaker was when they asked is more than what they are now that it would begin. */
  | { readonly code: 'rights-changed'; readonly was: Tier; readonly now: Tier }

/**
 * An error that names its kind: somebody said no (`refused`), the wire or the world failed (`wire`), or we are
 * wrong (`bug`). The message says what to do; the cause is kept.
 */
export class Problem extends Error {
  readonly kind: 'refused' | 'wire' | 'bug'

  constructor(kind: 'refused' | 'wire' | 'bug', message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'Problem'
    this.kind = kind
  }
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
