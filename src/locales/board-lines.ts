import type { WallboardLine } from '../core/wallboard.ts'
import type { State } from '../core/lifecycle.ts'
import { moment } from '../core/durations.ts'
import { plain } from '../core/markdown.ts'

/** The words of one language that a board is put together from. */
export interface BoardWords {
  readonly title: string
  readonly nothing: string
  readonly state: Readonly<Record<State, string>>
  /** What the link to the message that asked is called. */
  readonly show: string
  more(count: number): string
}

/** Discord takes 2,000 characters; the line that counts the rest must fit as well. */
const budget = 1850

/**
 * A board, one line a run, as many as fit one message. Times are Discord's own, which count by themselves, so that a
 * board needs no edit for time that passes:
 *
 *     ● **shop** · Working · @alice · 2 minutes ago · <#place> · [Show](…)
 */
export function boardText(lines: readonly WallboardLine[], guild: string, words: BoardWords): string {
  if (lines.length === 0) return `${words.title}\n${words.nothing}`
  const texts: string[] = [words.title]
  let length = words.title.length
  for (const [at, line] of lines.entries()) {
    const text = boardLine(line, guild, words)
    if (length + text.length + 1 > budget) {
      texts.push(words.more(lines.length - at))
      break
    }
    texts.push(text)
    length += text.length + 1
  }
  return texts.join('\n')
}

function boardLine(
  { session, state, speaker, since, place, message }: WallboardLine,
  guild: string,
  words: BoardWords,
): string {
  const sign = state === 'asking' ? '?' : state === 'stopping' ? '■' : state === 'parked' ? '⏸' : '●'
  const link = message === null ? '' : `[${words.show}](https://discord.com/channels/${guild}/${place}/${message})`
  const parts = [
    `${sign} **${plain(session, 32)}**`,
    words.state[state],
    `@${plain(speaker, 40)}`,
    moment(since, 'R'),
    `<#${place}>`,
    link,
  ]
  return parts.filter(Boolean).join(' · ')
}
