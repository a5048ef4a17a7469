import type { PersonId } from './ids.ts'

/** The languages the product speaks. */
export type Locale = 'en' | 'ko'

/** The same in every language. */
export type Localised<Value> = Readonly<Record<Locale, Value>>

/** Somebody who asks, clicks or runs a command; a snapshot from the moment they did. */
export interface Person {
  readonly id: PersonId
  /** What others call them: server nickname, else display name, else user name. */
  readonly name: string
  readonly locale: Locale
  /** Ids of their roles in the guild the event came from; empty in a DM. */
  readonly roles: readonly string[]
}

/** Discord's locale codes to ours: Korean for `ko`, English for everything else. */
export function localeOf(code: string | null | undefined): Locale {
  return code?.toLowerCase().startsWith('ko') ? 'ko' : 'en'
}
