import { appendFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Json } from './lines.ts'

/** What the server keeps of a thread: `sessions/<year>/<month>/<day>/rollout-<moment>-<thread>.jsonl`. */
export interface Kept {
  readonly path: string
  readonly model: string
  readonly createdAt: number
  readonly items: readonly Json[]
  readonly tokens: Tokens
}

/** Counted for the whole thread. */
export interface Tokens {
  readonly input: number
  readonly output: number
}

export function newRollout(home: string, thread: string, cwd: string, model: string): string {
  const moment = new Date().toISOString().slice(0, 19)
  const name = `rollout-${moment.replaceAll(':', '-')}-${thread}.jsonl`
  const path = join(home, 'sessions', ...moment.slice(0, 10).split('-'), name)
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  keep(path, 'session_meta', { id: thread, cwd, model, createdAt: Math.floor(Date.now() / 1000) })
  return path
}

export function keep(path: string, type: 'session_meta' | 'response_item' | 'token_count', payload: object): void {
  appendFileSync(path, `${JSON.stringify({ timestamp: new Date().toISOString(), type, payload })}\n`, { mode: 0o600 })
}

/** Null when there is no such thread. */
export function findRollout(home: string, thread: string): Kept | null {
  const folder = join(home, 'sessions')
  let names: readonly string[]
  try {
    names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  } catch {
    return null
  }
  const name = names.find((each) => each.endsWith(`-${thread}.jsonl`))
  if (name === undefined) return null
  const path = join(folder, name)
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1)
  const entries = lines.map((line) => JSON.parse(line) as { type: string; payload: Json })
  const meta = entries.find(({ type }) => type === 'session_meta')?.payload ?? {}
  const items = entries.filter(({ type }) => type === 'response_item').map(({ payload }) => payload)
  const last = entries.findLast(({ type }) => type === 'token_count')?.payload ?? {}
  const tokens = { input: Number(last['input'] ?? 0), output: Number(last['output'] ?? 0) }
  return { path, model: String(meta['model']), createdAt: Number(meta['createdAt']), items: closed(items), tokens }
}

/** A call that nobody knows the result of: the server died in it. */
function closed(items: readonly Json[]): readonly Json[] {
  return items.flatMap((item) => {
    const isAnswered = items.some((each) => each !== item && each['call_id'] === item['call_id'])
    if (item['call_id'] === undefined || isAnswered) return [item]
    return [item, { type: outputTypeOf(item), call_id: item['call_id'], output: 'aborted' }]
  })
}

export function outputTypeOf(call: Json): string {
  return `${String(call['type'])}_output`
}
