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
  whereabouts(session: Session): string
  waiting(count: number): string
  more(count: number): string
}

/** Discord takes 2,000 characters; the line that counts the rest must fit as well. */
const budget = 1900

/**
 * The sessions, two short lines each, as many as fit one message:
 *
 *     ● **shop** · Working 0:42 · 2 waiting · <#place>
 *     claude · opus · `~/projects/shop` · <@owner> · <started>
 */
export function sessionLines(sessions: readonly SessionOverview[], now: number, words: ListWords): string {
  const lines: string[] = []
  let length = 0
  for (const [at, overview] of sessions.entries()) {
    const text = sessionLine(overview, now, words)
    if (length + text.length + 1 > budget) {
      lines.push(words.more(sessions.length - at))
      break
    }
    lines.push(text)
    length += text.length + 1
  }
  return lines.join('\n')
}

function sessionLine(overview: SessionOverview, now: number, words: ListWords): string {
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
    `<@${session.owner}>`,
    moment(session.startedAt, 'R'),
  ]
  return `${first.filter(Boolean).join(' · ')}\n${second.filter(Boolean).join(' · ')}`
}

function where(place: Place, words: ListWords): string {
  return place.kind === 'dm' ? words.directMessage : `<#${place.id}>`
}
