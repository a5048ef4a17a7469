import type { SecretScan } from '../../core/secret-scan.ts'

/** The end of a text, as it may leave. */
export interface TextEnd {
  /** Where it begins, as an offset into the whole text. */
  readonly from: number
  readonly text: string
}

/** So much is shown of a text that grows. */
export const shownAtMost = 3_000
/** A line that is longer than this is shown from where it has a blank. */
const longLine = 2_000
/** What stands before a value says that it is a secret: so much is looked at before what is shown. */
const lookedBefore = 2_000
/** No key in its armour is longer: see core/secret-scan. */
const longKey = 20_000

/**
 * The end of a text with its secrets hidden. It never begins within something that the scan would have known by its
 * beginning: neither within a word, nor within a key of many lines. `open`: more of it will come.
 */
export function tailOf(text: string, scan: SecretScan, open: boolean): TextEnd {
  const from = beginOf(text)
  const begin = Math.max(0, from - lookedBefore)
  return { from, text: scan.mask(text.slice(begin), open).text.slice(from - begin) }
}

function beginOf(text: string): number {
  if (text.length <= shownAtMost) return 0
  const least = text.length - shownAtMost
  const line = text.indexOf('\n', least)
  const near = line !== -1 && line < least + longLine ? line + 1 : afterBlank(text, least)
  const key = text.slice(Math.max(0, near - longKey), near).lastIndexOf('-----BEGIN ')
  if (key === -1) return near
  const begin = Math.max(0, near - longKey) + key
  return text.slice(begin, near).includes('-----END ') ? near : begin
}

function afterBlank(text: string, least: number): number {
  const blank = text.slice(least).search(/\s/)
  return blank === -1 ? text.length : least + blank + 1
}

/** What a reader who has `before` needs to have `now`: from that offset on, this is the text. Null: nothing. */
export function newOf(before: TextEnd | null, now: TextEnd): (TextEnd & { readonly at: number }) | null {
  if (before === null) return { ...now, at: now.from }
  if (before.from === now.from && before.text === now.text) return null
  let at = Math.max(before.from, now.from)
  const end = Math.min(before.from + before.text.length, now.from + now.text.length)
  while (at < end && before.text[at - before.from] === now.text[at - now.from]) at++
  if (at < now.from || at > now.from + now.text.length) at = now.from
  return { from: now.from, at, text: now.text.slice(at - now.from) }
}
