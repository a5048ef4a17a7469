import type { Catalogue } from '../core/phrases.ts'
import { english } from './en.ts'
import { korean } from './ko.ts'

/**
 * Every language of the product. `home` is the folder that paths are shown relative to (`~/projects`); null shows
 * them whole.
 */
export function catalogue(home: string | null): Catalogue {
  return { en: english(home), ko: korean(home) }
}
