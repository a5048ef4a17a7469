import http, { type IncomingMessage, type RequestOptions, type ServerResponse } from 'node:http'
import https from 'node:https'
import { pipeline } from 'node:stream'
import type { ModelLogin } from '../core/egress.ts'
import { onward, onwardOf } from './headers.ts'
import { identifying, modelRequest, passFor, type Pass } from './login.ts'
import { masked, Masking } from './masking.ts'
import type { Renewals } from './renewal.ts'
import { reject, type Rejection } from './refusal.ts'
import type { Counts } from './traffic.ts'

const secure = new https.Agent({ keepAlive: true })
const plain = new http.Agent({ keepAlive: true })

export interface ModelTools {
  readonly counts: Counts
  readonly renewals: Renewals
  /** Told of every refusal. */
  readonly refused: (why: Rejection['why']) => void
}

/**
 * Sends a request to the model with the account's login put in, and streams the answer as it comes. What is not the
 * model's own is refused. `url`: path and query.
 */
export async function toModel(
  asked: IncomingMessage,
  answered: ServerResponse,
  url: string,
  login: ModelLogin | null,
  { counts, renewals, refused }: ModelTools,
): Promise<void> {
  const method = asked.method ?? ''
  const request = login === null ? null : modelRequest(login, method, url)
  if (login === null || request === null) {
    refused('not-the-model')
    const text = `Only the model is reached here: ${method} ${url.split('?', 1)[0]} is not open to an agent.`
    return reject(answered, { status: 403, why: 'not-the-model', text })
  }
  const pass = await passFor(login, request.way, renewals)
  if (answered.destroyed) return
  if (pass === null) {
    refused('no-login')
    return reject(answered, { status: 403, why: 'no-login', text: 'The bot has no login for this model.' })
  }
  counts.requests++
  send(asked, answered, new URL(pass.upstream + request.path), pass, counts, () => {
    for (const secret of pass.secrets) renewals.refused(secret)
  })
}

function send(
  asked: IncomingMessage,
  answered: ServerResponse,
  to: URL,
  pass: Pass,
  counts: Counts,
  refused: () => void,
): void {
  const isSecure = to.protocol === 'https:'
  const options: RequestOptions = {
    method: asked.method ?? 'GET',
    agent: isSecure ? secure : plain,
    // Not compressed, so that a secret that comes back is seen.
    headers: { ...onwardOf(asked, ...identifying), 'accept-encoding': 'identity', ...pass.headers },
  }
  const sent = (isSecure ? https : http).request(to, options)
  // Whoever stops listening also stops the model, which would go on and be paid for.
  answered.once('close', () => sent.destroy())
  sent.on('error', (error) => {
    if (answered.destroyed) return
    const text = masked(`The model at ${to.host} was not reached: ${error.message}`, pass.secrets)
    reject(answered, { status: 502, why: 'unreachable', text })
  })
  sent.once('response', (response) => {
    // Renewed before the next request, which the CLI makes by itself.
    if (response.statusCode === 401) refused()
    const headers = Object.entries(onward(response.headers, 'set-cookie')).map(([name, value]) => [
      name,
      masked(String(value), pass.secrets),
    ])
    answered.writeHead(response.statusCode ?? 502, Object.fromEntries(headers))
    answered.flushHeaders()
    response.on('data', (chunk: Buffer) => (counts.receivedBytes += chunk.length))
    pipeline(response, new Masking(pass.secrets), answered, () => {})
  })
  asked.on('data', (chunk: Buffer) => (counts.sentBytes += chunk.length))
  pipeline(asked, sent, () => {})
}
