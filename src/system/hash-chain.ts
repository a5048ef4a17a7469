import { createHash } from 'node:crypto'

/** Before the first line there is none. */
const start = '0'.repeat(64)
const shape = /^(\{.*),"hash":"([0-9a-f]{64})"\}$/

/** What a chain of lines is found to be. */
export type ChainVerdict =
  | { readonly whole: true; readonly lines: number; readonly last: string }
  /** From 1. */
  | { readonly whole: false; readonly line: number; readonly why: 'changed' | 'cut' }

/**
 * Records as lines of JSON, each with the hash of itself and of the line before, so that nobody can change, move, add or
 * leave out one of them without all behind it becoming different. The last line says how many there are; `last` is its
 * hash: whoever has that knows the whole.
 */
export function hashChain(records: readonly object[]): { readonly text: string; readonly last: string } {
  let last = start
  const lines = [...records, { record: 'end', lines: records.length }].map((record) => {
    const body = JSON.stringify({ prev: last, ...record })
    last = hashOf(body)
    return `${body.slice(0, -1)},"hash":"${last}"}`
  })
  return { text: `${lines.join('\n')}\n`, last }
}

/** Holds lines against their hashes. */
export function verifyChain(text: string): ChainVerdict {
  const lines = text.split('\n').filter((line) => line !== '')
  let last = start
  for (const [at, line] of lines.entries()) {
    const [, open = '', hash = ''] = shape.exec(line) ?? []
    const body = `${open}}`
    if (hashOf(body) !== hash || prevIn(body) !== last) return { whole: false, line: at + 1, why: 'changed' }
    last = hash
  }
  const end = lines.at(-1) ?? ''
  const isEnd = end.includes(`"record":"end","lines":${lines.length - 1},`)
  return isEnd ? { whole: true, lines: lines.length - 1, last } : { whole: false, line: lines.length + 1, why: 'cut' }
}

function hashOf(body: string): string {
  return createHash('sha256').update(body).digest('hex')
}

function prevIn(body: string): unknown {
  try {
    return (JSON.parse(body) as { readonly prev?: unknown }).prev
  } catch {
    return null
  }
}
