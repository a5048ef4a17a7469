import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import { Problem } from '../../src/core/failure.ts'
import { download } from '../../src/discord/download.ts'

const patience = { wholeMs: 60_000, pieceMs: 30_000 }
/** For what never comes. */
const short = { wholeMs: 20_000, pieceMs: 300 }
const { signal } = new AbortController()

async function served(answer: RequestListener): Promise<{ origin: string; asked: string[] } & AsyncDisposable> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    answer(request, response)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function got(url: string, api: string | null, within = patience): Promise<string> {
  const pieces: Uint8Array[] = []
  for await (const piece of download({ name: 'a.txt', url }, { api, signal, patience: within })) pieces.push(piece)
  return Buffer.concat(pieces).toString()
}

const isWire = (error: unknown): boolean => error instanceof Problem && error.kind === 'wire'

describe('what people attach', () => {
  it('is fetched from the host that the operator named', async () => {
    await using at = await served((_, response) => response.end('hello'))
    assert.equal(await got(`${at.origin}/cdn/a.txt`, `${at.origin}/api`), 'hello')
  })

  it('is asked of no other host, whatever its address looks like', async () => {
    await using at = await served((_, response) => response.end('the inside of the network'))
    const [, port] = at.origin.split('127.0.0.1:')
    for (const url of [
      `${at.origin}/latest/meta-data`,
      `http://localhost:${port}/a`,
      `http://cdn.discordapp.com@127.0.0.1:${port}/a`,
      `http://cdn.discordapp.com.127.0.0.1.nip.io:${port}/a`,
      `http://cdn.discordapp.com:${port}/a`,
      'http://cdn.discordapp.com/a',
      'file:///etc/passwd',
      'data:text/plain,hello',
      '',
    ]) {
      await assert.rejects(got(url, null), isWire, url)
      await assert.rejects(got(url, 'http://127.0.0.1:1/api'), isWire, url)
    }
    assert.deepEqual(at.asked, [])
  })

  it('is not followed elsewhere', async () => {
    await using inside = await served((_, response) => response.end('the inside'))
    await using at = await served((_, response) => {
      response.writeHead(302, { location: inside.origin }).end()
    })
    await assert.rejects(got(`${at.origin}/a`, at.origin), isWire)
    assert.deepEqual(inside.asked, [])
  })

  it('that is gone, stops half-way or never begins is a problem of the wire', async () => {
    await using gone = await served((_, response) => response.writeHead(404).end('no longer available'))
    await assert.rejects(got(`${gone.origin}/a`, gone.origin), /404/)
    await using half = await served((_, response) => void response.write('half'))
    await assert.rejects(got(`${half.origin}/a`, half.origin, short), /in time/)
    await using silent = await served(() => {})
    await assert.rejects(got(`${silent.origin}/a`, silent.origin, short), /in time/)
    await using cut = await served((_, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('half', () => response.destroy())
    })
    await assert.rejects(got(`${cut.origin}/a`, cut.origin), isWire)
  })
})
