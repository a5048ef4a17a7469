const waits = [0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600, 4 * 3600]
const moments = [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 5]

/**
 * Everything that is counted, by its name at `/metrics` (there `omc_…`), with its help and its labels. A new one is a line
 * here and a line where it happens.
 */
export const counts = {
  prompts_total: ['Prompts that were taken'],
  runs_ended_total: [
    'Runs that are over, by what became of them: done, stopped, refused, or the code of a trouble',
    'outcome',
  ],
  attempts_lost_total: [
    'Attempts that were begun anew: the process or the conversation was gone, or the account rested',
    'why',
  ],
  approvals_total: ['Questions of agents: asked, and what became of them', 'state'],
  tool_calls_total: ['Calls of our own tools', 'tool'],
  tokens_total: ['Tokens that were used', 'person', 'model', 'kind'],
  cost_dollars_total: ['What agents say it costs, at list prices', 'person', 'model'],
  discord_calls_total: [
    'Calls to Discord, by what was asked and the status; 0: no answer came, 429: we were told to wait',
    'call',
    'status',
  ],
  secrets_hidden_total: ['Secrets that were hidden on their way out, by their kind', 'rule'],
  store_failures_total: ['Commits that failed; they are tried again'],
} as const satisfies Readonly<Record<string, readonly [help: string, ...labels: string[]]>>

/** Everything whose length is told, in seconds, with its help and the bounds of its buckets. */
export const spans = {
  queue_wait_seconds: ['From a prompt to its first admission', waits],
  run_seconds: ['From the first admission of a run to its end', waits],
  approval_wait_seconds: ['From a question to its answer by a person', waits],
  discord_call_seconds: ['From a call to Discord to its answer', moments],
  store_commit_seconds: ['How long what is kept takes to be on the disk', moments],
} as const satisfies Readonly<Record<string, readonly [help: string, buckets: readonly number[]]>>

/** What is counted, by name. */
export type Count = keyof typeof counts
/** What lasts, by name. */
export type Span = keyof typeof spans
/** Values for all labels of a count. */
export type CountLabels<Name extends Count> = (typeof counts)[Name] extends readonly [string, ...infer Labels]
  ? Readonly<Record<Extract<Labels[number], string>, string>>
  : never

/** Told by every part what happens, for whoever counts. Contract: never throws, and costs next to nothing. */
export interface Meter {
  /** It happened, once or so many times. */
  count<Name extends Count>(name: Name, labels: CountLabels<Name>, times?: number): void
  /** It lasted so many milliseconds; less than none is none (somebody has set the clock). */
  lasted(name: Span, ms: number): void
}

/** Counts nothing. */
export const noMeter: Meter = { count: () => {}, lasted: () => {} }

/** Hands on to whoever counts, from the moment on when they are there: they are loaded beside the start. */
export class LateMeter implements Meter {
  to: Meter = noMeter

  count<Name extends Count>(...told: Parameters<typeof this.to.count<Name>>): void {
    this.to.count(...told)
  }

  lasted(...told: Parameters<Meter['lasted']>): void {
    this.to.lasted(...told)
  }
}
