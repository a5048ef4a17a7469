import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { beginningOf, ownSecret, secretScan } from '../../src/core/secret-scan.ts'
import { fc } from '../random.ts'
import { harmless, secrets, signs } from './made-up-secrets.ts'

const none = secretScan(() => [])

describe('secrets in what leaves', () => {
  for (const [what, secret] of secrets) {
    test(`${what} is found, wherever it stands, and nothing around it is touched`, () => {
      for (const text of [
        secret,
        `It says:\n\`\`\`\n${secret}\n\`\`\`\nand no more.`,
        `> ${secret} <`,
        `-1\n+${secret}\n-2`,
        `\u001b[31m${secret}\u001b[0m`,
      ]) {
        const masked = none.mask(text)
        assert.equal(masked.hits.length, 1, JSON.stringify(masked))
        const [{ value } = { value: '' }] = masked.hits
        for (const part of value.split(/\s+/)) assert.ok(!masked.text.includes(part), part)
        assert.equal(masked.text.length, text.length)
        assert.ok(text.includes(value) && value.length > 8)
      }
    })
  }

  test('all of them are found in a line of JSON, which stays one', () => {
    const text = JSON.stringify({ text: secrets.map(([, secret]) => `it is\n${secret}`).join('\n\t') })
    const masked = none.mask(JSON.stringify({ twice: text })).text
    for (const each of [none.mask(text).text, masked]) {
      assert.equal(typeof JSON.parse(each), 'object')
      for (const [what, secret] of secrets) {
        const [{ value } = assert.fail(what)] = none.mask(secret).hits
        for (const part of value.slice(Math.floor(value.length * 0.4)).match(/\w{10,40}/g) ?? [])
          assert.ok(!each.includes(part), `${what}: ${part}`)
      }
    }
  })

  test('look-alikes are left alone', () => {
    assert.ok(harmless.length >= 200, `${harmless.length}`)
    const hidden = harmless.filter((text) => none.mask(text).hits.length > 0)
    assert.ok(hidden.length <= 2, hidden.join('\n'))
  })

  test('our own are found by value, also as an address, JSON, hex or base64 writes them', () => {
    const own = `x/${signs(9)}"+${signs(12)}`
    const scan = secretScan(() => [own])
    const wrapped = [0, 1, 2].map((before) => Buffer.from(`${'.'.repeat(before)}${own}...`).toString('base64'))
    const forms = [own, JSON.stringify({ a: own }), `?a=${encodeURIComponent(own)}`, Buffer.from(own).toString('hex')]
    for (const text of [...forms, ...wrapped]) {
      assert.equal(scan.mask(`so: ${text}`).hits.length, 1, text)
    }
    assert.equal(none.mask(own).hits.length, 0, 'nothing else tells that it is one')
  })

  test('our own are found where they are broken up, or each of their signs is written by its number', () => {
    const own = `${signs(24)}.${signs(6)}.${signs(40)}`
    const scan = secretScan(() => [own])
    const each = (write: (code: number) => string): string => [...Buffer.from(own)].map(write).join('')
    const between = (sign: string): string => own.replaceAll(/.{9}(?=.)/g, `$&${sign}`)
    const hex = Buffer.from(own).toString('hex')
    const texts = [
      ...['\u200b', '\u00ad', '\u2060', '\ufeff', '\u{e0041}', '\u001b[31m', '[0;32m'].map(between),
      ...['**', '``', ' ', '\n', '\\\n  ', '" + "', '<!-- -->', '\n> '].map(between),
      Buffer.from(own).toString('base64').replaceAll(/.{20}/g, '$&\n'),
      hex.toUpperCase(),
      hex.replaceAll(/../g, '$& '),
      each((code) => `%${code.toString(16)}`),
      each((code) => `\\u00${code.toString(16).toUpperCase()}`),
      each((code) => `0x${code.toString(16)}, `),
      each((code) => `&#${code};`),
    ]
    for (const text of texts) {
      const masked = scan.mask(`so: ${text} and no more`)
      assert.deepEqual(
        masked.hits.map(({ rule }) => rule),
        [ownSecret],
        text,
      )
      assert.match(masked.text, /^so: [\s\S]{0,3}•[^A-Za-z0-9]*[\s\S]{0,3} and no more$/, text)
      assert.equal(masked.text.length, `so: ${text} and no more`.length)
    }
    const begun = between('\u200b').slice(0, 40)
    assert.ok(!scan.mask(`so: ${begun}`, true).text.includes(begun.slice(12)), 'while it grows, too')
    assert.equal(scan.mask('so: only words, 12 of them, and no more').hits.length, 0)
  })

  test('any is found between whose signs stands what nobody sees', () => {
    for (const [what, secret] of secrets) {
      for (const sign of ['\u200b', '\u001b[1m', '\u00ad']) {
        if (/\s/.test(secret)) continue
        const text = `It says ${secret.replaceAll(/.{7}/g, `$&${sign}`)} there`
        const masked = none.mask(text)
        assert.equal(masked.hits.length, 1, `${what} ${JSON.stringify(masked)}`)
        assert.equal(masked.text.length, text.length)
      }
    }
  })

  test('our own are ours also where they are a part of what looks like another secret', () => {
    const own = ['ghp', 'aB3dE5gH7jK9mN2pQ4sT6vW8yZ0cF1xR5tU7'].join('_')
    const scan = secretScan(() => [own])
    for (const text of [own, `${own}8yZ0cF1`, `TOKEN=x1-${own}`, `https://me:x${own}@git.example.org`])
      assert.deepEqual(
        scan.mask(text).hits.map(({ rule }) => rule),
        [ownSecret],
        text.replace(own, '…'),
      )
  })

  test('a private key is hidden also where its end was cut off, and its name alone is none', () => {
    const scan = secretScan(() => [])
    const row = 'aB3dE5gH7jK9mN2pQ4sT6vW8yZ0cF1aB3dE5gH7jK9mN2pQ4sT6vW8yZ0cF1xR5t'
    const begin = '-----BEGIN RSA PRIVATE KEY-----'
    for (const between of ['\n', '\r\n', '\n> ', '\\n']) {
      const cut = `it is:${between}${begin}${between}${Array(8).fill(row).join(between)}${between}aB3dE5…`
      const { text, hits } = scan.mask(`${cut}\n\nand so on, for everybody who reads it`)
      assert.ok(!text.includes('aB3dE5gH') && text.endsWith('who reads it'), JSON.stringify(between))
      assert.deepEqual(
        hits.map(({ rule }) => rule),
        ['private key'],
      )
    }
    const words = `look for ${begin} in the files\nof this folder, please`
    assert.equal(scan.mask(words).text, words)
  })

  test('of a text that is cut, no beginning of a secret is shown', () => {
    const scan = secretScan(() => [])
    const key = `-----BEGIN RSA PRIVATE KEY-----\n${'aB3dE5gH7jK9mN2pQ4sT6vW8yZ0cF1\n'.repeat(60)}-----END RSA PRIVATE KEY-----`
    for (const most of [60, 300, 1_000]) assert.ok(!beginningOf(`my key: ${key}`, most, scan).includes('aB3dE5gH'))
    assert.equal(beginningOf('a text', 3, scan), 'a t')
  })

  test('of a text that was shortened before it came here, no beginning of a secret is shown either', () => {
    const own = signs(40)
    const scan = secretScan(() => [own])
    for (const [what, secret] of [...secrets, ['own', own] as const]) {
      const [{ value } = assert.fail(what)] = scan.mask(secret).hits
      // What such keys begin with is no secret, and hides nothing: `github_pat_`, whose bot a token is.
      const from = 7 + secret.indexOf(value) + Math.floor(value.length * 0.4)
      for (let length = 1; length <= secret.length; length++) {
        for (const end of ['…', ' …', '…`', '`…', '…\n\nand more…']) {
          const { text } = scan.mask(`› Bash ${secret.slice(0, length)}${end}`)
          assert.doesNotMatch(
            text.slice(from, Math.min(7 + length, 7 + secret.indexOf(value) + value.length)),
            /\w{8}/,
            `${what}, ${length}: ${text}`,
          )
        }
      }
    }
    for (const text of ['sk-ant-… is how they begin', 'Deny…', 'token…', 'and so on …', '…', 'ghp_… or `glpat-…`'])
      assert.equal(scan.mask(text).text, text)
  })

  test('while a text grows, no more than the first signs of a secret are ever seen', () => {
    const own = signs(40)
    const scan = secretScan(() => [own])
    const armoured = secrets.find(([what]) => what === 'private key')?.[1] ?? ''
    const named = [`password: ${signs(24)}`, `https://olivia:${signs(24)}@git.example.org`]
    const keys = [own, `ghp_${signs(36)}`, `sk-ant-api03-${signs(60)}`, armoured, ...named]
    fc.assert(
      fc.property(fc.constantFrom(...keys), fc.string({ maxLength: 40 }), fc.string({ maxLength: 40 }), (key, a, b) => {
        const text = `${a} ${key} ${b}`
        const body =
          key === armoured ? key.split('\n').slice(1, -1).join('\n') : key.replace(/^.*: ?|@.*$/g, '').slice(4)
        for (let end = 0; end <= text.length; end++) {
          const shown = scan.mask(text.slice(0, end), end < text.length).text
          assert.equal(shown.length, end)
          for (let at = 0; at + 8 <= body.length; at++) assert.ok(!shown.includes(body.slice(at, at + 8)), shown)
        }
      }),
      { numRuns: 20 },
    )
  })

  test('of one that was cut before it was looked through, no more than the first signs are seen either', () => {
    const own = signs(40)
    const scan = secretScan(() => [own])
    const keys = [
      ['', own],
      ['ghp_', signs(36)],
      ['sk-ant-', `api03-${signs(60)}`],
      ['https://olivia:', signs(24), '@git.example.org'],
    ] as const
    for (const [begin, body, rest = ''] of keys) {
      for (let end = 1; end < begin.length + body.length + rest.length; end++) {
        const shown = scan.mask(`it is\n> ${`${begin}${body}${rest}`.slice(0, end)}…\nand on`).text
        for (let at = 0; at + 12 <= body.length; at++) assert.ok(!shown.includes(body.slice(at, at + 12)), shown)
        assert.ok(shown.endsWith('…\nand on'))
      }
    }
    for (const text of ['Deny…', 'sk-ant-…', 'sk-ant-api03-…', 'ghp_your-token-here…', 'http://localhost:8080…'])
      assert.equal(scan.mask(text).text, text)
  })

  test('a text that is made to be slow is looked through like any other', () => {
    const size = 1_000_000
    const hostile = [
      'a',
      'aaaaaaaa…',
      'ghp_…',
      'a://bbbbbb:…',
      'M',
      'sk-',
      'token=',
      'eyJ',
      'a://b:',
      'AIza',
      '-----BEGIN RSA PRIVATE KEY-----',
      'auth',
      '…',
      'sk-…',
      'ghp_aaaa…',
      'token=aaaa…',
      '`…',
      ' ',
      `AKIA${signs(16, 'ABCDEFGH')} `,
    ].map((part) => part.repeat(Math.ceil(size / part.length)))
    for (const text of hostile) assert.equal(none.mask(text, true).text.length, text.length)
  })
})
