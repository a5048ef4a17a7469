import type { InternalRequest, RawFile } from '@discordjs/rest'
import { createHash } from 'node:crypto'
import type { PlaceId } from '../core/ids.ts'
import type { SecretHit, SecretScan } from '../core/secret-scan.ts'
import { BoundedMap } from '../system/bounded-map.ts'

/** Told of secrets that were hidden, once for each that is new; `place` null: nobody knows where it was to stand. */
export type SecretListener = (place: PlaceId | null, rules: readonly string[]) => void

/** What we make ourselves and get back: it has to arrive as it is. */
const ours: ReadonlySet<string> = new Set(['custom_id', 'id', 'nonce', 'value'])
/** Secrets are remembered this long, by their digest, so that each is told of once. */
const mostRemembered = 1_000

/** Hides secrets in whatever is sent to Discord: texts, cards, buttons, forms, files and their names. */
export class Leaving {
  readonly #scan: SecretScan
  readonly #told: SecretListener
  readonly #known = new BoundedMap<string, true>(mostRemembered)

  constructor(scan: SecretScan, told: SecretListener) {
    this.#scan = scan
    this.#told = told
  }

  /** The same request with nothing in it that may not leave. */
  clean(request: InternalRequest): InternalRequest {
    const hits: SecretHit[] = []
    let isHidden = false
    const mask = (text: string): string => {
      const masked = this.#scan.mask(text)
      hits.push(...masked.hits)
      isHidden ||= masked.text !== text
      return masked.text
    }
    const body = masking(request.body, (text) => maskedAsSeen(text, mask))
    const files = request.files?.map((file) => cleanFile(file, mask))
    if (!isHidden) return request
    const [, place = null] = /^\/channels\/(\d+)\/messages/.exec(request.fullRoute) ?? []
    this.tell(place as PlaceId | null, hits)
    return { ...request, body, ...(files === undefined ? {} : { files }) }
  }

  /** Tells of what was hidden in a place, unless it was told of before. */
  tell(place: PlaceId | null, hits: readonly SecretHit[]): void {
    const fresh = hits.filter(({ value }) => {
      const digest = createHash('sha256').update(value).digest('base64url')
      const isKnown = this.#known.has(digest)
      this.#known.set(digest, true)
      return !isKnown
    })
    if (fresh.length === 0) return
    this.#told(place, [...new Set(fresh.map(({ rule }) => rule))])
  }
}

/** A sign that Discord does not draw because of what stands before it, or any other. */
const signs = /\\[!-/:-@[-`{-~]|[^]/g

/**
 * Hides secrets also where their signs are kept from being drawn: people see them whole, and can copy them. The length stays.
 */
export function maskedAsSeen(text: string, mask: (text: string) => string): string {
  const masked = mask(text)
  if (!text.includes('\\')) return masked
  const written = [...text.matchAll(signs)]
  const seen = written.map(([sign]) => sign.at(-1)).join('')
  const hidden = mask(seen)
  if (hidden === seen) return masked
  const left = written.map(({ 0: sign, index }, at) =>
    hidden[at] === seen[at] ? masked.slice(index, index + sign.length) : hidden[at]?.repeat(sign.length),
  )
  return left.join('')
}

function masking(value: unknown, mask: (text: string) => string): unknown {
  if (typeof value === 'string') return mask(value)
  if (Array.isArray(value)) return value.map((each) => masking(each, mask))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]: [string, unknown]) => {
      if (key === 'choices' && Array.isArray(inner)) return [key, inner.filter((each) => isOpenChoice(each, mask))]
      return [key, ours.has(key) ? inner : masking(inner, mask)]
    }),
  )
}

/** A suggestion comes back as it was sent, so one with a secret in it (a folder's name, say) is not made. */
function isOpenChoice(choice: { readonly name?: unknown; readonly value?: unknown }, mask: (text: string) => string) {
  return [choice.name, choice.value].every((text) => typeof text !== 'string' || mask(text) === text)
}

function cleanFile(file: RawFile, mask: (text: string) => string): RawFile {
  const { data, name } = file
  const text = typeof data === 'string' ? data : textOf(data)
  const clean = text === null ? null : mask(text)
  return { ...file, name: mask(name), data: clean === null || clean === text ? data : clean }
}

/** The text in a file; null: it is none. */
function textOf(data: Exclude<RawFile['data'], string>): string | null {
  try {
    return data instanceof Uint8Array ? new TextDecoder('utf-8', { fatal: true }).decode(data) : null
  } catch {
    return null
  }
}
