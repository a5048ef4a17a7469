import { existsSync, readFileSync } from 'node:fs'
import { titleOf } from '../../core/quotation.ts'
import type { ToAgent } from './wire.ts'

type Prompt = Extract<ToAgent, { op: 'prompt' }>

/** What lies there of each file, as far as it can be read. */
export function attached(files: Prompt['files']): string {
  if (files.length === 0) return 'Nothing is attached.'
  return files
    .map(({ name, type, bytes, path }) => {
      const isThere = existsSync(path) && readFileSync(path).length === bytes
      return `${name} (${type}, ${bytes} bytes)${isThere ? '' : ' is not there'}`
    })
    .join('\n')
}

/** What it was told beside the prompt itself. */
export function toldBefore(prompt: Prompt | undefined): string {
  const remarks = (prompt?.context ?? []).map(({ speaker, own, text }) => `${own ? 'I' : speaker} said: ${text}`)
  const handOver = prompt?.handOver ?? null
  const quotes = (prompt?.quotes ?? []).map((quote) => `${titleOf(quote, (name) => name)}\n${quote.text ?? ''}`.trim())
  const all = [...(handOver === null ? [] : [`Handed over: ${handOver}`]), ...remarks, ...quotes]
  return all.length === 0 ? 'I was told nothing before.' : all.join('\n')
}
