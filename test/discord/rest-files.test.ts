import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { quietLog } from '../stores/cast.ts'
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

for (const [how, told] of [
  ['in the body', { 'content-type': 'application/json' }],
  ['in the headers', { 'retry-after': '1000000000' }],
  ['by a bucket', { 'x-ratelimit-limit': '1', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '9999999999' }],
] as const) {
  test(`a limit of thirty years, told ${how}, is none that anybody waits for`, async () => {
    let asked = 0
    const absurd = { ...told, 'x-ratelimit-reset-after': '1000000000' }
    await using discord = await rawDiscord((_request, response) => {
      asked += 1
      const isFirst = asked === 1
      response.writeHead(isFirst && how !== 'by a bucket' ? 429 : 200, isFirst ? absurd : {})
      response.end(JSON.stringify({ id: '1', message: 'slow down', retry_after: 1_000_000_000, global: false }))
    })
    for (let nth = 0; nth < 2; nth++) await discord.rest.post('/channels/1/messages', { body: { content: 'hi' } })
    assert.equal(asked, how === 'by a bucket' ? 2 : 3)
  })
}

test('a limit that is said to be over at once, again and again, is waited out for longer each time', async () => {
  const waited: number[] = []
  let asked = 0
  const warn = (fields: object, message: string): void => {
    if (message === 'discord.rate-limited' && 'retryAfterS' in fields) waited.push(Number(fields.retryAfterS))
  }
  await using discord = await rawDiscord(
    (_request, response) => {
      asked += 1
      response.writeHead(asked <= 5 ? 429 : 200, { 'content-type': 'application/json', 'retry-after': '0' })
      response.end(JSON.stringify({ id: '1', message: 'slow down', retry_after: 0, global: false }))
    },
    { ...quietLog, warn },
  )
  await discord.rest.get('/channels/1')
  assert.equal(asked, 6)
  assert.ok(
    waited.every((each, nth) => nth === 0 || each > (waited[nth - 1] ?? 0)),
    waited.join(),
  )
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
