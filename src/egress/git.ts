import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import https from 'node:https'
import { pipeline } from 'node:stream'
import { authorityOf, insideBox, type HostPort } from '../core/egress.ts'
import type { GitToken } from '../core/identity.ts'
import { onward, onwardOf } from './headers.ts'
import { addressesFor, pinned, type Destination } from './hosts.ts'
import { identifying } from './login.ts'
import { masked, Masking } from './masking.ts'
import type { Rejection } from './refusal.ts'

/** A request of git to a server that somebody has linked. */
export interface GitRequest {
  /** As `gitOriginOf` writes it. */
  readonly origin: string
  readonly to: HostPort
  /** Path and query. */
  readonly path: string
}

/**
 * Reads `/https/<host>/<path>`. Null: it is not what git itself asks to fetch and to push, and with somebody's token
 * nothing else is asked.
 */
export function gitRequest(method: string, url: string): GitRequest | null {
  const [, scheme = '', authority = '', path = ''] = /^\/(https?)\/([\w.:[\]-]+)(\/.+)$/.exec(url) ?? []
  const parsed = URL.parse(`${scheme}://${authority}`)
  if (parsed === null) return null
  const isAsked = (method === 'GET' ? looking : method === 'POST' ? working : null)?.test(path) === true
  const isPlain = parsed.username === '' && !path.includes('/../') && !path.includes('%')
  if (!isAsked || !isPlain) return null
  const port = Number(parsed.port || (parsed.protocol === 'https:' ? 443 : 80))
  return { origin: parsed.origin, to: { host: parsed.hostname.replace(/^\[|\]$/g, ''), port }, path }
}

const looking = /^\/[^?#]*\/info\/refs\?service=git-(upload|receive)-pack$/
const working = /^\/[^?#]*\/git-(upload|receive)-pack$/

export interface GitAsking {
  readonly destination: Destination
  /** The token of whoever speaks at this moment; waits where nobody can say. Null: there is none. */
  readonly tokenFor: (origin: string, left: AbortSignal) => Promise<GitToken | null>
}

/** Sends a request of git on with the speaker's token put in; it is asked for last, and for this request alone. */
export async function toGit(
  asked: IncomingMessage,
  answered: ServerResponse,
  { origin, to, path }: GitRequest,
  { destination, tokenFor }: GitAsking,
): Promise<void> {
  const left = new AbortController()
  answered.once('close', () => left.abort())
  const addresses = await addressesFor(destination, left.signal)
  if (left.signal.aborted) return
  if (!Array.isArray(addresses)) return refuse(answered, addresses as Rejection, destination)
  const token = await tokenFor(origin, left.signal)
  if (left.signal.aborted) return
  if (token === null) return refuse(answered, notLinked(to), destination)
  const secrets = [token.secret, basicOf(token)]
  destination.counts.requests++
  const sent = (origin.startsWith('https:') ? https : http).request({
    host: to.host,
    port: to.port,
    path,
    method: asked.method ?? 'GET',
    headers: {
      ...onwardOf(asked, ...identifying, 'expect'),
      host: new URL(origin).host,
      // Not compressed, so that a secret that comes back is seen.
      'accept-encoding': 'identity',
      authorization: `Basic ${basicOf(token)}`,
    },
    agent: false,
    lookup: pinned(addresses),
  })
  answered.once('close', () => sent.destroy())
  sent.on('error', (error) => {
    if (answered.destroyed) return
    const text = masked(`${authorityOf(to)} was not reached: ${error.message}`, secrets)
    inWords(answered, { status: 502, why: 'unreachable', text })
  })
  sent.once('response', (response) => {
    if (response.statusCode === 401) {
      response.resume()
      return refuse(answered, notTaken(to), destination)
    }
    const headers = Object.entries(onward(response.headers, 'set-cookie')).map(([name, value]) => [
      name,
      masked(name === 'location' ? inTheBox(String(value), origin) : String(value), secrets),
    ])
    answered.writeHead(response.statusCode ?? 502, Object.fromEntries(headers))
    response.on('data', (chunk: Buffer) => (destination.counts.receivedBytes += chunk.length))
    pipeline(response, new Masking(secrets), answered, () => {})
  })
  asked.on('data', (chunk: Buffer) => (destination.counts.sentBytes += chunk.length))
  pipeline(asked, sent, () => {})
}

/** A repository that has moved on the same server is found by the same way. */
function inTheBox(location: string, origin: string): string {
  const { protocol, host } = new URL(origin)
  const way = `http://${insideBox.git}/${protocol.slice(0, -1)}/${host}`
  return location.startsWith(`${origin}/`) ? way + location.slice(origin.length) : location
}

function basicOf({ username, secret }: GitToken): string {
  return Buffer.from(`${username}:${secret}`).toString('base64')
}

function notLinked(to: HostPort): Rejection {
  const text = `Whoever asked for this work has linked no token for ${authorityOf(to)}. They do it in Discord with /identity link, and then it can be tried again.`
  return { status: 403, why: 'not-linked', text }
}

function notTaken(to: HostPort): Rejection {
  const text = `${authorityOf(to)} did not take the token that whoever asked for this work has linked. They link another one in Discord with /identity link, and then it can be tried again.`
  return { status: 403, why: 'not-linked', text }
}

function refuse(answered: ServerResponse, rejection: Rejection, { refused }: Destination): void {
  refused(rejection.why)
  inWords(answered, rejection)
}

/** git shows its user what is plain text. */
export function inWords(answered: ServerResponse, { status, why, text }: Rejection): void {
  if (answered.headersSent) return void answered.destroy()
  answered.writeHead(status, { 'content-type': 'text/plain', 'x-egress-refused': why }).end(`${text}\n`)
}
