/** One word of a command. */
export interface Word {
  /** Without its quotes. */
  readonly text: string
  /** Commands whose output stands in it. */
  readonly inner: readonly string[]
  /** What is written goes there: it stands behind a `>`. */
  readonly into: boolean
}

/** The simple commands of a script, in words: near enough to what a shell would make of it, and never failing. */
export function commandsIn(script: string): readonly (readonly Word[])[] {
  const commands: Word[][] = [[]]
  let text = ''
  let inner: string[] = []
  let isWord = false
  let into = false
  const endWord = (): void => {
    if (isWord) {
      commands.at(-1)?.push({ text, inner, into })
      into = false
    }
    text = ''
    inner = []
    isWord = false
  }
  const endCommand = (): void => {
    endWord()
    if (commands.at(-1)?.length !== 0) commands.push([])
  }
  let quote: '"' | "'" | null = null
  for (let at = 0; at < script.length; at++) {
    const sign = script[at] ?? ''
    const opens = quote === "'" ? null : substitutionAt(script, at)
    if (opens !== null) {
      isWord = true
      inner.push(opens.script)
      at = opens.end
    } else if (quote !== null) {
      if (sign === quote) quote = null
      else if (sign === '\\' && quote === '"') text += script[++at] ?? ''
      else text += sign
    } else if (sign === '"' || sign === "'") {
      quote = sign
      isWord = true
    } else if (sign === '\\') {
      const next = script[++at] ?? ''
      if (next !== '\n') {
        text += next
        isWord = true
      }
    } else if (/[\n\r;&|()]/.test(sign)) endCommand()
    else if (/[\s<>]/.test(sign)) {
      endWord()
      if (sign === '>') into = true
    } else {
      text += sign
      isWord = true
    }
  }
  endCommand()
  return commands.filter((words) => words.length > 0)
}

/** `$( … )`, `<( … )` or backticks that begin here, with the position of their last sign. */
function substitutionAt(script: string, at: number): { readonly script: string; readonly end: number } | null {
  if (script[at] === '`') {
    const end = script.indexOf('`', at + 1)
    return { script: script.slice(at + 1, end === -1 ? undefined : end), end: end === -1 ? script.length : end }
  }
  if (!/[$<>]/.test(script[at] ?? '') || script[at + 1] !== '(') return null
  let depth = 0
  for (let end = at + 1; end < script.length; end++) {
    if (script[end] === '(') depth++
    else if (script[end] === ')' && --depth === 0) return { script: script.slice(at + 2, end), end }
  }
  return { script: script.slice(at + 2), end: script.length }
}

/** A program by its last name, whatever its path: `/usr/bin/curl`, `curl.exe`. */
export function nameOf(word: string): string {
  const name = word.slice(word.lastIndexOf('/') + 1).toLowerCase()
  return name.endsWith('.exe') ? name.slice(0, -'.exe'.length) : name
}

/** A word that means nothing but itself to every shell, and where it can end. */
const plainWord = /(?:[\w./:=@%+,-]+|'[^']*'|"[^"$`\\!]*")+/y
const toNothing = /(?:2>&1|[12]?>\s*\/dev\/null|<\s*\/dev\/null)(?=[\s;&|]|$)/y
const parted = /(?:&&|\|\||[;|\n])/y

/**
 * The simple commands of a script that holds nothing but plain words, in order: no variable, substitution, pattern or
 * file that is written to. Null for any other: what it does cannot be told from its text.
 */
export function plainCommands(script: string): readonly (readonly string[])[] | null {
  const commands: string[][] = [[]]
  let at = 0
  const takes = (pattern: RegExp): string | null => {
    pattern.lastIndex = at
    const found = pattern.exec(script)?.[0] ?? null
    at += found?.length ?? 0
    return found
  }
  while (at < script.length) {
    if (takes(/[ \t]+/y) !== null || takes(toNothing) !== null) continue
    if (takes(parted) !== null) {
      commands.push([])
      continue
    }
    const word = takes(plainWord)
    if (word === null) return null
    commands.at(-1)?.push(word.replaceAll(/'([^']*)'|"([^"]*)"/g, '$1$2'))
  }
  const said = commands.filter((words) => words.length > 0)
  // A variable that is set before a program may change what it runs.
  return said.length === 0 || said.some(([first = '']) => /^\w+\+?=/.test(first)) ? null : said
}
