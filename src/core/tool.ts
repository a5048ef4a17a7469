import type { Effect } from './effect.ts'
import type { OpenRun } from './journal.ts'
import type { ActionName } from './right.ts'
import type { Session } from './session.ts'
import type { ToolCall } from './tool-call.ts'

/**
 * What the bot lets an agent do, offered to every agent alike: names and meanings are for the life of a conversation
 * (Codex cannot change them), so none is ever renamed. The gate decides at the call.
 */
export interface Tool {
  /** `[a-z_]{1,40}` */
  readonly name: string
  /** For the model; below 2,000 characters. */
  readonly description: string
  readonly fields: Readonly<Record<string, ToolField>>
  /** It changes nothing: several may be called at once. */
  readonly looksOnly: boolean
  /** Asked of the gate for the run's speaker, as they are at the call. */
  readonly right: ActionName
  /** What it answers, and what comes of it. Contract: it only reads; what it would change is in `effects`. */
  run(use: ToolUse): Promise<ToolAnswer>
}

/** One field of a tool's input. */
export interface ToolField {
  readonly type: 'text' | 'flag' | 'texts'
  readonly description: string
  readonly required: boolean
  /** In characters, for each text. */
  readonly longest: number
}

/** What an agent is told of a tool. */
export type ToolOffer = Pick<Tool, 'name' | 'description' | 'fields' | 'looksOnly'>

/** A call with whoever makes it: known from the spool that it came through, never from what an agent says. */
export interface ToolUse {
  readonly call: ToolCall
  readonly run: OpenRun
  readonly session: Session
  /** Checked against the tool's fields. */
  readonly input: Readonly<Record<string, string | boolean | readonly string[]>>
}

/** What an agent is told, and what is kept with it. */
export interface ToolAnswer {
  readonly text: string
  /** It says no; its text begins with a word that says so, because not every CLI marks it. */
  readonly failed: boolean
  /** Kept in the transaction of the answer, or not at all. */
  readonly effects: readonly Effect[]
}

/** Longer answers would be cut by the CLIs, and a line must fit into a pipe whole. */
export const toolAnswerLimit = 16_000

/** The JSON schema of a tool's input: plain enough for every CLI. */
export function schemaOf({ fields }: Pick<Tool, 'fields'>): object {
  const properties = Object.entries(fields).map(([name, { type, description }]) => [
    name,
    { ...schemas[type], description },
  ])
  const required = Object.entries(fields).flatMap(([name, field]) => (field.required ? [name] : []))
  return { type: 'object', properties: Object.fromEntries(properties), required }
}

const schemas: Readonly<Record<ToolField['type'], object>> = {
  text: { type: 'string' },
  flag: { type: 'boolean' },
  texts: { type: 'array', items: { type: 'string' } },
}

/** The arguments of a call, or what is wrong with them: no CLI checks them. What no field names is passed over. */
export function inputOf(
  tool: Pick<Tool, 'fields'>,
  text: string,
): { readonly input: ToolUse['input'] } | { readonly fault: string } {
  const given = parse(text)
  if (given === null) return { fault: 'the arguments are no JSON object' }
  const input: Record<string, string | boolean | readonly string[]> = {}
  for (const [name, field] of Object.entries(tool.fields)) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined
    if (value === undefined || value === null) {
      if (field.required) return { fault: `"${name}" is missing` }
      continue
    }
    if (!isOf(field, value)) return { fault: `"${name}" must be ${whatItMustBe[field.type]}` }
    const texts = typeof value === 'boolean' ? [] : [value].flat()
    if (texts.some(({ length }) => length > field.longest))
      return { fault: `"${name}" is longer than ${field.longest} characters` }
    if (field.required && texts.length === 1 && texts[0]?.trim() === '') return { fault: `"${name}" is empty` }
    input[name] = value
  }
  return { input }
}

const whatItMustBe: Readonly<Record<ToolField['type'], string>> = {
  text: 'a string',
  flag: 'true or false',
  texts: 'a list of at most 25 strings',
}

function isOf({ type }: ToolField, value: unknown): value is string | boolean | readonly string[] {
  if (type === 'text') return typeof value === 'string'
  if (type === 'flag') return typeof value === 'boolean'
  return Array.isArray(value) && value.length <= 25 && value.every((each) => typeof each === 'string')
}

function parse(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : null
  } catch {
    return null
  }
}

/** Arguments as JSON text in which the same ones are always the same: keys in order, however deep. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  )
}

/** A text of a call's input; '' when it was left out. */
export function textIn({ input }: Pick<ToolUse, 'input'>, name: string): string {
  const value = input[name]
  return typeof value === 'string' ? value : ''
}

/** An answer that changes nothing. */
export function says(text: string): ToolAnswer {
  return { text, failed: false, effects: [] }
}

/** A no, in words for the agent. */
export function refuses(why: string): ToolAnswer {
  return { text: `Refused: ${why}`, failed: true, effects: [] }
}
