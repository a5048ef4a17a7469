import { deepEqual, doesNotMatch, equal, match, rejects } from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { test } from 'node:test'
import { askTokenServer } from '../../src/egress/token-server.ts'
import { TokenStage } from './token-stage.ts'

const nobody = 'http://127.0.0.1:9'

interface Proxy extends AsyncDisposable {
  readonly url: string
  readonly logins: string[]
}

/** A CONNECT proxy; without a login it lets nobody through. */
async function proxy(login: string | null): Promise<Proxy> {
  const logins: string[] = []
  const server: Server = createServer()
  server.on('connect', (asked, socket) => {
    logins.push(Buffer.from((asked.headers['proxy-authorization'] ?? '').slice(6), 'base64').toString())
    if (logins.at(-1) !== login) return socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')
    const [, port] = (asked.url ?? '').split(':')
    const line = connect(Number(port), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      line.pipe(socket).pipe(line)
    })
    line.on('error', () => socket.destroy())
    socket.on('error', () => line.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { url: `127.0.0.1:${port}`, logins, [Symbol.asyncDispose]: async () => void server.close() }
}

const request = { grant_type: 'refresh_token', refresh_token: 'refresh-0' }

test('proxies are tried in order, then the direct way; the token reaches the server once', async () => {
  await using stage = await TokenStage.open()
  await using wary = await proxy(null)
  await using good = await proxy('bot:pass word')
  const ways = [nobody, `http://bot:wrong@${wary.url}`, `http://bot:pass%20word@${good.url}`, nobody]
  equal((await askTokenServer(stage.url, request, ways, 5000)).status, 200)
  deepEqual([wary.logins, good.logins, stage.spent], [['bot:wrong'], ['bot:pass word'], ['refresh-0']])
  stage.current = 'refresh-0'
  equal((await askTokenServer(stage.url, request, [nobody], 5000)).status, 200, 'the direct way')
  equal(stage.spent.length, 2)
})

test('what is told of a failure names the ways and no password', async () => {
  await using wary = await proxy(null)
  const asking = askTokenServer(`${nobody}/token`, request, [`http://bot:secret-word@${wary.url}`], 5000)
  await rejects(asking, (error: Error) => {
    match(error.message, /^by 127\.0\.0\.1:\d+: the proxy answered 407; directly: ECONNREFUSED$/)
    doesNotMatch(error.message, /secret-word|refresh-0/)
    return true
  })
})

test('a wall before the server is gone around; its own no is taken, and a silence is not asked again elsewhere', async () => {
  await using stage = await TokenStage.open()
  await using good = await proxy('')
  let asked = 0
  stage.meanwhile = (answered, answer) => (asked++ === 0 ? answered.writeHead(403).end('<html>') : answer())
  stage.current = 'refresh-0'
  const around = askTokenServer(stage.url, request, [`http://${good.url}`], 5000)
  // It was asked again by the other way; this stand-in had taken the token behind its wall.
  equal((await around).status, 400)
  equal(stage.spent.length, 2)
  deepEqual((await askTokenServer(stage.url, request, [], 5000)).body, { error: 'invalid_grant' })

  stage.current = 'refresh-0'
  stage.meanwhile = () => {}
  await rejects(askTokenServer(stage.url, request, [`http://${good.url}`], 3000), /no answer in time$/)
  equal(stage.spent.length, 4, 'by one way alone')
})
