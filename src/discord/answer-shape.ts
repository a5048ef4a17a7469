/** What a call that went well is answered with, as far as it is read here. */
type Shape =
  | 'list'
  /** An object with an id of its own. */
  | 'thing'
  | 'member'
  | 'object'
  /** Nobody reads it: that it went well says all. */
  | 'anything'

/** By method and path (without `/api/v10`), the first that fits. */
const shapes: readonly (readonly [method: string, path: RegExp, shape: Shape])[] = [
  ['GET', /\/(messages|commands|guilds|members|channels|roles)$/, 'list'],
  ['GET', /^\/guilds\/\d+\/members\/\d+$/, 'member'],
  ['GET', /\/(channels|messages|guilds|users)\/[^/]+$/, 'thing'],
  ['GET', /./, 'object'],
  ['POST', /^\/channels\/\d+\/messages$/, 'thing'],
  ['PATCH', /^\/channels\/\d+\/messages\/\d+$/, 'thing'],
  ['POST', /^\/users\/@me\/channels$/, 'thing'],
]

/**
 * What was answered to a call that is said to have gone well, as the JSON that it has to be: '' where nobody reads it.
 * Null: it is no answer, but something on the way: an empty body, a page, something else than was asked for.
 */
export function answerOf(method: string, path: string, body: string): string | null {
  const [, , shape = 'anything'] = shapes.find(([of, fits]) => of === method && fits.test(path)) ?? []
  if (shape === 'anything') return ''
  return fits(shape, parsed(body)) ? body : null
}

function fits(shape: Exclude<Shape, 'anything'>, told: unknown): boolean {
  if (shape === 'list' || Array.isArray(told)) return shape === 'list' && Array.isArray(told)
  if (typeof told !== 'object' || told === null) return false
  const { id, roles } = told as Readonly<Record<string, unknown>>
  if (shape === 'thing') return typeof id === 'string'
  return shape === 'member' ? Array.isArray(roles) : Object.keys(told).length > 0
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return null
  }
}
