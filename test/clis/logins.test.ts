import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { connect, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Duplex } from 'node:stream'
import { test } from 'node:test'
import { Renewals } from '../../src/egress/renewal.ts'
import { TokenStage } from '../egress/token-stage.ts'
import { startAnthropic } from '../models/anthropic.ts'
import { scripted } from '../models/script.ts'
import { startClaude } from './claude.ts'
import { claudeBinary, howToInstall } from './install.ts'

/** The real Claude CLI and the bot's own renewing, on one login and before one token server. Run it sealed. */
const binary = claudeBinary()
const server = 'https://platform.claude.com/v1/oauth/token'

/** A certificate for the makers' names, by an authority of our own. */
function certificate(folder: string): { readonly ca: string; readonly key: string; readonly cert: string } {
  const path = (name: string): string => join(folder, name)
  const openssl = (...args: readonly string[]): unknown => execFileSync('openssl', args, { stdio: 'pipe' })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  openssl('req', '-x509', ...key, '-keyout', path('ca.key'), '-out', path('ca.pem'), '-days', '2', '-subj', '/CN=test')
  openssl('req', ...key, '-keyout', path('key.pem'), '-out', path('request.pem'), '-subj', '/CN=platform.claude.com')
  writeFileSync(path('names'), 'subjectAltName=DNS:platform.claude.com,DNS:api.anthropic.com')
  const by = ['-CA', path('ca.pem'), '-CAkey', path('ca.key'), '-CAcreateserial', '-extfile', path('names')]
  openssl('x509', '-req', '-in', path('request.pem'), ...by, '-days', '2', '-out', path('cert.pem'))
  const read = (name: string): string => readFileSync(path(name), 'utf8')
  return { ca: path('ca.pem'), key: read('key.pem'), cert: read('cert.pem') }
}

/** A proxy that leads every name to one port of this machine. */
async function proxyTo(port: number) {
  const tunnels = new Set<Duplex>()
  const proxy = createServer().on('connect', (_, socket) => {
    tunnels.add(socket)
    const line = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      line.pipe(socket).pipe(line)
    })
    line.on('error', () => socket.destroy())
    socket.on('error', () => line.destroy())
    socket.on('close', () => line.destroy())
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
  return {
    url,
    [Symbol.dispose]() {
      proxy.close()
      // Those are no longer the server's own.
      for (const each of tunnels) each.destroy()
    },
  }
}

test(
  'the CLI waits for a renewal of ours and takes it, also in a process that lives on; no token is spent twice',
  { skip: binary === null && howToInstall },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'certificates-'))
    try {
      const { ca, key, cert } = certificate(folder)
      await using tokens = await TokenStage.open('config', createSecureServer({ key, cert }))
      using proxy = await proxyTo(tokens.port)
      await using model = await startAnthropic()
      const oauth = { scopes: ['user:inference'], subscriptionType: 'max' }
      tokens.writes({ accessToken: 'access-0', refreshToken: 'refresh-0', expiresAt: Date.now() - 60_000, ...oauth })
      const rules = {
        servers: { claude: server, chatgpt: server },
        proxies: [proxy.url],
        record: tokens.record,
        patienceMs: 120_000,
      }
      const renewals = new Renewals({ rules: () => rules, environment: { NODE_EXTRA_CA_CERTS: ca } })

      const asked = Promise.withResolvers<() => void>()
      tokens.meanwhile = (_, answer) => asked.resolve(answer)
      const renewing = renewals.freshen('claude', tokens.path)
      const answer = await asked.promise

      const [home, cwd] = [join(tokens.folder, 'home'), join(tokens.folder, 'project')]
      for (const each of [home, cwd]) mkdirSync(each)
      await using claude = startClaude({
        model: model.url,
        room: { root: tokens.folder, home, config: dirname(tokens.path), cwd },
        env: {
          ANTHROPIC_API_KEY: undefined,
          HTTPS_PROXY: proxy.url,
          NO_PROXY: '127.0.0.1',
          NODE_EXTRA_CA_CERTS: ca,
        },
      })
      await claude.say(scripted([{ text: 'The first turn.' }]))
      await claude.waitFor((line) => line.subtype === 'init')
      answer()
      assert.equal((await renewing).result, 'renewed')
      assert.equal((await claude.result())['is_error'], false)

      tokens.meanwhile = (_, proceed) => proceed()
      const aheadMs = 100 * 3_600_000
      // In the middle of a turn: the request behind the tool goes with the new one.
      const input = { file_path: join(cwd, 'notes') }
      writeFileSync(input.file_path, 'nothing of note')
      await claude.say(
        scripted([{ tool: 'Read', input, gate: { name: 'middle', at: 0 } }, { text: 'The second turn.' }]),
      )
      await model.gate('middle').reached()
      assert.equal((await renewals.freshen('claude', tokens.path, aheadMs)).result, 'renewed')
      model.gate('middle').open()
      assert.equal((await claude.result(2))['is_error'], false)

      assert.deepEqual(tokens.spent, ['refresh-0', 'refresh-1'])
      const used = model.requests.map(({ headers }) => headers['authorization'])
      assert.deepEqual(used, ['Bearer access-1', 'Bearer access-1', 'Bearer access-2'])
      assert.equal(tokens.login().refreshToken, tokens.current)

      // And the other way round: what the CLI has renewed by itself is what we go on with.
      tokens.writes({ ...tokens.login(), ...oauth, expiresAt: Date.now() - 1000 })
      await claude.say(scripted([{ text: 'The third turn.' }]))
      assert.equal((await claude.result(3))['is_error'], false)
      assert.deepEqual(tokens.spent, ['refresh-0', 'refresh-1', 'refresh-2'])
      assert.equal((await renewals.freshen('claude', tokens.path)).result, 'not-due')
      assert.equal((await renewals.freshen('claude', tokens.path, aheadMs)).result, 'renewed')
      assert.deepEqual(new Set(tokens.spent).size, tokens.spent.length)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
)
