import http from 'node:http'
import https from 'node:https'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { connect as connectTls } from 'node:tls'
import type { Duplex } from 'node:stream'
import { fieldsOf, textAt, type Fields } from './json-file.ts'

/** What a token server said. */
export interface TokenAnswer {
  readonly status: number
  readonly body: Fields
}

const connectWithinMs = 10_000

/** Somebody on the way said no, so nothing has been sent to the server: the next way may be tried. */
class NoWay extends Error {}

/**
 * Asks a token server: by the proxies (HTTP) in their order, then without one. The next way is tried only where this one
 * has delivered nothing, because a refresh token may be spent by then. @throws with a text that holds no secret.
 */
export async function askTokenServer(
  server: string,
  request: Fields,
  proxies: readonly string[],
  patienceMs: number,
): Promise<TokenAnswer> {
  const faults: string[] = []
  for (const proxy of [...proxies, null]) {
    const way = proxy === null ? 'directly' : `by ${new URL(proxy).host}`
    try {
      const answer = await ask(new URL(server), JSON.stringify(request), proxy, patienceMs)
      if (!isBarred(answer)) return answer
      faults.push(`${way}: HTTP ${answer.status}`)
    } catch (error) {
      faults.push(`${way}: ${reasonOf(error)}`)
      if (!(error instanceof NoWay)) break
    }
  }
  throw new Error(faults.join('; '))
}

/** Turned away by what stands before the server (a wall against strangers), which is not the server's own word. */
function isBarred({ status, body }: TokenAnswer): boolean {
  return status === 403 && textAt(body, 'error') === null && Object.keys(fieldsOf(body['error'])).length === 0
}

async function ask(server: URL, body: string, proxy: string | null, patienceMs: number): Promise<TokenAnswer> {
  const line = await lineTo(server, proxy)
  const signal = AbortSignal.timeout(patienceMs)
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    const sent = http.request({
      method: 'POST',
      host: server.hostname,
      path: server.pathname + server.search,
      headers: {
        host: server.host,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        connection: 'close',
      },
      // A line of its own for each request: nothing is kept open between two renewals.
      createConnection: () => line,
      signal,
    })
    sent.once('error', reject).once('response', resolve).end(body)
  })
  const said = await text(response)
  return { status: response.statusCode ?? 0, body: fieldsOf(parsed(said)) }
}

/** An open line to the server. @throws {NoWay} */
async function lineTo(server: URL, proxy: string | null): Promise<Duplex> {
  const isSecure = server.protocol === 'https:'
  const port = Number(server.port || (isSecure ? 443 : 80))
  const raw = proxy === null ? null : await tunnel(new URL(proxy), `${server.hostname}:${port}`)
  if (!isSecure) return raw ?? opened(() => connect({ host: server.hostname, port }), 'connect')
  const servername = server.hostname
  const tls = raw === null ? { host: server.hostname, port, servername } : { socket: raw, servername }
  return opened(() => connectTls(tls), 'secureConnect')
}

function tunnel(proxy: URL, to: string): Promise<Duplex> {
  const { username, password } = proxy
  const login = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')
  const sent = (proxy.protocol === 'https:' ? https : http).request({
    method: 'CONNECT',
    host: proxy.hostname,
    port: proxy.port || (proxy.protocol === 'https:' ? 443 : 80),
    path: to,
    agent: false,
    headers: { host: to, ...(username === '' ? {} : { 'proxy-authorization': `Basic ${login}` }) },
  })
  return new Promise((resolve, reject) => {
    sent.setTimeout(connectWithinMs, () => sent.destroy(new Error(`no line in ${connectWithinMs / 1000} s`)))
    sent.once('error', (error) => reject(new NoWay(reasonOf(error))))
    sent.once('response', ({ statusCode }) => {
      sent.destroy()
      reject(new NoWay(`the proxy answered ${statusCode}`))
    })
    sent.once('connect', ({ statusCode }, socket) => {
      socket.setTimeout(0)
      if (statusCode === 200) return resolve(socket)
      socket.destroy()
      reject(new NoWay(`the proxy answered ${statusCode}`))
    })
    sent.end()
  })
}

function opened(dial: () => Duplex, event: string): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const line = dial()
    const late = setTimeout(() => line.destroy(new Error(`no line in ${connectWithinMs / 1000} s`)), connectWithinMs)
    const fail = (error: Error): void => {
      clearTimeout(late)
      reject(new NoWay(reasonOf(error)))
    }
    line.once('error', fail)
    line.once(event, () => {
      clearTimeout(late)
      line.off('error', fail)
      resolve(line)
    })
  })
}

/** A word about what went wrong on the wire, without addresses that may hold a password. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'it failed'
  if (error.name === 'TimeoutError' || error.name === 'AbortError') return 'no answer in time'
  const code = 'code' in error && typeof error.code === 'string' ? error.code : null
  return code ?? error.message.split('\n', 1)[0]?.slice(0, 120) ?? 'it failed'
}

function parsed(said: string): unknown {
  try {
    return JSON.parse(said)
  } catch {
    return null
  }
}
