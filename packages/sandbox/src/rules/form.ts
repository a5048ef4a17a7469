import { invalidForm } from '../refusal.ts'
import type { z } from 'zod'
import type { Complaint } from '../refusal.ts'

type Issue = z.core.$ZodIssue

/**
 * Reads a body by a schema, or refuses it as Discord does (50035 with nested errors). Unknown keys are ignored, as
 * Discord ignores them.
 */
export function readForm<T>(schema: z.ZodType<T>, body: unknown): T {
  const read = schema.safeParse(body ?? {})
  if (read.success) return read.data
  throw invalidForm(read.error.issues.flatMap((issue) => complaintsOf(issue)))
}

/** Words and codes as in https://discord.com/developers/docs/reference#error-messages */
function complaintsOf(issue: Issue, above: readonly PropertyKey[] = []): Complaint[] {
  const path = [...above, ...issue.path].map((step) => (typeof step === 'symbol' ? String(step) : step))
  const say = (code: string, message: string): Complaint[] => [{ path, code, message }]
  switch (issue.code) {
    case 'too_big':
      return issue.origin === 'number' || issue.origin === 'int'
        ? say('NUMBER_TYPE_MAX', `int value should be less than or equal to ${issue.maximum}.`)
        : say('BASE_TYPE_MAX_LENGTH', `Must be ${issue.maximum} or fewer in length.`)
    case 'too_small':
      if (issue.origin === 'number' || issue.origin === 'int') {
        return say('NUMBER_TYPE_MIN', `int value should be greater than or equal to ${issue.minimum}.`)
      }
      return say('BASE_TYPE_MIN_LENGTH', `Must be ${issue.minimum} or more in length.`)
    case 'invalid_type':
      return issue.input === undefined && issue.message.includes('undefined')
        ? say('BASE_TYPE_REQUIRED', 'This field is required')
        : say(`${issue.expected.toUpperCase()}_TYPE_CONVERT`, `Could not interpret value as ${issue.expected}.`)
    case 'invalid_value':
      return say('BASE_TYPE_CHOICES', `Value must be one of {${issue.values.map(String).join(', ')}}.`)
    case 'invalid_format':
      return say('STRING_TYPE_REGEX', 'String value did not match validation regex.')
    case 'invalid_union': {
      const nearest = issue.errors.toSorted((a, b) => a.length - b.length)[0]
      return nearest === undefined || nearest.length === 0
        ? say('UNION_TYPE_CHOICES', 'Value of field "type" must be one of the known types.')
        : nearest.flatMap((inner) => complaintsOf(inner, path))
    }
    case 'custom': {
      const code: unknown = issue.params?.['code']
      return say(typeof code === 'string' ? code : 'BASE_TYPE_INVALID', issue.message)
    }
    default:
      return say('BASE_TYPE_INVALID', issue.message)
  }
}

/** A custom zod issue that carries one of Discord's own codes. */
export function complaint(code: string, message: string, path: (string | number)[] = []) {
  return { code: 'custom' as const, params: { code }, message, path, input: undefined }
}

/** Where a check puts its complaints. */
export interface Complaints {
  addIssue(issue: ReturnType<typeof complaint>): void
}

/** Hands on what an inner schema complained about, in the words a person will read. */
export function passOn(issues: readonly Issue[], path: readonly (string | number)[], context: Complaints): void {
  for (const inner of issues.flatMap((issue) => complaintsOf(issue, path))) {
    context.addIssue(complaint(inner.code, inner.message, [...inner.path]))
  }
}
