import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { rawDiscord } from './raw.ts'

test('a limit whose end is written as words or as a moment is waited out, and not asked through', async () => {
  let asked = 0
  let since = 0
  await using discord = await rawDiscord((_request, response) => {
    asked += 1
    if (asked === 1) since = performance.now()
    const isOver = performance.now() - since > 1000
    response.writeHead(isOver ? 200 : 429, {
      'content-type': 'application/json',
      'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT',
    })
    response.end(JSON.stringify(isOver ? { id: '1' } : { message: 'slow down', retry_after: '1.2', global: false }))
  })
  assert.deepEqual(await discord.rest.get('/channels/1'), { id: '1' })
  assert.equal(asked, 2)
})

test('a file whose sending is broken off ends the request, and nothing else', async () => {
  let heard = 0
  // It hangs up as soon as it hears of a request, in the middle of what is sent.
  await using discord = await rawDiscord((request) => {
    heard += 1
    request.socket.destroy()
  })
  const files = [1, 2, 3].map((at) => ({ name: `${at}.txt`, data: Buffer.alloc(300_000, 'x') }))
  const sent = Array.from({ length: 40 }, (_, at) =>
    discord.rest
      .post(`/channels/${at}/messages`, { body: { content: 'here' }, files })
      .catch((error: unknown) => error),
  )
  const answers = await Promise.all(sent)
  await setImmediate()
  for (const answer of answers) assert.ok(answer instanceof Error)
  assert.ok(heard >= 40)
})
