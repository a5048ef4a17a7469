import type { Question } from '../../core/approval.ts'
import { arrayAt, objectAt, stringAt, type JsonObject } from './json.ts'

/** One entry of a form that an MCP server wants filled in (MCP 2025-11-25, `ElicitRequestFormParams`). */
export interface Field {
  readonly question: Question
  readonly type: 'string' | 'number' | 'integer' | 'boolean' | 'array'
  readonly required: boolean
  /** What an option stands for, by its label. */
  readonly values: ReadonlyMap<string, string>
}

type Answers = Readonly<Record<string, readonly string[]>>

const [yes, no] = ['Yes', 'No']

/** The entries of a form; [] when a yes is all it wants, null when it wants something else. */
export function formOf(schema: JsonObject, message: string): readonly Field[] | null {
  const required = arrayAt(schema['required'])
  const fields = Object.entries(objectAt(schema['properties'])).map(([id, value]) =>
    fieldOf(id, objectAt(value), message, required.includes(id)),
  )
  return fields.every((field) => field !== null) ? fields : null
}

function fieldOf(id: string, schema: JsonObject, message: string, required: boolean): Field | null {
  const type = stringAt(schema['type'])
  if (type !== 'string' && type !== 'number' && type !== 'integer' && type !== 'boolean' && type !== 'array')
    return null
  const values = valuesOf(type === 'array' ? objectAt(schema['items']) : schema)
  const labels = type === 'boolean' ? [yes, no] : [...values.keys()]
  if (type === 'array' && labels.length === 0) return null
  const text = [message, stringAt(schema['description'])].filter((part) => part !== '').join('\n')
  const question: Question = {
    id,
    header: stringAt(schema['title']) || id,
    text,
    options: labels.map((label) => ({ label, description: '' })),
    several: type === 'array',
    free: labels.length === 0,
  }
  return { question, type, required, values }
}

function valuesOf(schema: JsonObject): ReadonlyMap<string, string> {
  const titled = arrayAt(schema['oneOf'] ?? schema['anyOf']).map(objectAt)
  const names = arrayAt(schema['enumNames']).map(stringAt)
  const plain = arrayAt(schema['enum']).map(stringAt)
  return new Map([
    ...titled.map((each): [string, string] => [
      stringAt(each['title']) || stringAt(each['const']),
      stringAt(each['const']),
    ]),
    ...plain.map((value, at): [string, string] => [names[at] || value, value]),
  ])
}

/** Whether everything that must be there is, in a shape that the form takes. */
export function isFilled(fields: readonly Field[], answers: Answers): boolean {
  return fields.every((field) => {
    const value = valueOf(field, answers[field.question.id] ?? [])
    return value === undefined ? !field.required : !Number.isNaN(value)
  })
}

/** The answers as the form's server wants them. */
export function contentOf(fields: readonly Field[], answers: Answers): JsonObject {
  const entries = fields.map((field) => [field.question.id, valueOf(field, answers[field.question.id] ?? [])] as const)
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined))
}

function valueOf({ type, values }: Field, given: readonly string[]): string | number | boolean | string[] | undefined {
  const [first] = given
  if (first === undefined) return undefined
  const meant = (label: string): string => values.get(label) ?? label
  switch (type) {
    case 'string':
      return meant(first)
    case 'boolean':
      return /^(yes|true|y|네|예)$/i.test(first.trim())
    case 'array':
      return given.map(meant)
    case 'number':
    case 'integer': {
      const value = first.trim() === '' ? Number.NaN : Number(first)
      return type === 'number' || Number.isInteger(value) ? value : Number.NaN
    }
  }
}
