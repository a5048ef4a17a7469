import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { messageOf, Problem } from '../core/failure.ts'
import type { Health, WorkerHealth } from '../core/health.ts'
import type { Log } from '../core/log.ts'
import type { Metrics } from './metrics.ts'

export interface WebOptions {
  /** OMC_HEALTHZ_PORT; 0: any free one. */
  readonly port: number
  /** How it is now. May reject: then it cannot serve. */
  readonly health: () => Promise<Health | WorkerHealth>
  readonly metrics: () => Promise<Pick<Metrics, 'contentType' | 'text'>>
  /** The operator's page, loaded when somebody first asks for it; left out: there is none. */
  readonly page?: (() => Promise<PageListener>) | undefined
  readonly log: Log
}

/** Answers what the operator's page asks for. */
export type PageListener = (request: IncomingMessage, response: ServerResponse) => Promise<void>

/** The local web server. Whoever started it closes it. */
export interface Web extends AsyncDisposable {
  readonly port: number
  /** Ends it and the connections it has. Idempotent. */
  close(): Promise<void>
}

/** Programs on this machine may ask, web pages may not: a page that rebinds its name to 127.0.0.1 still sends the name. */
const ourNames = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/i

/**
 * Serves on 127.0.0.1: `GET /healthz` (the health as JSON; 503 with `reasons` when it cannot serve) and `GET /readyz`
 * (200 once it serves and Discord is connected), `GET /metrics` (for Prometheus), and the operator's page. Rejects with a `refused` problem when the port is taken.
 */
export async function startWeb({ port, health, metrics, page, log }: WebOptions): Promise<Web> {
  const answer = async (path: string): Promise<Answer | null> => {
    switch (path) {
      case '/healthz': {
        const now = await health()
        return json(now.ok ? 200 : 503, now)
      }
      case '/readyz': {
        const now = await health()
        // A machine has no gateway.
        const gateway = 'gateway' in now ? now.gateway.state : 'ready'
        const reasons = gateway === 'ready' ? now.reasons : [...now.reasons, `gateway ${gateway}`]
        const ready = now.ok && gateway === 'ready'
        return json(ready ? 200 : 503, { ready, reasons: ready ? [] : reasons })
      }
      case '/metrics': {
        const { contentType, text } = await metrics()
        return { status: 200, type: contentType, body: await text() }
      }
      default:
        return null
    }
  }
  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    const path = URL.parse(request.url ?? '', 'http://127.0.0.1')?.pathname ?? ''
    const isOurs = ourNames.test(request.headers.host ?? '')
    const found = isOurs ? isRead && (await answer(path)) : { status: 403, body: 'Ask for 127.0.0.1 or localhost.\n' }
    if (found) return give(response, found)
    if (page === undefined) return give(response, { status: 404, body: 'There is nothing here.\n' })
    response.setHeader('cache-control', 'no-store')
    const listener = await page()
    await listener(request, response)
  }

  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      log.error({ error }, 'health.failed')
      if (!response.headersSent) give(response, json(503, { ok: false, reasons: [messageOf(error)] }))
      else response.destroy()
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(taken(cause, port)))
    server.listen(port, '127.0.0.1', resolve)
  })
  const close = once(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  )
  return { port: (server.address() as AddressInfo).port, close, [Symbol.asyncDispose]: close }
}

interface Answer {
  readonly status: number
  readonly type?: string
  readonly body: string
}

function json(status: number, value: unknown): Answer {
  return { status, type: 'application/json', body: JSON.stringify(value) }
}

function give(response: ServerResponse, { status, type = 'text/plain; charset=UTF-8', body }: Answer): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body)
}

function taken(cause: Error, port: number): Problem {
  const why = 'code' in cause && cause.code === 'EADDRINUSE' ? 'another program has it' : cause.message
  return new Problem(
    'refused',
    `The health page cannot listen on 127.0.0.1:${port}: ${why}. Choose another port with OMC_HEALTHZ_PORT, or "off".`,
    { cause },
  )
}

function once(run: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | null = null
  return () => (done ??= run())
}
