import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { secretScan } from '../../src/core/secret-scan.ts'
import { fc } from '../random.ts'

/** Made up here, sign by sign, so that nothing in this file is anybody's. */
const signs = (count: number, alphabet = 'aB3dE5gH7jK9mN2pQ4sT6vW8yZ0cF1'): string =>
  Array.from({ length: count }, (_, at) => alphabet[(at * 7 + count) % alphabet.length]).join('')
const hex = (count: number): string => signs(count, '0a1b2c3d4e5f6789')

const secrets: readonly (readonly [string, string])[] = [
  ['Discord token', `M${signs(25)}.${signs(6)}.${signs(38)}`],
  ['Discord webhook', `https://discord.com/api/webhooks/123456789012345678/${signs(68)}`],
  ['Anthropic key', `sk-ant-api03-${signs(93)}AA`],
  ['Anthropic login', `sk-ant-oat01-${signs(80)}`],
  ['OpenAI key', `sk-proj-${signs(48)}`],
  ['OpenAI key of old', `sk-${signs(48)}`],
  ['GitHub token', `ghp_${signs(36)}`],
  ['GitHub app token', `ghs_${signs(36)}`],
  ['GitHub fine-grained token', `github_pat_${signs(22)}_${signs(59)}`],
  ['GitLab token', `glpat-${signs(20)}`],
  ['AWS key id', `AKIA${signs(16, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567')}`],
  ['AWS secret', `aws_secret_access_key = ${signs(40)}`],
  ['Google key', `AIza${signs(35)}`],
  ['Google login', `ya29.${signs(60)}`],
  ['Slack token', `xoxb-${signs(11, '1234567890')}-${signs(12, '1234567890')}-${signs(24)}`],
  ['Slack webhook', `https://hooks.slack.com/services/T${signs(8)}/B${signs(8)}/${signs(24)}`],
  ['Stripe key', `sk_live_${signs(24)}`],
  ['npm token', `npm_${signs(36)}`],
  ['.npmrc', `//registry.internal/:_authToken=${hex(32)}`],
  ['PyPI token', `pypi-AgEIcHlwaS5vcmc${signs(60)}`],
  ['Docker token', `dckr_pat_${signs(27)}`],
  ['Docker config', `{"auths":{"r":{"auth":"${signs(40)}"}}}`],
  ['Hugging Face token', `hf_${signs(34)}`],
  ['SendGrid key', `SG.${signs(22)}.${signs(43)}`],
  ['signed token', `eyJ${signs(30)}.eyJ${signs(60)}.${signs(43)}`],
  ['bearer', `Authorization: Bearer ${signs(40)}`],
  ['basic', `authorization: Basic ${signs(28)}==`],
  ['private key', `-----BEGIN RSA PRIVATE KEY-----\n${signs(64)}\n${signs(64)}\n-----END RSA PRIVATE KEY-----`],
  ['ssh key', `-----BEGIN OPENSSH PRIVATE KEY-----\n${signs(70)}\n-----END OPENSSH PRIVATE KEY-----`],
  ['address', `postgres://app:${signs(18)}@db.internal:5432/app`],
  ['.git-credentials', `https://olivia:${signs(20)}@git.example.org`],
  ['.netrc', `machine git.example.org login olivia password ${signs(12)}`],
  ['.env', `SESSION_SECRET=${signs(32)}`],
  ['YAML', `  password: "${signs(16)}"`],
  ['JSON', `{ "apiKey": "${signs(32)}" }`],
  ['code', `const accessToken = '${signs(40)}'`],
  ['kube', `    client-key-data: ${signs(200)}`],
  ['DigitalOcean token', `dop_v1_${hex(64)}`],
  ['Telegram token', `123456789:AA${signs(33)}`],
  ['age key', `AGE-SECRET-KEY-1${signs(58, 'QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L')}`],
]

const harmless: readonly string[] = [
  ...[7, 12, 40, 64].flatMap((count) => [`commit ${hex(count)}`, `sha: ${hex(count)}`, `"hash": "${hex(count)}"`]),
  `integrity sha512-${signs(86)}==`,
  `"integrity": "sha512-${signs(86)}=="`,
  `<img src="data:image/png;base64,${signs(400)}">`,
  ...['token', 'secret', 'password', 'apiKey', 'auth'].flatMap((name) => [
    `${name}: string`,
    `${name} = process.env.SERVICE_${name.toUpperCase()}`,
    `${name}: os.environ["SERVICE"]`,
    `${name}: \${{ secrets.DEPLOY }}`,
    `${name} = "YOUR_${name.toUpperCase()}_HERE_123"`,
    `${name}: changeme-please-123`,
    `${name}=<your-${name}-goes-here-1>`,
    `${name} = get${name}From(vault, 2026)`,
    `${name}: correct-horse-battery-staple`,
    `${name}: my-app-production-tls-2`,
    `${name}: refs/heads/feature/login-2`,
    `${name} = createRandomValueForTests`,
    `${name}: ****************`,
    `${name}: null // set at start`,
    `the ${name} is checked by src/${name}/check-7.ts`,
    `${name}Expiry: 2026-11-28T07:43:32Z`,
    `${name}s: 12,400 of 50,000`,
    `max_${name}s: 4096`,
    `${name}_ttl = 3600000ms`,
    `${name}: 1576139863432888320`,
  ]),
  'author: Olivia2024Smith',
  'authors: OliviaSmith1984',
  'tokenizer: BertTokenizerFast2',
  'authored on 2026-11-28T07:43:32',
  'postgres://postgres:postgres@localhost:5432/app',
  'redis://default:redis@127.0.0.1:6379',
  'mysql://root:password@db/app',
  'https://example.com:8080/@user',
  'git@github.com:org/repo.git',
  'npm_config_registry=http://localhost:4873',
  'sk-learn and sk-image are packages',
  'task-0123456789012345678901234567890123',
  'disk-full, risk-free and desk-bound',
  'SKILL.md and SKU0123456789',
  'AKIA is how they begin',
  'ghp_ is how they begin',
  'eyJ is base64 for {"',
  '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----',
  '-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----',
  ...Array.from({ length: 30 }, (_, at) => `id 550e8400-e29b-41d4-a716-4466554400${String(at).padStart(2, '0')}`),
  ...Array.from(
    { length: 20 },
    (_, at) => `https://discord.com/channels/15761398620194078${at + 10}/1576139863432888320`,
  ),
  ...Array.from({ length: 20 }, (_, at) => `src/components/Button${at}.module.css:${at * 17}`),
  ...Array.from({ length: 10 }, (_, at) => `node_modules/.cache/babel-loader/${hex(32 + at)}.json`),
]

const none = secretScan(() => [])

describe('secrets in what leaves', () => {
  for (const [what, secret] of secrets) {
    test(`${what} is found, wherever it stands, and nothing around it is touched`, () => {
      for (const text of [secret, `It says:\n\`\`\`\n${secret}\n\`\`\`\nand no more.`, `> ${secret} <`]) {
        const masked = none.mask(text)
        assert.equal(masked.hits.length, 1, JSON.stringify(masked))
        const [{ value } = { value: '' }] = masked.hits
        for (const part of value.split(/\s+/)) assert.ok(!masked.text.includes(part), part)
        assert.equal(masked.text.length, text.length)
        assert.ok(text.includes(value) && value.length > 8)
      }
    })
  }

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

  test('a text that is made to be slow is looked through like any other', () => {
    const size = 1_000_000
    const hostile = ['a', 'M', 'sk-', 'token=', 'eyJ', 'a://b:', 'AIza', '-----BEGIN RSA PRIVATE KEY-----', 'auth'].map(
      (part) => part.repeat(Math.ceil(size / part.length)),
    )
    for (const text of hostile) assert.equal(none.mask(text, true).text.length, text.length)
  })
})
