import assert from 'node:assert/strict'
import { request } from 'node:http'
import { describe, it } from 'node:test'
import { Problem } from '../../src/core/failure.ts'
import type { Health } from '../../src/core/health.ts'
import { startWeb, type PageListener } from '../../src/web/health.ts'
import { createMetrics } from '../../src/web/metrics.ts'
import { wellHealth } from '../locales/samples.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }

interface Got {
  readonly status: number
  readonly body: string
}

/** fetch does not let us choose the Host header. */
function get(port: number, path: string, host = `127.0.0.1:${port}`): Promise<Got> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, headers: { host } }, (answer) => {
      let body = ''
      answer.setEncoding('utf8').on('data', (piece: string) => (body += piece))
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }))
    })
      .on('error', reject)
      .end()
  })
}

const serve = (health: () => Promise<Health>, port = 0) =>
  startWeb({ port, health, metrics: async () => createMetrics({ health }), log: silent })

describe('/healthz and /readyz', () => {
  it('give the health', async () => {
    await using web = await serve(() => Promise.resolve(wellHealth))
    const got = await get(web.port, '/healthz')
    assert.equal(got.status, 200)
    assert.deepEqual(JSON.parse(got.body), wellHealth)
    assert.deepEqual(await get(web.port, '/readyz'), { status: 200, body: '{"ready":true,"reasons":[]}' })
  })

  it('give 503 with the reasons when it cannot serve', async () => {
    await using web = await serve(() => Promise.resolve({ ...wellHealth, ok: false, reasons: ['the disk is full'] }))
    const got = await get(web.port, '/healthz')
    assert.equal(got.status, 503)
    assert.deepEqual((JSON.parse(got.body) as Health).reasons, ['the disk is full'])
    assert.deepEqual(await get(web.port, '/readyz'), {
      status: 503,
      body: '{"ready":false,"reasons":["the disk is full"]}',
    })
  })

  it('is alive but not ready before Discord is connected', async () => {
    const gateway = { state: 'connecting', lastEventAgeMs: null, ping: null, serversAway: [], serversHere: 1 } as const
    await using web = await serve(() => Promise.resolve({ ...wellHealth, gateway }))
    assert.equal((await get(web.port, '/healthz')).status, 200)
    const got = await get(web.port, '/readyz')
    assert.equal(got.status, 503)
    assert.match(got.body, /gateway connecting/)
  })

  it('gives what Prometheus reads, to programs on this machine alone', async () => {
    await using web = await serve(() => Promise.resolve(wellHealth))
    assert.match((await get(web.port, '/metrics')).body, /^omc_up 1$/m)
    assert.equal((await get(web.port, '/metrics', 'evil.example')).status, 403)
  })

  it('give 503 when even that cannot be told', async () => {
    await using web = await serve(() => Promise.reject(new Error('the store is closed')))
    assert.deepEqual(await get(web.port, '/healthz'), {
      status: 503,
      body: '{"ok":false,"reasons":["the store is closed"]}',
    })
  })

  it('answer only to their own names', async () => {
    await using web = await serve(() => Promise.resolve(wellHealth))
    for (const host of ['localhost', `localhost:${web.port}`, '[::1]:1', '127.0.0.1']) {
      assert.equal((await get(web.port, '/healthz', host)).status, 200, host)
    }
    for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', '0.0.0.0', '127.0.0.2']) {
      assert.equal((await get(web.port, '/healthz', host)).status, 403, host)
    }
    assert.equal((await get(web.port, '/nothing')).status, 404)
  })

  it('load the page for whoever asks for it, and for nobody else', async () => {
    let asked = 0
    const page = async (): Promise<PageListener> => {
      asked += 1
      if (asked > 1) throw new Error('it cannot be loaded')
      return async (request, response) => void response.end(`the page at ${request.url}`)
    }
    const health = () => Promise.resolve(wellHealth)
    const metrics = async () => createMetrics({ health })
    await using web = await startWeb({ port: 0, health, metrics, page, log: silent })
    assert.equal((await get(web.port, '/healthz')).status, 200)
    assert.equal((await get(web.port, '/', 'evil.example')).status, 403)
    assert.equal(asked, 0)
    assert.deepEqual(await get(web.port, '/page/me'), { status: 200, body: 'the page at /page/me' })
    assert.deepEqual(await get(web.port, '/'), {
      status: 503,
      body: '{"ok":false,"reasons":["it cannot be loaded"]}',
    })
    assert.equal((await get(web.port, '/healthz')).status, 200)
  })

  it('says what to do when the port is taken, and closes twice', async () => {
    const web = await serve(() => Promise.resolve(wellHealth))
    await assert.rejects(
      serve(() => Promise.resolve(wellHealth), web.port),
      (error) => {
        assert.ok(error instanceof Problem && error.kind === 'refused')
        assert.match(error.message, /another program has it.*OMC_HEALTHZ_PORT/)
        return true
      },
    )
    await Promise.all([web.close(), web.close()])
    await assert.rejects(get(web.port, '/healthz'), /ECONNREFUSED/)
  })
})
