import type { Locale } from '../core/person.ts'
import type { Catalogue } from '../core/phrases.ts'
import type { ActionName } from '../core/right.ts'
import { english } from './en.ts'
import { korean } from './ko.ts'

/**
 * Every language of the product. `home` is the folder that paths are shown relative to (`~/projects`); null shows
 * them whole. `deed` says what an action is.
 */
export function catalogue(home: string | null, deed: (action: ActionName, locale: Locale) => string): Catalogue {
  return { en: english(home, (action) => deed(action, 'en')), ko: korean(home, (action) => deed(action, 'ko')) }
}
