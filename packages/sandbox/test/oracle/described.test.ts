import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { z } from 'zod'
import { buildWorld } from '../../src/description.ts'
import { created, nothing, ok, readBody, route } from '../../src/rest/route.ts'
import { routesOf } from '../../src/sandbox.ts'
import { describeServed } from './described.ts'

const pin = { path: '/channels/{channel_id}/pins/{message_id}' } as const

/** Compiled, never run: each line below `@ts-expect-error` is a drift from Discord's description. */
export const drifts = () => [
  route('PUT', pin.path, nothing),
  route('GET', '/gateway', () => ok({ url: 'ws://127.0.0.1' })),
  // @ts-expect-error a path that Discord does not have
  route('GET', '/channels/{channel_id}/parrots', () => ok([])),
  // @ts-expect-error a method that it does not have there
  route('POST', pin.path, nothing),
  // @ts-expect-error another status
  route('GET', '/gateway', () => created({ url: 'ws://127.0.0.1' })),
  // @ts-expect-error a body where there is none
  route('PUT', pin.path, () => ok({})),
  // @ts-expect-error no body where there is one
  route('GET', '/gateway', () => nothing()),
  // @ts-expect-error a missing key
  route('GET', '/gateway', () => ok({})),
  // @ts-expect-error a key of another type
  route('GET', '/gateway', () => ok({ url: 1 })),
  // @ts-expect-error a list instead of one
  route('GET', '/gateway', () => ok([{ url: 'ws://127.0.0.1' }])),
  // @ts-expect-error a parameter that the path does not have
  route('PUT', pin.path, ({ path }) => (path.guild_id === '' ? nothing() : nothing())),
  route('POST', '/users/@me/channels', ({ body }) => {
    readBody(z.object({ recipient_id: z.string() }), body)
    // @ts-expect-error a key that the body does not have
    readBody(z.object({ recipient: z.string() }), body)
    return ok({ id: '1', type: 1, flags: 0, recipients: [] })
  }),
  route('PUT', pin.path, ({ body }) => {
    // @ts-expect-error no body at all
    readBody(z.object({ reason: z.string() }), body)
    return nothing()
  }),
]

describe('the types of the routes', () => {
  test('are those of the installed discord-api-spec: else run test/oracle/write-described.ts', () => {
    // Formatting is the formatter's.
    const bare = (text: string) => text.replaceAll(/\s|;|,|\(?\|/g, '').replaceAll(/[()]/g, '')
    for (const [name, text] of describeServed(routesOf(buildWorld({})))) {
      const committed = readFileSync(new URL(`../../src/rest/described/${name}`, import.meta.url), 'utf8')
      assert.equal(bare(committed), bare(text), `${name} is not what the package says today`)
    }
  })
})
