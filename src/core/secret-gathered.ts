/** Some signs of a text, and where each of them stands in it. */
export interface Gathered {
  readonly text: string
  readonly at: Int32Array
}

/** What nobody sees: signs without a width, marks of direction, the terminal's colours. */
const unseen = String.raw`[\p{Cf}\p{Default_Ignorable_Code_Point}]|\x1b\[[\d;]{0,12}[A-Za-z]`
/** Discord draws these not within a word, but the word in another way. */
const drawn = String.raw`(?<=[\w-])(?:\*{2,4}|~~|\|\||\x60{1,2})(?=[\w-])`
const isThere = new RegExp(`${unseen}|${drawn}`, 'u')
const all = new RegExp(`${unseen}|${drawn}`, 'gu')

/** What people read of a text, without what is written between its signs; null: nothing is. */
export function asRead(text: string): Gathered | null {
  if (!isThere.test(text)) return null
  const at = new Int32Array(text.length)
  const parts: string[] = []
  let length = 0
  let from = 0
  const take = (to: number): void => {
    parts.push(text.slice(from, to))
    for (let index = from; index < to; index++) at[length++] = index
  }
  for (const { 0: between, index } of text.matchAll(all)) {
    take(index)
    from = index + between.length
  }
  take(text.length)
  return { text: parts.join(''), at }
}

const notRead = /\[[\d;]{1,12}m|[^A-Za-z0-9]/g

/** Letters and digits alone, and all of them small: a value is the same however it is broken up, quoted or marked. */
export function lettersOf(text: string): string {
  return text.replaceAll(/\[[\d;]{1,12}m|[^A-Za-z0-9]+/g, '').toLowerCase()
}

/** Where each of these letters stands. Dear, and asked for only where something was found among them. */
export function placesOf(text: string): Int32Array {
  const at = new Int32Array(text.length)
  let length = 0
  let from = 0
  for (const { 0: passed, index } of text.matchAll(notRead)) {
    for (; from < index; from++) at[length++] = from
    from = index + passed.length
  }
  for (; from < text.length; from++) at[length++] = from
  return at
}

/** Shorter ones, and mere words, could be those of a sentence. */
const looseLeast = 16

/** The letters and digits of a value, of how it is wrapped up, and of its signs where each is written by its number. */
export function looseForms(value: string, wrapped: readonly string[]): readonly string[] {
  const numbers = [...new TextEncoder().encode(value)]
  const base = (radix: number, width: number): readonly string[] =>
    numbers.map((each) => each.toString(radix).padStart(width, '0'))
  const hex = base(16, 2)
  return [...wrapped, ...['', 'x', '0x', 'u00'].map((sign) => sign + hex.join(sign)), base(10, 1).join('')]
    .map((form) => form.replaceAll(/[^A-Za-z0-9]/g, '').toLowerCase())
    .filter((form) => form.length >= looseLeast && /\d/.test(form))
}
