import type { Doors } from '../../src/core/doors.ts'
import { Features } from '../../src/core/feature.ts'
import type { RuntimeName } from '../../src/core/ids.ts'
import type { Catalogue } from '../../src/core/phrases.ts'
import type { Runtime } from '../../src/core/runtime.ts'
import { features } from '../../src/features/all.ts'
import { catalogue } from '../../src/locales/catalogue.ts'

const echo = { name: 'echo', title: 'Echo', isInstalled: () => true } as Partial<Runtime> as Runtime

/** Everything people can do, for who only looks at what there is: behind its doors is nothing but a runtime's name. */
export const product: Features = new Features(
  features({ home: null, runtimes: new Map([['echo' as RuntimeName, echo]]) } as Partial<Doors> as Doors),
)
export const { rights } = product
export const actionNames = Object.keys(rights)

/** Every language as the product speaks it, with paths relative to this folder. */
export function languages(home: string | null): Catalogue {
  return catalogue(home, (action, locale) => product.deed(action, locale))
}
