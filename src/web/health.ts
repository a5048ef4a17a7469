import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { Hono } from 'hono'
import { messageOf, Problem } from '../core/failure.ts'
import type { Health } from '../core/health.ts'
import type { Log } from '../core/log.ts'

export interface WebOptions {
  /** OMC_HEALTHZ_PORT; 0: any free one. */
  readonly port: number
  /** How the bot is now. May reject: then it cannot serve. */
  readonly health: () => Promise<Health>
  readonly log: Log
}

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
 * (200 once it serves and Discord is connected). Rejects with a `refused` problem when the port is taken.
 */
export async function startWeb({ port, health, log }: WebOptions): Promise<Web> {
  const app = new Hono()
  app.use(async (context, next) => {
    if (!ourNames.test(context.req.header('host') ?? '')) return context.text('Ask for 127.0.0.1 or localhost.\n', 403)
    await next()
    context.header('cache-control', 'no-store')
  })
  app.get('/healthz', async (context) => {
    const now = await health()
    return context.json(now, now.ok ? 200 : 503)
  })
  app.get('/readyz', async (context) => {
    const now = await health()
    const reasons = now.gateway.state === 'ready' ? now.reasons : [...now.reasons, `gateway ${now.gateway.state}`]
    const ready = now.ok && now.gateway.state === 'ready'
    return context.json({ ready, reasons: ready ? [] : reasons }, ready ? 200 : 503)
  })
  app.onError((error, context) => {
    log.error({ error }, 'health.failed')
    return context.json({ ok: false, reasons: [messageOf(error)] }, 503)
  })

  const server = createAdaptorServer({ fetch: app.fetch })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(taken(cause, port)))
    server.listen(port, '127.0.0.1', resolve)
  })
  const close = once(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        if ('closeAllConnections' in server) server.closeAllConnections()
      }),
  )
  return { port: (server.address() as AddressInfo).port, close, [Symbol.asyncDispose]: close }
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
