import type { CallBudget, Deed } from '../core/pace.ts'

/** What a write is for, the most urgent first. */
export const urgencies = ['end', 'question', 'first', 'growth', 'card'] as const
/**
 * The end of an answer · something that somebody waits for · the first words of an answer · more of its words · what only
 * counts seconds and places.
 */
export type Urgency = (typeof urgencies)[number]

/** Somebody wants to write to a place. */
export interface WriteWish {
  readonly deed: Deed
  readonly urgency: Urgency
}

/** How it is in a place now. */
export interface PlacePace {
  /** What Discord leaves for this deed here. */
  readonly budget: CallBudget
  /** What it leaves for the bot as a whole. */
  readonly total: CallBudget
  /** Runs at work here: the end of each needs an edit. */
  readonly atWork: number
  /** Ends that are likely to come before the window is over, of runs that wait for their turn here. */
  readonly endsToCome: number
  /** Since anything was written here, in milliseconds. */
  readonly sinceWriteMs: number
  /** Since the last edit here, in milliseconds. */
  readonly sinceEditMs: number
}

/** The least time between two edits of growing text, and of cards. */
export interface LeastBetween {
  readonly growEveryMs: number
  readonly cardEveryMs: number
}

/**
 * Calls of the bot, in any second, that are left for what is more urgent, in however many places at once: first of all for
 * the answers of commands, which wait for nobody's turn.
 */
const keptOfTotal: Readonly<Record<Urgency, number>> = { question: 5, end: 6, first: 18, growth: 28, card: 28 }

/**
 * How long a write waits, in milliseconds; 0: it may go out now. Pure.
 *
 * Ends and questions go while anything is left. What only grows leaves an edit for the end of each run at work and of
 * those that will be by then, and
 * spreads what remains over the rest of the window, so that it flows evenly whether windows stand or slide.
 */
export function waitOf({ deed, urgency }: WriteWish, place: PlacePace, least: LeastBetween): number {
  const { budget, total, sinceWriteMs, sinceEditMs } = place
  const isPatient = urgency === 'growth' || urgency === 'card'
  if (total.remaining <= keptOfTotal[urgency]) return Math.max(1, total.nextInMs)
  const spare = budget.remaining - Math.min(budget.limit - 1, keptOf(deed, urgency, place))
  if (spare <= 0) return Math.max(1, budget.nextInMs)
  if (deed !== 'edit' || !isPatient) return 0
  const apart = urgency === 'growth' ? least.growEveryMs : least.cardEveryMs
  const even = budget.fullInMs === 0 ? 0 : (budget.fullInMs + sinceEditMs) / (spare + 1)
  return Math.max(0, apart - sinceWriteMs, even - sinceEditMs)
}

/** How many calls a write leaves for what is more urgent: one post for a question, an edit for each run's end. */
function keptOf(deed: Deed, urgency: Urgency, { atWork, endsToCome }: PlacePace): number {
  switch (deed) {
    case 'remove':
      return 0
    case 'post':
      return urgency === 'question' ? 0 : urgency === 'card' ? 2 : 1
    case 'edit':
      if (urgency === 'end') return 0
      if (urgency === 'question') return Math.min(1, atWork)
      return Math.max(1, atWork) + endsToCome + (urgency === 'card' ? 1 : 0)
  }
}
