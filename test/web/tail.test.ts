import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { secretScan } from '../../src/core/secret-scan.ts'
import { newOf, shownAtMost, tailOf, type TextEnd } from '../../src/web/page/tail.ts'
import { fc } from '../random.ts'

const scan = secretScan(() => ['own-secret-of-the-bot-1234'])
const token = ['ghp', 'aB3dE5gH7jK9mN2pQ4sT6vW8yZ0cF1xR5tU7'].join('_')
const line = 'aB3dE5gH7jK9mN2pQ4sT6vW8yZ0cF1'
const key = `-----BEGIN RSA PRIVATE KEY-----\n${`${line}\n`.repeat(60)}-----END RSA PRIVATE KEY-----`

describe('the end of a text that streams', () => {
  it('never shows a part of a secret, wherever it is cut and however far it has come', () => {
    const filler = fc.constantFrom('word ', 'a line\n', 'x'.repeat(3_000))
    const hidden = fc.constantFrom(token, key, 'own-secret-of-the-bot-1234')
    fc.assert(
      fc.property(filler, hidden, filler, fc.nat(), fc.nat(), (before, secret, after, within, less) => {
        // What is shown begins somewhere in the secret, or the text has come just as far.
        const behind = shownAtMost - (within % secret.length)
        const whole = `${before.repeat(20)} ${secret}${` ${after.repeat(1_000)}`.slice(0, behind)}`
        const cut = whole.slice(0, whole.length - (less % 3 === 0 ? less % (behind + secret.length) : 0))
        const shown = tailOf(cut, scan, true).text
        const body = secret === key ? line : secret.slice(8)
        for (let at = 0; at + 8 <= body.length; at++) {
          const part = body.slice(at, at + 8)
          assert.ok(!shown.includes(part), `${part} is shown`)
        }
      }),
    )
  })

  it('hides a value whose name stands before what is shown, in a line without end', () => {
    const value = 'Zx81kfj29dk3kd93kd0'
    for (const named of [`{"password": "${value}"}`, `machine x login y password ${value}`])
      for (let behind = shownAtMost - 60; behind <= shownAtMost; behind++) {
        const { text } = tailOf(`${'word '.repeat(1_000)}${named} ${'x '.repeat(2_000).slice(0, behind)}`, scan, true)
        assert.ok(!text.includes(value), named)
      }
  })

  it('is the same for who hears each change as for who asks for all of it', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '\n'), maxLength: 4_000 })
    fc.assert(
      fc.property(fc.array(text, { maxLength: 8 }), fc.nat(7), (pieces, anew) => {
        let whole = ''
        let before: TextEnd | null = null
        let page: TextEnd = { from: 0, text: '' }
        for (const [nth, piece] of pieces.entries()) {
          // Another attempt begins its answer anew.
          whole = nth === anew ? piece : whole + piece
          const now = tailOf(whole, scan, true)
          const news = newOf(before, now)
          if (news !== null) {
            const all: string =
              news.at < page.from || news.at > page.from + page.text.length
                ? ''
                : page.text.slice(0, news.at - page.from)
            const from: number = all === '' ? news.at : page.from
            page = { from: news.from, text: (all + news.text).slice(news.from - from) }
          }
          before = now
          assert.deepEqual(page, now)
        }
      }),
    )
  })
})
