import assert from 'node:assert/strict'
import { code } from '../refusals.ts'

/** A rule that Discord's description does not tell: a body that it takes, and one beyond its border. */
export interface Rule {
  what: string
  fits?: object
  breaks: object
  /** dotted path of the complaint in the nested body */
  at?: string
  complaint?: string
}

export const text = (length: number) => 'x'.repeat(length)
export const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index))

/** At most so long, or so many: one more is refused. */
export function upTo(most: number, what: string, at: string, make: (size: number) => object): Rule {
  return { what: `${what}: ${most}`, fits: make(most), breaks: make(most + 1), at, complaint: 'BASE_TYPE_MAX_LENGTH' }
}

/** Posts both bodies: one passes, the other meets 50035 with that complaint at that place. */
export async function check(rule: Rule, post: (body: object) => Promise<unknown>): Promise<void> {
  if (rule.fits) await post(rule.fits)
  await assert.rejects(post(rule.breaks), (error: unknown) => {
    code(50035, 400)(error)
    if (rule.complaint === undefined) return true
    const { rawError } = error as { rawError: { errors?: object } }
    const path = (rule.at ?? '').split('.').filter(Boolean)
    const leaf = path.reduce<unknown>((node, key) => Object(node)[key] as unknown, rawError.errors)
    const said = (leaf as { _errors?: { code: string }[] } | undefined)?._errors?.map((one) => one.code)
    assert.ok(said?.includes(rule.complaint), `${rule.at}: ${JSON.stringify(rawError)}`)
    return true
  })
}
