import type { Call } from '../core/command.ts'

/** What was filled into a text option, without blanks around it; null when it was left out or blank. */
export function textOf(call: Call, option: string): string | null {
  const value = call.options.get(option)
  const text = typeof value === 'string' ? value.trim() : ''
  return text === '' ? null : text
}
