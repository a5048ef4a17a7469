import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeAll } from '../mischief.ts'

/** The version whose recordings say what the lines look like. */
export const version = '0.169.0'

export type Json = Readonly<Record<string, unknown>>

const golden = join(import.meta.dirname, '..', '..', 'golden', 'codex', version)

/** A recorded line of that kind: what stands in it and does not matter here is said as it was recorded. */
export function recorded(file: string, isIt: (line: Json) => boolean): Json {
  const lines = readFileSync(join(golden, `${file}.jsonl`), 'utf8')
    .split('\n')
    .slice(0, -1)
  const found = lines.map((line) => JSON.parse(line) as Json).find(isIt)
  if (found === undefined) throw new Error(`There is no such line in ${file}.jsonl.`)
  return found
}

export function say(line: object): void {
  writeAll(1, Buffer.from(`${JSON.stringify(line)}\n`))
}

export function reply(id: unknown, result: object): void {
  say({ id, result })
}

export function refuse(id: unknown, message: string): void {
  say({ error: { code: -32600, message }, id })
}

export function notice(method: string, params: Json): void {
  say({ method, params, emittedAtMs: Date.now() })
}

/** A notice that is the same in every recording but for its thread. */
export function recordedNotice(file: string, method: string, thread: string, more: Json = {}): void {
  const { params } = recorded(file, (line) => line['method'] === method)
  const whose = 'threadId' in (params as Json) ? { threadId: thread } : {}
  notice(method, { ...(params as Json), ...whose, ...more })
}

/** A thread as `thread/start`, `thread/resume` and `thread/read` tell of it. */
export interface ThreadFacts {
  readonly id: string
  readonly cwd: string
  readonly path: string
  readonly model: string
  readonly preview: string
  readonly createdAt: number
}

export function threadOf({ id, cwd, path, model, preview, createdAt }: ThreadFacts): Json {
  const was = (recorded('open', (line) => line['id'] === 'open')['result'] as Json)['thread'] as Json
  const environments = [{ environmentId: 'local', cwd, runtimeWorkspaceRoots: [cwd] }]
  const updatedAt = seconds(Date.now())
  const when = { createdAt, updatedAt, recencyAt: updatedAt }
  return { ...was, id, environments, sessionId: id, preview, model, ...when, path, cwd }
}

/** What opening a thread answers, for the first time or again. */
export function openedOf(facts: ThreadFacts, again: boolean): Json {
  const [file, id] = again ? ['resumed', 'resume'] : ['open', 'open']
  const was = recorded(file, (line) => line['id'] === id)['result'] as Json
  const { cwd, model } = facts
  return { ...was, thread: threadOf(facts), model, cwd, runtimeWorkspaceRoots: [cwd] }
}

export interface TurnFacts {
  readonly id: string
  readonly status: 'inProgress' | 'completed' | 'interrupted' | 'failed'
  readonly error: Json | null
  readonly startedAt: number | null
  readonly completedAt: number | null
  /** The last message, when the turn came to its end. */
  readonly message: Json | null
}

export function turnOf({ id, status, error, startedAt, completedAt, message }: TurnFacts): Json {
  const durationMs = startedAt === null || completedAt === null ? null : completedAt - startedAt
  return {
    id,
    rootTurnId: id,
    items: message === null ? [] : [message],
    itemsView: message === null ? 'notLoaded' : 'summary',
    status,
    error,
    startedAt: startedAt === null ? null : seconds(startedAt),
    completedAt: completedAt === null ? null : seconds(completedAt),
    durationMs,
  }
}

/** Item and time fields of `item/started`. */
export function begun(thread: string, turn: string, item: Json): Json {
  const { startedAtMs } = item
  notice('item/started', { item, threadId: thread, turnId: turn, startedAtMs })
  return item
}

export function completed(thread: string, turn: string, item: Json): Json {
  const completedAtMs = Date.now()
  const whole = { ...item, completedAtMs }
  notice('item/completed', { item: whole, threadId: thread, turnId: turn, contentTokenCount: null, completedAtMs })
  return whole
}

export function userMessage(clientId: string | null, content: unknown): Json {
  return { type: 'userMessage', id: randomUUID(), clientId, content, ...now() }
}

export function agentMessage(id: string, text: string): Json {
  const rest = { phase: null, memoryCitation: null, delivery: null, questions: null }
  return { type: 'agentMessage', moderation: null, id, text, ...rest, ...now() }
}

export function commandExecution(id: string, command: string, cwd: string, processId: string | null): Json {
  return {
    type: 'commandExecution',
    id,
    pluginId: null,
    scriptPath: null,
    command: shellOf(command),
    cwd,
    processId,
    source: processId === null ? 'agent' : 'unifiedExecStartup',
    status: 'inProgress',
    commandActions: [{ type: 'unknown', command }],
    aggregatedOutput: null,
    exitCode: null,
    durationMs: null,
    ...now(),
  }
}

export function fileChange(id: string, changes: readonly Json[]): Json {
  return { type: 'fileChange', id, changes, status: 'inProgress', ...now() }
}

export function shellOf(command: string): string {
  return `/bin/bash -lc '${command.replaceAll("'", `'"'"'`)}'`
}

function now(): Json {
  return { startedAtMs: Date.now(), completedAtMs: null }
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000)
}
