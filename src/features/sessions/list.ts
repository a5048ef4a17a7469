import type { State } from '../../core/lifecycle.ts'
import type { Place } from '../../core/place.ts'
import type { Session } from '../../core/session.ts'
import { clockTime, moment } from '../../core/durations.ts'
import { code, plain } from '../../core/markdown.ts'
import type { SessionOverview } from './service.ts'

/** The words of one language that the list of sessions is put together from. */
export interface ListWords {
  readonly state: Readonly<Record<State, string>>
  readonly idle: string
  readonly directMessage: string
  /** It works in a folder itself. */
  readonly itself: string
  whereabouts(session: Session): string
  waiting(count: number): string
}

/**
 * A session in two short lines:
 *
 *     ● **shop** · Working 0:42 · 2 waiting · <#place>
 *     claude · opus · `~/projects/shop` · <@owner> · <started>
 */
export function sessionLine(overview: SessionOverview, now: number, words: ListWords): string {
  const { session, state, waiting } = overview
  const doing = state === null ? words.idle : `${words.state[state]} ${clockTime(now - overview.since)}`
  const first = [
    `${state === null ? '✓' : state === 'asking' ? '?' : '●'} **${plain(session.name, 32)}**`,
    doing,
    waiting === 0 ? '' : words.waiting(waiting),
    where(session.place, words),
  ]
  const second = [
    plain(session.runtime, 32),
    session.model === null ? '' : code(session.model, 60),
    words.whereabouts(session),
    session.worktree === null ? words.itself : '',
    `<@${session.owner}>`,
    moment(session.startedAt, 'R'),
  ]
  return `${first.filter(Boolean).join(' · ')}\n${second.filter(Boolean).join(' · ')}`
}

function where(place: Place, words: ListWords): string {
  return place.kind === 'dm' ? words.directMessage : `<#${place.id}>`
}
