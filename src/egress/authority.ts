import { isIP } from 'node:net'
import type { HostPort } from '../core/egress.ts'

/**
 * A host and port as a request names them (`example.org:443`, `[::1]:80`), in the one form that everything else
 * compares: what a resolver would take for the same host is the same here, an address however it was written (decimal,
 * octal, hexadecimal, shortened) too. Null: it is none.
 */
export function parseAuthority(text: string, usualPort: number | null = null): HostPort | null {
  // Nothing that the parser would read as more than a host and a port.
  if (!/^(\[[0-9a-f:.]+\]|[^\s/?#@\\:[\]%]+)(:\d{1,5})?$/i.test(text)) return null
  const url = URL.parse(`http://${text}/`)
  if (url === null) return null
  const [, named] = /:(\d{1,5})$/.exec(text.replace(/^\[.*\]/, '')) ?? []
  const port = named === undefined ? usualPort : Number(named)
  if (port === null || port < 1 || port > 65_535) return null
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')
  return isIP(host) !== 0 || isName(host) ? { host, port } : null
}

function isName(host: string): boolean {
  return host.length <= 253 && host.split('.').every((label) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label))
}
