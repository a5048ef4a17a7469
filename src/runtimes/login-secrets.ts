import { readFileSync, statSync } from 'node:fs'
import type { Clock } from '../core/clock.ts'

/** Login files are small; what is larger is something else. */
const mostBytes = 200_000
/** Files are looked at again this often, in milliseconds: logins are renewed a few times a day. */
const believedForMs = 10_000

/**
 * Every token and key in the logins that lie in these files (JSON; others give nothing), besides `fixed`: asked for
 * anew each time, read again when a file has changed. The same array comes back while nothing has.
 */
export function secretsIn(
  files: readonly string[],
  fixed: readonly string[],
  clock: Pick<Clock, 'monotonic'>,
): () => readonly string[] {
  let lookedAt = Number.NEGATIVE_INFINITY
  let stamp = ''
  let secrets = fixed
  return () => {
    if (clock.monotonic() - lookedAt < believedForMs) return secrets
    lookedAt = clock.monotonic()
    const present = files.map(stampOf).join()
    if (present === stamp) return secrets
    stamp = present
    secrets = [...new Set([...fixed, ...files.flatMap((file) => secretsOf(file))])]
    return secrets
  }
}

function stampOf(file: string): string {
  const found = statSync(file, { throwIfNoEntry: false })
  return found === undefined ? '' : `${found.ino}:${found.mtimeMs}:${found.size}`
}

function secretsOf(file: string): readonly string[] {
  try {
    const found = statSync(file)
    return found.isFile() && found.size <= mostBytes ? valuesIn(JSON.parse(readFileSync(file, 'utf8'))) : []
  } catch {
    // Not there, not ours to read, or no login.
    return []
  }
}

/** Whatever stands under a name like `refreshToken`, `id_token` or `OPENAI_API_KEY`. */
function valuesIn(value: unknown, name = ''): readonly string[] {
  if (typeof value === 'string') return /token|key|secret/i.test(name) && value.length >= 16 ? [value] : []
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => valuesIn(inner, Array.isArray(value) ? name : key))
}
