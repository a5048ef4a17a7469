import { asRead, lettersOf, looseForms, placesOf } from './secret-gathered.ts'
import { secretNames, secretRules } from './secret-rules.ts'

/** Finds secrets in what is about to leave the machine, and hides them. */
export interface SecretScan {
  /**
   * The text with every secret blotted out, at the same length, so that offsets into it still hold.
   * `open`: more of the text will come, so an end that may be the beginning of a secret is hidden, too. So it is before
   * every ellipsis: what was shortened there was not looked through before.
   */
  mask(text: string, open?: boolean): Masked
}

/** A text as it may leave. */
export interface Masked {
  readonly text: string
  /** What was hidden, in order; a beginning that may become one is not among them. */
  readonly hits: readonly SecretHit[]
}

/** A secret that was found. */
export interface SecretHit {
  /** Which kind, for people. */
  readonly rule: string
  readonly value: string
}

/** Takes the place of each sign of a secret. One UTF-16 unit, and nothing that Discord reads as markup. */
const blot = '•'
/** Shorter values of our own would tear holes into innocent words. */
const ownLeast = 8
/** The kind of those that are the bot's own: nobody is shown them, whoever asks. */
export const ownSecret = 'a secret of this bot'
/** So much of a beginning is shown before it counts as one. */
const beginLeast = 4

interface Span {
  readonly start: number
  readonly end: number
  readonly rule: string | null
}

/** `own`: the operator's own secrets by value, as they are now (asked each time; give the same array while they stay). */
export function secretScan(own: () => readonly string[]): SecretScan {
  let known: readonly string[] = []
  let forms: readonly string[] = []
  let loose: readonly string[] = []
  const formsNow = (): readonly string[] => {
    const values = own()
    if (values !== known) {
      known = values
      const long = values.filter((value) => value.length >= ownLeast)
      forms = [...new Set(long.flatMap(formsOf))]
      loose = [...new Set(long.flatMap((value) => looseForms(value, formsOf(value))))]
    }
    return forms
  }
  return {
    mask(text, open = false) {
      if (text.length < ownLeast && !open) return { text, hits: [] }
      const whole = looked(text, formsNow(), open)
      const read = asRead(text)
      const also = read === null ? nothing : placed(looked(read.text, forms, open), read.at)
      const broken = loose.length === 0 ? nothing : brokenUp(text, loose, open)
      const spans = [...whole.spans, ...also.spans, ...broken.spans]
      const all = joined([...spans, ...whole.ends, ...also.ends, ...broken.ends])
      if (all.length === 0) return { text, hits: [] }
      return {
        text: blotted(text, all),
        hits: joined(spans).map(({ start, end, rule }) => ({ rule: rule ?? '', value: text.slice(start, end) })),
      }
    },
  }
}

/** What is hidden of a text: secrets, and ends that may become one. */
interface Looked {
  readonly spans: readonly Span[]
  readonly ends: readonly Span[]
}

const nothing: Looked = { spans: [], ends: [] }

function looked(text: string, forms: readonly string[], open: boolean): Looked {
  return {
    spans: [
      ...ownSpans(text, forms),
      ...keySpans(text, open),
      ...shapedSpans(text),
      ...namedSpans(text),
      ...addressSpans(text),
    ],
    ends: [...(open ? beginnings(text, forms) : []), ...shortened(text, forms)],
  }
}

/** Our own by their letters alone, wherever they are broken up. */
function brokenUp(text: string, loose: readonly string[], open: boolean): Looked {
  const letters = lettersOf(text)
  const spans = ownSpans(letters, loose)
  const ends = open ? begunForms(letters, loose, looseBeginLeast) : []
  return spans.length + ends.length === 0 ? nothing : placed({ spans, ends }, placesOf(text))
}

/** Where it stands in the text that the signs at these places were taken from. */
function placed({ spans, ends }: Looked, at: Int32Array): Looked {
  const move = ({ start, end, rule }: Span): Span => ({ start: at[start] ?? 0, end: (at[end - 1] ?? 0) + 1, rule })
  return { spans: spans.map(move), ends: ends.map(move) }
}

/** So much of a text as may leave: of a secret that is cut there, nothing is shown either. */
export function beginningOf(text: string, most: number, scan: SecretScan): string {
  return scan.mask(text.slice(0, most), text.length > most).text
}

/** A value as it is, and as it is written where it was wrapped up: in an address, in JSON, in base64, in hex. */
function formsOf(value: string): readonly string[] {
  const bytes = new TextEncoder().encode(value)
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  // Where it stands within three bytes is not known; what depends on its neighbours is cut off.
  const base64 = [0, 1, 2].map((shift) => {
    const whole = btoa(String.fromCharCode(...new Uint8Array(shift), ...bytes)).replaceAll('=', '')
    return whole.slice(shift === 0 ? 0 : shift + 1, (bytes.length + shift) % 3 === 0 ? undefined : -1)
  })
  const wrapped = [encodeURIComponent(value), JSON.stringify(value).slice(1, -1), hex, ...base64]
  return [value, ...wrapped, ...base64.map((each) => each.replaceAll('+', '-').replaceAll('/', '_'))].filter(
    (form) => form.length >= ownLeast,
  )
}

/** So much of a beginning counts as one where everything between its signs is passed over. */
const looseBeginLeast = 8

function ownSpans(text: string, forms: readonly string[]): Span[] {
  return forms.flatMap((form) => {
    const spans: Span[] = []
    for (let at = text.indexOf(form); at !== -1; at = text.indexOf(form, at + form.length)) {
      spans.push({ start: at, end: at + form.length, rule: ownSecret })
    }
    return spans
  })
}

const keyBegins = /-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY/g
const keyEnds = /-----END [A-Z0-9 ]{0,60}-----/g
/** No key is longer. */
const keyMost = 20_000

/** Rows of one whose end was cut off, also where they are quoted, or written in one line. */
const keyRows = /[^\n\\]{0,30}?-----(?:[\s>]{0,6}(?:\\[rn]){0,2}[A-Za-z0-9+/=]{16,100}){1,300}/y

/** Private keys in their armour, from the first line to the last, as far as it is there; one whose end will come is `beginnings`'. */
function keySpans(text: string, open: boolean): Span[] {
  const ends = [...text.matchAll(keyEnds)].map((match) => match.index + match[0].length)
  let next = 0
  return [...text.matchAll(keyBegins)].flatMap(({ index: start }) => {
    while ((ends[next] ?? Number.POSITIVE_INFINITY) <= start) next++
    const end = ends[next]
    if (end !== undefined && end - start <= keyMost) return [{ start, end, rule: 'private key' }]
    if (open) return []
    keyRows.lastIndex = start + '-----BEGIN '.length
    return keyRows.test(text) ? [{ start, end: keyRows.lastIndex, rule: 'private key' }] : []
  })
}

/**
 * Where a key may begin: not within a word. Signs that are written as letters are none: a new line in JSON, a sign in an
 * address, a colour of the terminal.
 */
const fresh = String.raw`(?:(?<![A-Za-z0-9_])|(?<=\\(?:[nrtbfv0]|u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2})|%[0-9A-Fa-f]{2}|\[[\d;]{0,12}m))`

/** One pass for all of them: which one it is, is told by the group that matched. */
const shaped = new RegExp(`${fresh}(?:${secretRules.map(({ pattern }) => `(${pattern})`).join('|')})`, 'g')

function shapedSpans(text: string): Span[] {
  return [...text.matchAll(shaped)].map((match) => {
    const rule = secretRules[match.findIndex((group, at) => at > 0 && group !== undefined) - 1]
    return { start: match.index, end: match.index + match[0].length, rule: rule?.name ?? null }
  })
}

const anyCase = (source: string): string =>
  source.replaceAll(/(?<!\\)[a-z]/g, (letter) => `[${letter}${letter.toUpperCase()}]`)
/** A name that ends in such a word or goes on after it (`authToken`, `TOKEN_2`), not one that it is only part of (`author`). */
const name = `(?:${secretNames.map(anyCase).join('|')})(?![a-rt-z])[\\w.-]{0,24}`
/** Also as JSON writes it within JSON. */
const quote = String.raw`(?:\\{0,3}["'\x60])?`
const scheme = `(?:${['bearer', 'basic', 'bot', 'token'].map(anyCase).join('|')})[ \\t]{1,4}`
const named = new RegExp(
  `${name}${quote}[ \\t]{0,4}(?:=>|:=|=|:)[ \\t]{0,4}${quote}(?:${scheme})?([\\w+/=.~!@#$%^&*-]{12,512})`,
  'g',
)
/** As in `.netrc`, in one line or in several, also where JSON writes those. */
const gap = String.raw`(?:\s|\\[nrt]){1,20}`
const login = String.raw`(?:\b|(?<=\\[nrt]))login${gap}[^\s\\]{1,100}${gap}password${gap}`
const netrc = new RegExp(`${login}([^\\s"'\\\\]{6,200})`, 'g')

function namedSpans(text: string): Span[] {
  return [
    ...[...text.matchAll(named)].filter(([, value = '']) => isRandom(value)),
    ...[...text.matchAll(netrc)].filter(([, value = '']) => !isPlaceholder(value)),
  ].map((match) => {
    const [whole, value = ''] = match
    const end = match.index + whole.length
    return { start: end - value.length, end, rule: 'something that is called a secret' }
  })
}

const address =
  /(?:(?<![a-z0-9.])(?<![a-z0-9.][+-])|(?<=\[[\d;]{0,12}m))[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:/@"'`<>]{0,100}:([^\s/@"'`<>]{6,256})@([\w.-]{1,253})/gi

/** Passwords in addresses, but for those that everybody uses on their own machine. */
function addressSpans(text: string): Span[] {
  return [...text.matchAll(address)].flatMap((match) => {
    const [whole, password = '', host = ''] = match
    const isLocal = /^(?:localhost|127\.|0\.0\.0\.0|host\.docker\.internal|db|postgres|redis|mysql)/i.test(host)
    if (isPlaceholder(password) || (isLocal && !isRandom(password))) return []
    const end = match.index + whole.length - host.length - 1
    return [{ start: end - password.length, end, rule: 'a password in an address' }]
  })
}

/** What stands where a value will be put: examples, variables, calls. */
function isPlaceholder(value: string): boolean {
  return (
    /^[$%{<[]|\$\{|\{\{|process\.env|os\.environ|getenv|import\.meta/.test(value) ||
    /your|example|changeme|placeholder|redacted|dummy|sample|hidden|undefined|password|xxxx|\*{3}|\.{3}|•{3}/i.test(
      value,
    )
  )
}

/** Whether nobody would have made this up as a word: signs of several kinds, spread as by chance. */
function isRandom(value: string): boolean {
  if (isPlaceholder(value)) return false
  // Names are words with signs between them, and perhaps a number at the end.
  if (value.split(/[^A-Za-z0-9]+/).every((part) => /^(?:[A-Za-z]*|[A-Z]?[a-z]+\d{0,4}|\d{1,4})$/.test(part))) {
    return /^[A-Za-z]{24,}$/.test(value) && bitsPerSign(value) >= 4.2
  }
  // camelCase and dates.
  if (/^[a-z]+(?:[A-Z][a-z]+)*\d{0,3}$/.test(value) || /^\d{4}-\d\d-\d\dT/.test(value)) return false
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z0-9]/].filter((kind) => kind.test(value)).length
  return kinds >= 2 && /\d/.test(value) && bitsPerSign(value) >= (value.length >= 20 ? 3.3 : 3)
}

function bitsPerSign(value: string): number {
  const counts = new Map<string, number>()
  for (const sign of value) counts.set(sign, (counts.get(sign) ?? 0) + 1)
  return [...counts.values()].reduce((sum, count) => sum - (count / value.length) * Math.log2(count / value.length), 0)
}

const begins = secretRules.flatMap((rule) => rule.begins ?? [])
const tails = new RegExp(`${fresh}(?:${begins.join('|')})[\\w+/=.:-]*$`)

/** Of what is assigned to a name, or stands in an address, the value so far. */
const valueTails = [
  new RegExp(`${name}${quote}[ \\t]{0,4}(?:=>|:=|=|:)[ \\t]{0,4}${quote}(?:${scheme})?([\\w+/=.~!@#$%^&*-]{4,512})$`),
  /:\/\/[^\s:/@"'`<>]{0,100}:(?!\d{1,5}$)([^\s/@"'`<>]{4,256}@?)$/,
  new RegExp(`${login}([^\\s"'\\\\]{4,200})$`),
]

/** The end of a text that goes on, where it may be the beginning of a secret. */
function beginnings(text: string, forms: readonly string[]): Span[] {
  const end = text.length
  const last = text.slice(-600)
  const shapedTail = tails.exec(last)
  const key = text
    .slice(-keyMost)
    .search(/-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?![^]*-----END [A-Z0-9 ]{0,60}-----)/)
  const lengths = [
    ...(shapedTail === null ? [] : [last.length - shapedTail.index]),
    ...(key === -1 ? [] : [Math.min(end, keyMost) - key]),
    ...valueTails.flatMap((tail) => tail.exec(last)?.[1]?.length ?? []),
  ]
  const begun = lengths.map((length) => ({ start: end - length, end, rule: null }))
  return [...begun, ...begunForms(text, forms, beginLeast)]
}

/** The end of a text that is the beginning of one of our own. */
function begunForms(text: string, forms: readonly string[], least: number): Span[] {
  const end = text.length
  const last = text.at(-1)
  return forms.flatMap((form) => {
    for (let length = Math.min(form.length - 1, end); length >= least; length--) {
      if (form[length - 1] === last && text.endsWith(form.slice(0, length)))
        return [{ start: end - length, end, rule: null }]
    }
    return []
  })
}

/** Alone it says nothing: `sk-ant-…`, `sk-ant-api03-…` is how people write of keys. */
const onlyBegins = new RegExp(`^(?:${begins.join('|')})(?:[a-z]{2,6}\\d\\d-)?$`)

/** What may stand between a text and its ellipsis. */
const closing = /[\s`]{1,20}$/

/** What stands before each ellipsis, where it may be the beginning of a secret. Each part is looked at once. */
function shortened(text: string, forms: readonly string[]): Span[] {
  const spans: Span[] = []
  for (let from = 0, at = text.indexOf('…'); at !== -1; from = at + 1, at = text.indexOf('…', from)) {
    for (const { start, end, rule } of beginnings(text.slice(from, at).replace(closing, ''), forms)) {
      const span = { start: from + start, end: from + end, rule }
      const begun = text.slice(span.start, span.end)
      if (!onlyBegins.test(begun) && !isPlaceholder(begun)) spans.push(span)
    }
  }
  return spans
}

/** In order, with those that overlap as one. */
function joined(spans: readonly Span[]): readonly Span[] {
  const all: Span[] = []
  for (const span of spans.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const before = all.at(-1)
    if (before === undefined || span.start >= before.end) all.push(span)
    else all[all.length - 1] = { ...before, end: Math.max(before.end, span.end), rule: ruleOf(before, span) }
  }
  return all
}

/** What holds a secret of the bot's own is the bot's own, whatever it looks like. */
function ruleOf(first: Span, second: Span): string | null {
  return second.rule === ownSecret ? ownSecret : (first.rule ?? second.rule)
}

/** Lines and what is between them stay, so that a block stays a block. */
function blotted(text: string, spans: readonly Span[]): string {
  const parts: string[] = []
  let from = 0
  for (const { start, end } of spans) {
    parts.push(text.slice(from, start), text.slice(start, end).replace(/[^\s]/g, blot))
    from = end
  }
  return parts.join('') + text.slice(from)
}
