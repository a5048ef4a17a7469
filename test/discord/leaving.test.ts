import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { code, plain } from '../../src/core/markdown.ts'
import { literal } from '../../src/core/visible.ts'
import { secretScan } from '../../src/core/secret-scan.ts'
import { Leaving } from '../../src/discord/leaving.ts'

const own = 'MTA1_aB3dE5gH7jK9mN2pQ4sT6vW8'
const token = ['ghp', 'aB3dE5gH7jK9mN2pQ4sT6vW8yZ0cF1xR5tU7'].join('_')
const long = `sk-ant-api03-${'aB3dE5gH7jK9mN2pQ4sT6vW8yZ0cF1'.repeat(2)}_gH7jK9mN2pQ4sT6vW8yZ0cF1`
const secrets = [token, long, own, 'password: aB3dE5_gH7jK9mN2', 'https://me:aB3dE5gH7jK9@git.example.org']

/** What is sent of a text, and which kinds were told. */
function sent(content: string): { readonly content: string; readonly told: readonly string[] } {
  const told: string[] = []
  const leaving = new Leaving(
    secretScan(() => [own]),
    (_place, rules) => told.push(...rules),
  )
  const body = { content, embeds: [{ description: content }] }
  const clean = leaving.clean({ method: 'POST', fullRoute: '/channels/1/messages', body } as never).body
  return { content: (clean as typeof body).content, told }
}

describe('what is sent to Discord', () => {
  test('holds no secret where its signs are written so that Discord does not draw them', () => {
    for (const secret of secrets)
      for (const drawn of [plain(secret), code(secret), literal(secret), `**${plain(`*so* ${secret} is_it`)}**`]) {
        const { content, told } = sent(drawn)
        assert.ok(!/gH7jK9/.test(content), drawn)
        assert.ok(told.length > 0, drawn)
      }
    assert.equal(sent(`**${plain(`*so* ${token} is_it`)}**`).content, `**\\*so\\* ${'•'.repeat(41)} is\\_it**`)
  })

  test('holds no part of one that was shortened on its way', () => {
    for (const secret of secrets)
      for (let limit = 8; limit < secret.length + 4; limit++)
        for (const drawn of [plain(secret, limit), code(secret, limit), `**${plain(`run ${secret}`, limit + 4)}**`])
          assert.ok(!/gH7jK9/.test(sent(drawn).content), `${drawn} → ${sent(drawn).content}`)
  })

  test('offers nothing that would come back with a secret in it', () => {
    const leaving = new Leaving(
      secretScan(() => [own]),
      () => undefined,
    )
    const choices = [token, 'lib'].map((name) => ({ name, value: name }))
    const request = { method: 'POST', fullRoute: '/interactions/1/x/callback', body: { type: 8, data: { choices } } }
    assert.deepEqual(leaving.clean(request as never).body, { type: 8, data: { choices: choices.slice(1) } })
  })

  test('is otherwise left as it is', () => {
    for (const text of ['a\\_b', plain('snake_case and *stars* and https://example.org'), 'ends with \\', '😀\\*😀'])
      assert.deepEqual(sent(text), { content: text, told: [] })
  })
})
