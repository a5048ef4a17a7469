import { request as requestHttp, type IncomingMessage, type ServerResponse } from 'node:http'
import { lookup as resolveName } from 'node:dns/promises'
import { connect, isIP, type LookupFunction } from 'node:net'
import { pipeline, type Duplex } from 'node:stream'
import { authorityOf, type HostPort } from '../core/egress.ts'
import type { AddressRule } from '../system/addresses.ts'
import { onward, onwardOf } from './headers.ts'
import { reject, rejectTunnel, type Rejection } from './refusal.ts'
import type { Counts } from './traffic.ts'

/** Gives a host's addresses. */
export type Resolve = (host: string) => Promise<readonly string[]>

/** Whether a request may go to its host; waits for an answer where a person is asked. */
export type Admit = (left: AbortSignal) => Promise<Rejection | null>

/** A host that a request wants, with what decides about it. */
export interface Destination {
  readonly to: HostPort
  readonly admit: Admit
  readonly resolve: Resolve
  readonly rule: AddressRule
  readonly counts: Counts
  /** Told of every refusal. */
  readonly refused: (why: Rejection['why']) => void
}

/** Early bytes of a tunnel that are kept while it is not open yet; nobody who speaks TLS sends any. */
const mostEarlyBytes = 64 * 1024

/** The system's resolver. */
export const systemResolve: Resolve = async (host) =>
  (await resolveName(host, { all: true })).map(({ address }) => address)

/** A CONNECT: bytes in both directions, which nobody reads. `head`: those that came with it. */
export async function tunnel(socket: Duplex, head: Buffer, destination: Destination): Promise<void> {
  const { counts, to } = destination
  const left = new AbortController()
  const early = [head]
  let earlyBytes = head.length
  const keep = (chunk: Buffer): void => {
    early.push(chunk)
    earlyBytes += chunk.length
    if (earlyBytes > mostEarlyBytes) socket.destroy()
  }
  const leave = (): void => left.abort()
  // Read all the while: only so is it seen that somebody went away.
  socket.on('data', keep).once('end', leave).once('close', leave)
  socket.on('error', () => {})
  const addresses = await addressesFor(destination, left.signal)
  if (left.signal.aborted) return void socket.destroy()
  if (!Array.isArray(addresses)) {
    destination.refused((addresses as Rejection).why)
    return rejectTunnel(socket, addresses as Rejection)
  }
  const far = connect({ host: to.host, port: to.port, lookup: pinned(addresses), noDelay: true })
  const fail = (error: Error): void => rejectTunnel(socket, unreachable(to, error))
  far.once('error', fail)
  socket.once('close', () => far.destroy())
  far.once('connect', () => {
    far.off('error', fail).on('error', () => socket.destroy())
    counts.requests++
    socket.off('data', keep).off('end', leave)
    socket.write('HTTP/1.1 200 Connection Established\r\n\r\n')
    for (const chunk of early) far.write(chunk)
    counts.sentBytes += earlyBytes
    socket.on('data', (chunk: Buffer) => (counts.sentBytes += chunk.length))
    far.on('data', (chunk: Buffer) => (counts.receivedBytes += chunk.length))
    pipeline(socket, far, () => {})
    pipeline(far, socket, () => {})
  })
}

/** A request to a whole address, without TLS. `path`: path and query. */
export async function forward(
  asked: IncomingMessage,
  answered: ServerResponse,
  path: string,
  destination: Destination,
): Promise<void> {
  const { counts, to } = destination
  const left = new AbortController()
  answered.once('close', () => left.abort())
  const addresses = await addressesFor(destination, left.signal)
  if (left.signal.aborted) return
  if (!Array.isArray(addresses)) {
    destination.refused((addresses as Rejection).why)
    return reject(answered, addresses as Rejection)
  }
  counts.requests++
  const sent = requestHttp({
    host: to.host,
    port: to.port,
    path,
    method: asked.method ?? 'GET',
    headers: { ...onwardOf(asked), host: authorityOf(to).replace(/:80$/, '') },
    agent: false,
    lookup: pinned(addresses),
  })
  answered.once('close', () => sent.destroy())
  sent.on('error', (error) => {
    if (!answered.destroyed) reject(answered, unreachable(to, error))
  })
  sent.once('response', (response) => {
    answered.writeHead(response.statusCode ?? 502, onward(response.headers))
    response.on('data', (chunk: Buffer) => (counts.receivedBytes += chunk.length))
    pipeline(response, answered, () => {})
  })
  asked.on('data', (chunk: Buffer) => (counts.sentBytes += chunk.length))
  pipeline(asked, sent, () => {})
}

/**
 * Where a request may connect to. The name is looked up here, once, and only when the host is open: a look-up alone tells
 * a name's owner what stands in it.
 */
export async function addressesFor(
  { to, admit, resolve, rule }: Destination,
  left: AbortSignal,
): Promise<readonly string[] | Rejection> {
  // An address that nobody may open is not asked about.
  if (isIP(to.host) !== 0 && !rule(to.host)) return privateAddress(to)
  const rejection = await admit(left)
  if (rejection !== null) return rejection
  if (isIP(to.host) !== 0) return [to.host]
  try {
    const addresses = await resolve(to.host)
    if (addresses.length === 0) throw new Error('the name has no address')
    return addresses.every(rule) ? addresses : privateAddress(to)
  } catch (error) {
    return unreachable(to, error as Error)
  }
}

/** Gives what was looked up and judged before, so that nobody looks a second time and gets something else. */
export function pinned(addresses: readonly string[]): LookupFunction {
  const found = addresses.map((address) => ({ address, family: isIP(address) }))
  return (_host, { all }, done) => {
    const [first] = found
    if (all === true) done(null, found)
    else done(null, first?.address ?? '', first?.family ?? 4)
  }
}

function privateAddress(to: HostPort): Rejection {
  const text = `${authorityOf(to)} is not on the public internet; agents reach nothing on the machine or in its networks.`
  return { status: 403, why: 'private-address', text }
}

function unreachable(to: HostPort, error: Error): Rejection {
  return { status: 502, why: 'unreachable', text: `${authorityOf(to)} was not reached: ${error.message}` }
}
