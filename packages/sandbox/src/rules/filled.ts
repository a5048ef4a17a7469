import { invalidForm } from '../refusal.ts'
import { everyComponent } from './component.ts'
import type { Component } from '../records.ts'
import type { Complaint } from '../refusal.ts'

type Field = Record<string, unknown>

const fieldsOf = (nodes: readonly unknown[]) =>
  [...everyComponent(nodes, ['data', 'components'])].filter(([node]) => typeof node['custom_id'] === 'string')

/** Checks a filled form against the one that was shown, as a person's client and Discord do. */
export function checkFilled(shown: readonly Component[], filled: readonly unknown[]): void {
  const complaints: Complaint[] = []
  const asked = new Map(fieldsOf(shown).map(([field]) => [field['custom_id'], field]))
  const given = new Map(fieldsOf(filled).map(([field, path]) => [field['custom_id'], { field, path }]))
  for (const [id, { field, path }] of given) {
    const definition = asked.get(id)
    const say = (code: string, message: string) => complaints.push({ path, code, message })
    if (!definition || definition['type'] !== field['type'])
      say('COMPONENT_VALIDATION_FAILED', 'The form has no such field')
    else checkField(definition, field, say)
  }
  for (const [id, definition] of asked) {
    if (definition['required'] === false || definition['type'] === 23 || given.has(id)) continue
    complaints.push({ path: ['data', 'components'], code: 'BASE_TYPE_REQUIRED', message: `${String(id)} is required` })
  }
  if (complaints.length > 0) throw invalidForm(complaints)
}

function checkField(definition: Field, given: Field, say: (code: string, message: string) => void): void {
  const required = definition['required'] !== false
  if (definition['type'] === 4) {
    const { length } = typeof given['value'] === 'string' ? given['value'] : ''
    const least = Number(definition['min_length'] ?? (required ? 1 : 0))
    const most = Number(definition['max_length'] ?? 4000)
    if (length === 0 && required) say('BASE_TYPE_REQUIRED', 'This field is required')
    else if (length > 0 && length < least) say('BASE_TYPE_MIN_LENGTH', `Must be ${least} or more in length.`)
    if (length > most) say('BASE_TYPE_MAX_LENGTH', `Must be ${most} or fewer in length.`)
    return
  }
  const values = Array.isArray(given['values']) ? given['values'] : given['value'] == null ? [] : [given['value']]
  const options = definition['options']
  if (Array.isArray(options) && values.some((value) => !options.some((one: Field) => one['value'] === value))) {
    say('COMPONENT_VALIDATION_FAILED', 'That option is not offered')
  }
  if (values.length > Number(definition['max_values'] ?? 25)) say('BASE_TYPE_MAX_LENGTH', 'Too many values')
}
