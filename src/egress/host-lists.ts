import type { HostPort } from '../core/egress.ts'
import { parseAuthority } from './authority.ts'

/** The word in a list that stands for the registries of the operator's own tools. */
const packages = 'packages'

/**
 * The hosts of an operator's list: `host`, `host:port`, `*.example.org`, and `packages` for the registries that are
 * given. Without a port it is 443. What is none is left out.
 */
export function hostsOf(list: readonly string[], registries: () => readonly HostPort[]): readonly HostPort[] {
  return list.flatMap((each) => {
    if (each === packages) return registries()
    const isWild = each.startsWith('*.')
    const authority = parseAuthority(isWild ? each.slice(2) : each, 443)
    if (authority === null) return []
    return [isWild ? { ...authority, host: `*.${authority.host}` } : authority]
  })
}
