import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import type { REST } from '@discordjs/rest'
import { secretScan } from '../../src/core/secret-scan.ts'
import { noMeter } from '../../src/core/meter.ts'
import { Budgets } from '../../src/discord/budgets.ts'
import { Leaving } from '../../src/discord/leaving.ts'
import { createRest } from '../../src/discord/rest.ts'
import { Skew } from '../../src/discord/skew.ts'
import { hostClock } from '../../src/system/host.ts'
import { Scene } from './scene.ts'

test('a limit whose end is written as words or as a moment is waited out, and not asked through', async () => {
  await using scene = await Scene.open()
  let asked = 0
  let since = 0
  const server = createServer((_request, response) => {
    asked += 1
    if (asked === 1) since = performance.now()
    const isOver = performance.now() - since > 1000
    response.writeHead(isOver ? 200 : 429, {
      'content-type': 'application/json',
      'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT',
    })
    response.end(JSON.stringify(isOver ? { id: '1' } : { message: 'slow down', retry_after: '1.2', global: false }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const rest = restTo(server, scene)
  assert.deepEqual(await rest.get('/channels/1'), { id: '1' })
  assert.equal(asked, 2)
  await closed(rest, server)
})

test('a file whose sending is broken off ends the request, and nothing else', async () => {
  await using scene = await Scene.open()
  let heard = 0
  // It hangs up as soon as it hears of a request, in the middle of what is sent.
  const server = createServer((request) => {
    heard += 1
    request.socket.destroy()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const rest = restTo(server, scene)
  const files = [1, 2, 3].map((at) => ({ name: `${at}.txt`, data: Buffer.alloc(300_000, 'x') }))
  const sent = Array.from({ length: 40 }, (_, at) =>
    rest.post(`/channels/${at}/messages`, { body: { content: 'here' }, files }).catch((error: unknown) => error),
  )
  const answers = await Promise.all(sent)
  await setImmediate()
  await closed(rest, server)
  for (const answer of answers) assert.ok(answer instanceof Error)
  assert.ok(heard >= 40)
})

function restTo(server: Server, scene: Scene): REST {
  const { port } = server.address() as AddressInfo
  const leaving = new Leaving(
    secretScan(() => []),
    () => {},
  )
  return createRest({
    token: 'token',
    api: `http://127.0.0.1:${port}/api`,
    log: scene.log,
    clock: hostClock,
    skew: new Skew(),
    meter: noMeter,
    budgets: new Budgets(hostClock),
    leaving,
    // No story of waiting: on a busy machine forty connections take long to be heard.
    answerWithinMs: 60_000,
  })
}

async function closed(rest: REST, server: Server): Promise<void> {
  rest.clearHashSweeper()
  rest.clearHandlerSweeper()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
}
