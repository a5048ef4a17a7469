import type { EpochMs } from './clock.ts'
import type { ActionName, Tier } from './right.ts'

/** Why somebody was told no. Data, not text: the words come from locales, in the reader's language. */
export type Refusal =
  | { readonly code: 'not-allowed'; readonly action: ActionName; readonly tier: Tier; readonly needs: Tier }
  | { readonly code: 'no-session' }
  | { readonly code: 'session-exists'; readonly name: string }
  | { readonly code: 'name-taken'; readonly name: string }
  | { readonly code: 'name-invalid'; readonly name: string }
  | { readonly code: 'workdir-outside'; readonly path: string; readonly roots: readonly string[] }
  | { readonly code: 'workdir-missing'; readonly path: string }
  | { readonly code: 'runtime-unknown'; readonly runtime: string; readonly known: readonly string[] }
  | { readonly code: 'runtime-unavailable'; readonly runtime: string; readonly detail: string }
  | { readonly code: 'queue-full'; readonly cap: number; readonly waiting: number }
  | { readonly code: 'person-queue-full'; readonly active: number; readonly cap: number; readonly waiting: number }
  | { readonly code: 'nothing-to-stop' }
  | { readonly code: 'prompt-empty' }
  | { readonly code: 'prompt-too-long'; readonly length: number; readonly limit: number }
  | { readonly code: 'place-unsupported' }
  | { readonly code: 'draining' }
  /** git would not make a worktree. */
  | { readonly code: 'worktree-failed'; readonly detail: string }
  /** A session works in that working tree already, without a worktree of its own. */
  | { readonly code: 'folder-taken'; readonly path: string; readonly name: string }
  | { readonly code: 'no-repository'; readonly path: string }
  | { readonly code: 'git-failed'; readonly detail: string }
  /** The session cannot be changed or sent on while a run of it is open. */
  | { readonly code: 'session-busy'; readonly name: string; readonly waiting: number }
  /** Its last run came to its end by itself, or there was none. */
  | { readonly code: 'nothing-to-resume'; readonly name: string }
  | { readonly code: 'session-unknown'; readonly name: string }
  /** The session that the place was attached to has ended; it is attached no more. */
  | { readonly code: 'attached-ended'; readonly name: string }
  | { readonly code: 'nothing-to-export' }
  | { readonly code: 'option-missing'; readonly option: string }

/** Why a run ended without its answer. `detail` is the CLI's own word, in English, for the log and the curious. */
export type Trouble =
  | { readonly code: 'start-failed'; readonly detail: string }
  | { readonly code: 'process-died'; readonly detail: string }
  | { readonly code: 'auth-failed'; readonly detail: string }
  | { readonly code: 'rate-limited'; readonly detail: string; readonly until: EpochMs | null }
  | { readonly code: 'model-failed'; readonly detail: string; readonly status: number | null }
  | { readonly code: 'conversation-gone'; readonly detail: string }
  | { readonly code: 'silent'; readonly seconds: number }
  | { readonly code: 'flooded'; readonly detail: string }
  | { readonly code: 'lost-too-often'; readonly times: number }

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
