import { secretNames, secretRules } from './secret-rules.ts'

/** Finds secrets in what is about to leave the machine, and hides them. */
export interface SecretScan {
  /**
   * The text with every secret blotted out, at the same length, so that offsets into it still hold.
   * `open`: more of the text will come, so an end that may be the beginning of a secret is hidden, too.
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
  const formsNow = (): readonly string[] => {
    const values = own()
    if (values !== known) {
      known = values
      forms = [...new Set(values.filter((value) => value.length >= ownLeast).flatMap(formsOf))]
    }
    return forms
  }
  return {
    mask(text, open = false) {
      if (text.length < ownLeast && !open) return { text, hits: [] }
      const spans = [
        ...ownSpans(text, formsNow()),
        ...keySpans(text),
        ...shapedSpans(text),
        ...namedSpans(text),
        ...addressSpans(text),
      ]
      const ends = open ? beginnings(text, formsNow()) : []
      const all = joined([...spans, ...ends])
      if (all.length === 0) return { text, hits: [] }
      return {
        text: all.reduce((masked, span) => blotted(masked, span), text),
        hits: joined(spans).map(({ start, end, rule }) => ({ rule: rule ?? '', value: text.slice(start, end) })),
      }
    },
  }
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

function ownSpans(text: string, forms: readonly string[]): Span[] {
  return forms.flatMap((form) => {
    const spans: Span[] = []
    for (let at = text.indexOf(form); at !== -1; at = text.indexOf(form, at + form.length)) {
      spans.push({ start: at, end: at + form.length, rule: 'a secret of this bot' })
    }
    return spans
  })
}

const keyBegins = /-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY/g
const keyEnds = /-----END [A-Z0-9 ]{0,60}-----/g
/** No key is longer. */
const keyMost = 20_000

/** Private keys in their armour, from the first line to the last. */
function keySpans(text: string): Span[] {
  const ends = [...text.matchAll(keyEnds)].map((match) => match.index + match[0].length)
  let next = 0
  return [...text.matchAll(keyBegins)].flatMap(({ index: start }) => {
    while ((ends[next] ?? Number.POSITIVE_INFINITY) <= start) next++
    const end = ends[next]
    return end === undefined || end - start > keyMost ? [] : [{ start, end, rule: 'private key' }]
  })
}

/** One pass for all of them: which one it is, is told by the group that matched. */
const shaped = new RegExp(`(?<![A-Za-z0-9_])(?:${secretRules.map(({ pattern }) => `(${pattern})`).join('|')})`, 'g')

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
const scheme = `(?:${['bearer', 'basic', 'bot', 'token'].map(anyCase).join('|')})[ \\t]{1,4}`
const named = new RegExp(
  `${name}["'\`]?[ \\t]{0,4}(?:=>|:=|=|:)[ \\t]{0,4}(?:["'\`]|${scheme})?([\\w+/=.~!@#$%^&*-]{12,512})`,
  'g',
)
/** As in `.netrc`. */
const netrc = /\blogin[ \t]+\S{1,100}[ \t]+password[ \t]+(\S{6,200})/g

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
  /(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:/@"'`<>]{0,100}:([^\s/@"'`<>]{6,256})@([\w.-]{1,253})/gi

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

const tails = new RegExp(
  `(?<![A-Za-z0-9_])(?:${secretRules.flatMap(({ begins }) => begins ?? []).join('|')})[\\w+/=.:-]*$`,
)

/** Of what is assigned to a name, or stands in an address, the value so far. */
const valueTails = [
  new RegExp(`${name}["'\`]?[ \\t]{0,4}(?:=>|:=|=|:)[ \\t]{0,4}(?:["'\`]|${scheme})?([\\w+/=.~!@#$%^&*-]{4,512})$`),
  /:\/\/[^\s:/@"'`<>]{0,100}:(?!\d{1,5}$)([^\s/@"'`<>]{4,256}@?)$/,
]

/** The end of a text that goes on, where it may be the beginning of a secret. */
function beginnings(text: string, forms: readonly string[]): Span[] {
  const end = text.length
  const last = text.slice(-600)
  const shapedTail = tails.exec(last)
  const key = text
    .slice(-keyMost)
    .search(/-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?![^]*-----END [A-Z0-9 ]{0,60}-----)/)
  const begins = forms.flatMap((form) => {
    for (let length = Math.min(form.length - 1, end); length >= beginLeast; length--) {
      if (text.endsWith(form.slice(0, length))) return [length]
    }
    return []
  })
  const lengths = [
    ...(shapedTail === null ? [] : [last.length - shapedTail.index]),
    ...(key === -1 ? [] : [Math.min(end, keyMost) - key]),
    ...valueTails.flatMap((tail) => tail.exec(last)?.[1]?.length ?? []),
    ...begins,
  ]
  return lengths.map((length) => ({ start: end - length, end, rule: null }))
}

/** In order, with those that overlap as one. */
function joined(spans: readonly Span[]): readonly Span[] {
  const all: Span[] = []
  for (const span of spans.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const before = all.at(-1)
    if (before === undefined || span.start >= before.end) all.push(span)
    else all[all.length - 1] = { ...before, end: Math.max(before.end, span.end), rule: before.rule ?? span.rule }
  }
  return all
}

/** Lines and what is between them stay, so that a block stays a block. */
function blotted(text: string, { start, end }: Span): string {
  return text.slice(0, start) + text.slice(start, end).replace(/[^\s]/g, blot) + text.slice(end)
}
