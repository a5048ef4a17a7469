import { visible } from './visible.ts'

/** Writes what came from people or from the machine into Discord markdown so that it shows as it is. */

const meansSomething = /[\\`*_~|<>[\]]/g
const blank = /[\p{Cc}\p{Z}]+/gu
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** A name or a sentence from outside, in one line, with nothing that Discord would draw, link or take for a mention. */
export function plain(text: string, limit = 200): string {
  return cut(oneLine(text), limit)
    .replace(meansSomething, '\\$&')
    .replace(/:(?=\/\/)/g, '\\:')
    .replace(/@(?=everyone|here)/gi, '@\u200b')
}

/** A path, a command or an id in code marks, in one line. Empty text stays empty: Discord shows bare marks as they are. */
export function code(text: string, limit = 200): string {
  const line = cut(oneLine(text), limit)
  if (line === '') return ''
  if (!line.includes('`')) return `\`${line}\``
  // Three marks would begin a code block, so only single backticks can stand between two marks.
  const tame = line.includes('``') ? line.replaceAll('`', 'ˋ') : line
  if (!tame.includes('`')) return `\`${tame}\``
  return `\`\`${tame.startsWith('`') ? ' ' : ''}${tame}${tame.endsWith('`') ? ' ' : ''}\`\``
}

/** The first `limit` UTF-16 units at most, whole graphemes, with an ellipsis when something was left out. */
export function cut(text: string, limit: number): string {
  if (text.length <= limit) return text
  let kept = ''
  // A grapheme can be made endlessly long by combining marks, so the look ahead is bounded too.
  for (const { segment } of graphemes.segment(text.slice(0, limit + 64))) {
    if (kept.length + segment.length > limit - 1) break
    kept += segment
  }
  return `${kept.trimEnd()}…`
}

/** What cannot be seen is written out: names and titles must not pass for others. */
function oneLine(text: string): string {
  return visible(text.replace(blank, ' ').trim())
}
