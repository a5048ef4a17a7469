import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { RouteLike } from '@discordjs/rest'
import { Routes } from 'discord-api-types/v10'
import { meaningOf } from '../../src/discord/request-queues.ts'
import { rawDiscord } from './raw.ts'

interface Answer {
  readonly status: number
  readonly type?: string
  readonly body?: string
}

const json = 'application/json'
const html = 'text/html'
const [one, other] = ['100000000000000001', '100000000000000002']

/** Each says that it went well, or nothing; none is what Discord answers. */
const odd: Readonly<Record<string, Answer>> = {
  'nothing at all': { status: 200 },
  'nothing, as JSON': { status: 200, type: json },
  'no content': { status: 204 },
  'perhaps later': { status: 202 },
  'a page': { status: 200, type: html, body: '<html>Welcome</html>' },
  'a page, as JSON': { status: 200, type: json, body: '<html>Welcome</html>' },
  'an empty object': { status: 200, type: json, body: '{}' },
  null: { status: 200, type: json, body: 'null' },
  'a text': { status: 200, type: json, body: '"ok"' },
  elsewhere: { status: 302, type: html, body: '<html>Moved</html>' },
  'elsewhere, for good': { status: 308 },
  'nothing new': { status: 304 },
  'a page that says no': { status: 400, type: html, body: '<html>400 Bad Request</html>' },
  'a page that knows nothing': { status: 404, type: html, body: '<html>Not Found</html>' },
  'no, without a word': { status: 405 },
  'gone, without a word': { status: 410 },
  'null that says no': { status: 400, type: json, body: 'null' },
}

/** What is asked, and what is no answer to it although it may be one to others. */
const calls: Readonly<
  Record<string, readonly [method: 'get' | 'post' | 'patch', route: RouteLike, ...also: string[]]>
> = {
  'the gateway': ['get', Routes.gatewayBot(), '[]'],
  'a channel': ['get', Routes.channel(one), '[]', '{"type":0}'],
  'a message': ['get', Routes.channelMessage(one, other), '[]', '{"content":"no id"}'],
  messages: ['get', Routes.channelMessages(one), '{"id":"1"}'],
  'a member': ['get', Routes.guildMember(one, other), '[]', '{"user":{"id":"1"}}'],
  'a server': ['get', Routes.guild(one), '[]'],
  commands: ['get', Routes.applicationGuildCommands(one, other), '{"id":"1"}'],
  'a post': ['post', Routes.channelMessages(one), '[]', '{"content":"no id"}'],
  'an edit': ['patch', Routes.channelMessage(one, other), '[]', '{"content":"no id"}'],
  'a direct channel': ['post', Routes.userChannels(), '[]', '{"type":1}'],
}

describe('an answer that is none', { concurrency: true }, () => {
  for (const [about, [method, route, ...also]] of Object.entries(calls)) {
    test(`to ${about} is trouble on the way: neither a yes nor a no`, async () => {
      let now: Answer = { status: 200 }
      await using discord = await rawDiscord((_request, response) => {
        response.writeHead(now.status, now.type === undefined ? {} : { 'content-type': now.type })
        response.end(now.body)
      })
      const others = also.map((body) => [body, { status: 200, type: json, body }] as const)
      for (const [name, answer] of [...Object.entries(odd), ...others]) {
        now = answer
        const error: unknown = await discord.rest[method](
          route,
          method === 'get' ? {} : { body: { content: 'hi' } },
        ).then(
          (value) => assert.fail(`${name} was taken for ${JSON.stringify(value)}`),
          (no: unknown) => no,
        )
        assert.equal(meaningOf(error).kind, 'trouble', `${name}: ${String(error)}`)
      }
    })
  }

  test('where nobody reads what is said with a yes, a yes is enough: nothing is said or done twice', async () => {
    let asked = 0
    let now: Answer = { status: 200 }
    await using discord = await rawDiscord((_request, response) => {
      asked += 1
      response.writeHead(now.status, now.type === undefined ? {} : { 'content-type': now.type })
      response.end(now.body)
    })
    const { rest } = discord
    const yes = Object.values(odd).filter(({ status }) => status < 300)
    for (const answer of yes) {
      now = answer
      await rest.post(Routes.webhook(one, 'token'), { auth: false, body: { content: 'beside' } })
      await rest.post(Routes.interactionCallback(one, 'token'), { auth: false, body: { type: 5 } })
      await rest.patch(Routes.webhookMessage(one, 'token'), { auth: false, body: { content: 'in its place' } })
      await rest.put(Routes.channelMessageOwnReaction(one, other, 'x'))
      await rest.delete(Routes.channelMessage(one, other))
    }
    assert.equal(asked, 5 * yes.length)
  })

  test('a list or a thing is taken as it is told, whatever it is said to be', async () => {
    let body = '[]'
    await using discord = await rawDiscord((_request, response) => response.end(body))
    assert.deepEqual(await discord.rest.get(Routes.channelMessages(one)), [])
    body = '{"id":"7","more":[1]}'
    assert.deepEqual(await discord.rest.post(Routes.channelMessages(one), { body: {} }), { id: '7', more: [1] })
    body = '{"user":{"id":"7"},"roles":[]}'
    assert.deepEqual(await discord.rest.get(Routes.guildMember(one, other)), { user: { id: '7' }, roles: [] })
  })
})
