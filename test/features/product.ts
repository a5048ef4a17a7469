import { others } from '../../src/commands/all.ts'
import type { Doors } from '../../src/core/doors.ts'
import { Features } from '../../src/core/feature.ts'
import type { Catalogue } from '../../src/core/phrases.ts'
import { features } from '../../src/features/all.ts'
import { hostClock } from '../../src/system/host.ts'
import { catalogue } from '../../src/locales/catalogue.ts'

/** Every language as the product speaks it, with paths relative to this folder. */
export function languages(home: string | null): Catalogue {
  return catalogue(home, (action, locale) => product.deed(action, locale))
}

/** Everything people can do, for who only looks at what there is: behind its doors is nothing. */
export const product: Features = new Features([...features({} as Doors), others(hostClock, languages(null))])
export const { rights } = product
export const actionNames = Object.keys(rights)
