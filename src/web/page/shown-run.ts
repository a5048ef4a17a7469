import type { SessionId } from '../../core/ids.ts'
import { beginningOf } from '../../core/secret-scan.ts'
import { textOf } from '../../core/view.ts'
import type { PageDoors } from './doors.ts'
import type { LiveRun } from './live-runs.ts'
import { clean, linkTo } from './overview.ts'
import { tailOf, type TextEnd } from './tail.ts'

/** A run as the page shows it: what is said of it, and the end of its answer. */
export interface ShownRun {
  readonly about: object
  readonly tail: TextEnd
}

/** One run with its secrets hidden. `session`: what it is called. */
export function shownRun({ view }: LiveRun, session: string, doors: PageDoors): ShownRun {
  const { id, prompt, run, steps, askedAt, startedAt, endedAt, outcome } = view
  const step = steps.findLast(({ phase }) => phase === 'begun') ?? steps.at(-1)
  const usage = outcome?.usage ?? view.before
  return {
    about: {
      id,
      session,
      by: prompt.speaker.name,
      letter: prompt.letter?.from ?? null,
      text: beginningOf(prompt.text, 300, doors.scan),
      where: linkTo(prompt.place),
      state: run.state,
      outcome: outcome?.kind ?? (endedAt === null ? null : 'stopped'),
      step: step === undefined ? null : { tool: step.action.tool, title: clean(step.action.title, doors) },
      steps: steps.length,
      tokens: usage.inputTokens + usage.outputTokens,
      costUsd: usage.costUsd,
      askedAt,
      startedAt,
      endedAt,
    },
    tail: tailOf(textOf(view), doors.scan, endedAt === null),
  }
}

/** Names of sessions by their ids, each read once. */
export class SessionNames {
  readonly #vault: PageDoors['vault']
  readonly #names = new Map<SessionId, string>()

  constructor({ vault }: PageDoors) {
    this.#vault = vault
  }

  async of(id: SessionId): Promise<string> {
    const known = this.#names.get(id)
    if (known !== undefined) return known
    const name = (await this.#vault.session(id))?.name ?? ''
    // More than there are sessions at work in a day.
    if (this.#names.size > 1_000) this.#names.clear()
    this.#names.set(id, name)
    return name
  }
}
