import type { Call } from './command.ts'
import type { Person } from './person.ts'
import type { Place } from './place.ts'

/** What was filled into a text option, without blanks around it; null when it was left out or blank. */
export function textOf(call: Call, option: string): string | null {
  const value = call.options.get(option)
  const text = typeof value === 'string' ? value.trim() : ''
  return text === '' ? null : text
}

/** Who was named in a user option; null when it was left out. */
export function personOf(call: Call, option: string): Person | null {
  const value = call.options.get(option)
  return typeof value === 'object' && 'roles' in value ? value : null
}

/** How an app is called that was named in the place of a person; null when there is none. */
export function appOf({ options }: Call): string | null {
  for (const value of options.values()) if (typeof value === 'object' && 'app' in value) return value.app
  return null
}

/** Which place was named; null when the option was left out. */
export function placeOf(call: Call, option: string): Place | null {
  const value = call.options.get(option)
  return typeof value === 'object' && 'kind' in value ? value : null
}
