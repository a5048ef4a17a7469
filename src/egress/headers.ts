import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http'

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

/**
 * Headers of a request that go on, with how long its body is in the words that we have understood: Node says nothing of it
 * for a GET, and what comes behind would be a request of its own there, also in front of somebody else's.
 */
export function onwardOf({ headers }: IncomingMessage, ...without: readonly string[]): OutgoingHttpHeaders {
  const { 'transfer-encoding': encoding, 'content-length': length } = headers
  const body =
    encoding !== undefined
      ? { 'transfer-encoding': 'chunked' }
      : length === undefined
        ? {}
        : { 'content-length': length }
  return { ...onward(headers, 'content-length', ...without), ...body }
}

/** Headers that go on to the next hop. Those that `connection` names stay behind as well. */
export function onward(headers: IncomingHttpHeaders, ...without: readonly string[]): OutgoingHttpHeaders {
  const named = (headers.connection ?? '').split(',').map((each) => each.trim().toLowerCase())
  const left = new Set([...hopByHop, ...named, ...without])
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !left.has(name)))
}
