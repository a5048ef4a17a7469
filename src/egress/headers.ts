import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'

/** Headers that are between two neighbours and go no further (RFC 9110, 7.6.1). */
const hopByHop = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]

/** Headers that go on to the next hop. Those that `connection` names stay behind as well. */
export function onward(headers: IncomingHttpHeaders, ...without: readonly string[]): OutgoingHttpHeaders {
  const named = (headers.connection ?? '').split(',').map((each) => each.trim().toLowerCase())
  const left = new Set([...hopByHop, ...named, ...without])
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !left.has(name)))
}
