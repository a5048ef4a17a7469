import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import type { Config } from '../../src/config/config.ts'
import { loadConfig } from '../../src/config/load.ts'
import { variableNames } from '../../src/config/schema.ts'
import { Problem } from '../../src/core/failure.ts'
import { inOneLine } from '../../src/core/finding.ts'

const base = mkdtempSync(join(tmpdir(), 'config-'))
after(() => rmSync(base, { recursive: true, force: true }))

let made = 0
function load(env: Record<string, string | undefined>, dotEnv?: string): Config {
  const folder = join(base, `start-${made++}`)
  mkdirSync(folder)
  if (dotEnv !== undefined) writeFileSync(join(folder, '.env'), dotEnv, { mode: 0o600 })
  return loadConfig({ env, folder, home: join(base, 'home') })
}

function refusalOf(env: Record<string, string>): string {
  let message = ''
  assert.throws(
    () => load(env),
    (error) => {
      assert.ok(error instanceof Problem)
      assert.equal(error.kind, 'refused')
      message = error.message
      return true
    },
  )
  return message
}

describe('the configuration', () => {
  it('takes the way of logging in that is named, and no other; one that is not set is refused', () => {
    const both = { ANTHROPIC_API_KEY: 'sk-ant-api-1', CLAUDE_CODE_OAUTH_TOKEN: 'long-lived' }
    const logins = (auth: string): readonly string[] =>
      Object.keys(load({ ...both, OMC_CLAUDE_AUTH: auth }).accountEnv).filter((name) => name !== 'CLAUDE_CONFIG_DIR')
    assert.deepEqual(logins(''), ['ANTHROPIC_API_KEY', 'CLAUDE_CODE_OAUTH_TOKEN'])
    assert.deepEqual(logins('api-key'), ['ANTHROPIC_API_KEY'])
    assert.deepEqual(logins('setup-token'), ['CLAUDE_CODE_OAUTH_TOKEN'])
    assert.deepEqual(logins('oauth'), [])
    assert.match(
      refusalOf({ OMC_CLAUDE_AUTH: 'api-key' }),
      /OMC_CLAUDE_AUTH: "api-key" needs ANTHROPIC_API_KEY, which is not set/,
    )
    assert.match(refusalOf({ OMC_CLAUDE_AUTH: 'password' }), /must be one of/)
  })

  it('takes the proxies for renewing logins in their order, and shows no password of theirs', () => {
    const address = 'http://bot:pass%20word@proxy.example.com:3128'
    const { renewing, secrets } = load({ OAUTH_PROXY_URL: `http://first.example.com:1, ${address}` })
    assert.deepEqual(renewing, { server: null, proxies: ['http://first.example.com:1', address] })
    assert.equal(
      ['pass%20word', 'pass word'].every((each) => secrets.includes(each)),
      true,
    )
    const told = refusalOf({ OAUTH_PROXY_URL: 'socks5://bot:hidden-word@proxy.example.com' })
    assert.match(told, /OAUTH_PROXY_URL/)
    assert.doesNotMatch(told, /hidden-word/)
    for (const name of ['OAUTH_PROXY_URL', 'OMC_DATABASE_URL']) {
      const scheme = name === 'OMC_DATABASE_URL' ? 'postgres' : 'http'
      const loose = refusalOf({ [name]: `${scheme}://bot:hidden%zzword@proxy.example.com/a` })
      assert.match(loose, new RegExp(`${name}.*write a % as %25`))
      assert.doesNotMatch(loose, /zzword/)
    }
  })

  it("has the seed's defaults", () => {
    const config = load({})
    assert.deepEqual(config.caps, { active: 6, waiting: 20, personActive: 2, personWaiting: 5 })
    assert.equal(config.healthPort, 7707)
    assert.equal(config.idleCliMs, 600_000)
    assert.equal(config.maxTurnMs, 7_200_000)
    assert.equal(config.discordToken, null)
    assert.equal(config.discordApi, null)
    assert.equal(config.logLevel, 'info')
    assert.deepEqual(config.accountEnv, { CLAUDE_CONFIG_DIR: join(base, 'home/.claude-bot') })
    assert.match(config.dataFolder, /start-\d+\/data$/)
    assert.match(config.projectRoots.join(), /start-\d+$/)
  })

  it('reads .env; the environment wins; empty means not set', () => {
    const dotEnv =
      'OMC_MAX_ACTIVE_CLIS=3 # three\nOMC_OWNER_USER_ID=1187654321098765432\nOMC_LOG_LEVEL=\nOMC_DATA_DIR="~/d"'
    const config = load({ OMC_MAX_ACTIVE_CLIS: '4', DISCORD_GUILD_ID: '' }, dotEnv)
    assert.equal(config.caps.active, 4)
    assert.equal(config.owners.user, '1187654321098765432')
    assert.equal(config.discordGuild, null)
    assert.equal(config.logLevel, 'info')
    assert.equal(config.dataFolder, join(base, 'home/d'))
    assert.deepEqual(config.notices, [])
  })

  it('expands folders', () => {
    const roots = load({ OMC_PROJECT_ROOTS: ' ~/projects, /srv/work ,,~,inner/../x,~/projects' }).projectRoots
    assert.deepEqual(roots.slice(0, 3), [join(base, 'home/projects'), '/srv/work', join(base, 'home')])
    assert.match(roots[3] ?? '', /start-\d+\/x$/)
    assert.equal(roots.length, 4)
    assert.equal(load({ OMC_CLAUDE_BIN: '~/bin/claude' }).claudeBinary, join(base, 'home/bin/claude'))
    assert.equal(load({ OMC_CLAUDE_BIN: 'claude-next' }).claudeBinary, 'claude-next')
  })

  it('reads the port of the health page', () => {
    for (const [value, port] of [
      ['0', 0],
      ['8080', 8080],
      ['', null],
      [' OFF ', null],
    ] as const) {
      assert.equal(load({ OMC_HEALTHZ_PORT: value }).healthPort, port)
    }
    assert.equal(load({}, 'OMC_HEALTHZ_PORT=').healthPort, null)
  })

  it("gives the claude CLI of the default account what is the account's", () => {
    const config = load({
      ANTHROPIC_API_KEY: 'sk-ant-api03-dummy',
      ANTHROPIC_BASE_URL: 'http://127.0.0.1:1/',
      CLAUDE_CODE_OAUTH_TOKEN: 'oat-dummy',
      CLAUDE_CONFIG_DIR: '~/.claude-team/',
      DISCORD_BOT_TOKEN: 'Bot abc.def.ghi',
      PATH: '/bin',
    })
    assert.deepEqual(config.accountEnv, {
      CLAUDE_CONFIG_DIR: join(base, 'home/.claude-team'),
      ANTHROPIC_API_KEY: 'sk-ant-api03-dummy',
      ANTHROPIC_BASE_URL: 'http://127.0.0.1:1',
      CLAUDE_CODE_OAUTH_TOKEN: 'oat-dummy',
    })
    assert.equal(config.discordToken, 'abc.def.ghi')
    assert.deepEqual(config.secrets, ['abc.def.ghi', 'sk-ant-api03-dummy', 'oat-dummy'])
  })

  it('shows nothing of the way to a database', () => {
    const url = 'postgres://bot:p%40ss-word@db.example.com/orchestrator'
    const { databaseUrl, secrets } = load({ OMC_DATABASE_URL: url })
    assert.equal(databaseUrl, url)
    assert.deepEqual(secrets, [url, 'p%40ss-word', 'p@ss-word'])
  })

  it('warns of what will not work', () => {
    const warnings = load({
      OMC_CHANNEL_ONWER_ONLY: 'true',
      OMC_DEMO_PORT: '1',
      CODEX_HOM: '/somewhere',
      ANTHROPIC_API_KEY: 'sk-ant-api03-x',
    }).notices.map(inOneLine)
    assert.match(warnings[0] ?? '', /nobody may use the bot.*OMC_OWNER_ROLE_ID/)
    assert.match(warnings[1] ?? '', /billed/)
    assert.match(warnings[2] ?? '', /does not know CODEX_HOM: .* Did you mean CODEX_HOME\?/)
    assert.match(warnings[3] ?? '', /does not know OMC_CHANNEL_ONWER_ONLY: .* Did you mean OMC_CHANNEL_OWNER_ONLY\?/)
    assert.doesNotMatch(warnings.join(), /api03/)
  })
})

describe('a wrong configuration', () => {
  const wrong = {
    DISCORD_BOT_TOKEN: '<paste the-secret-token here>',
    DISCORD_GUILD_ID: 'My Server',
    OMC_OWNER_ROLE_ID: '@owner',
    OMC_OWNER_USER_ID: '12',
    OMC_DISCORD_API: 'discord.com',
    OMC_DATABASE_URL: 'mysql://bot:the-secret-word@db/x',
    OMC_MAX_ACTIVE_CLIS: '0',
    OMC_MAX_QUEUED_SESSIONS: '-1',
    OMC_PER_USER_MAX_ACTIVE: '2.5',
    OMC_PER_USER_MAX_QUEUED: '1e3',
    OMC_IDLE_CLI_MS: '99999999999',
    OMC_MAX_TURN_MS: 'two hours',
    OMC_HEALTHZ_PORT: '65536',
    ANTHROPIC_API_KEY: 'the-secret-key with blanks',
    ANTHROPIC_BASE_URL: 'ftp://x',
    CLAUDE_CODE_OAUTH_TOKEN: '<the-secret-login>',
    OMC_LOG_LEVEL: 'loud',
    CLAUDE_CONFIG_DIR: '~/.claude/',
  }

  it('is told in one message with every variable, its fault and an example, and no secret', () => {
    const message = refusalOf(wrong)
    for (const name of Object.keys(wrong)) {
      const told = message.slice(message.indexOf(`  ${name}: `))
      assert.match(told, new RegExp(`^ {2}${name}: .+\\.\n {4}Example: .+`), name)
    }
    assert.match(message, /^18 settings are wrong\./)
    assert.match(message, /OMC_MAX_ACTIVE_CLIS: "0" is no whole number from 1 to 1000/)
    assert.doesNotMatch(message, /the-secret/)
  })

  it('is told for each variable alone, too', () => {
    for (const [name, value] of Object.entries(wrong)) {
      assert.match(refusalOf({ [name]: value }), new RegExp(`^One setting is wrong[^]*${name}`))
    }
  })

  it("refuses the person's own login by any way it is written", () => {
    const home = join(base, 'home')
    mkdirSync(join(home, '.claude'), { recursive: true })
    symlinkSync(join(home, '.claude'), join(base, 'link'))
    symlinkSync(home, join(base, 'home-link'))
    const ways = ['~/.claude', '~/.claude/', '~/x/../.claude', '../link', '../link/', join(base, 'home-link/.claude')]
    for (const way of ways) assert.match(refusalOf({ CLAUDE_CONFIG_DIR: way }), /CLAUDE_CONFIG_DIR.*must not share/)
    for (const way of ['~/.claude-bot', '~/.claude2']) load({ CLAUDE_CONFIG_DIR: way })
    assert.match(refusalOf({ CODEX_HOME: '~/.codex' }), /CODEX_HOME.*codex login.*must not share/)
    assert.equal(load({}).codexHome, join(home, '.codex-bot'))
  })

  it('refuses a .env that an editor saved as UTF-16, and a token with its curly quotes', () => {
    const folder = join(base, 'wide')
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, '.env'), Buffer.from('\uFEFFDISCORD_BOT_TOKEN=aaa.bbb.ccc\n', 'utf16le'))
    assert.throws(() => loadConfig({ env: {}, folder, home: base }), /saved as UTF-16, not as UTF-8/)
    assert.equal(load({ DISCORD_BOT_TOKEN: `'Bot aaa.bbb.ccc'` }).discordToken, 'aaa.bbb.ccc')
    assert.match(refusalOf({ DISCORD_BOT_TOKEN: '“aaa.bbb.ccc”' }), /no bot token: it has blanks, curly quotes/)
  })

  it('takes off quotes that a tool has handed on, and refuses what only a shell would fill in', () => {
    const quoted = load({
      OMC_DATA_DIR: '"my data"',
      OMC_PROJECT_ROOTS: ` '/srv/a,/srv/b' `,
      OMC_MAX_ACTIVE_CLIS: '"7"',
      OMC_HEALTHZ_PORT: '""',
      ANTHROPIC_API_KEY: "'sk-ant-1'",
      OMC_ACCOUNTS_JSON: `'[{"slot":"b","runtime":"codex","env":{"CODEX_HOME":"~/b"}}]'`,
    })
    assert.match(quoted.dataFolder, /start-\d+\/my data$/)
    assert.deepEqual(quoted.projectRoots, ['/srv/a', '/srv/b'])
    assert.deepEqual([quoted.caps.active, quoted.healthPort, quoted.accounts.length], [7, null, 1])
    assert.equal(quoted.accountEnv['ANTHROPIC_API_KEY'], 'sk-ant-1')
    assert.deepEqual(load({ OMC_PROJECT_ROOTS: '"/srv/a", "/srv/b"' }).projectRoots, ['/srv/a', '/srv/b'])

    for (const path of ['$HOME/x', '${HOME}/x', '~other/x', '$(pwd)/x', '/srv/a\nOMC_BOX=off'])
      for (const name of [
        'OMC_DATA_DIR',
        'OMC_PROJECT_ROOTS',
        'OMC_BOX_PATHS',
        'CODEX_HOME',
        'OMC_LOG_FILE',
        'OMC_CLAUDE_BIN',
      ])
        assert.match(refusalOf({ [name]: path }), new RegExp(`${name}: .* is read by no shell: write the whole path`))
    const account = { slot: 'b', runtime: 'claude', env: { CLAUDE_CONFIG_DIR: '$HOME/b' } }
    assert.match(
      refusalOf({ OMC_ACCOUNTS_JSON: JSON.stringify([account]) }),
      /account 1: .*CLAUDE_CONFIG_DIR.* no shell/,
    )
    assert.match(refusalOf({ OMC_PROJECT_ROOTS: ' , ' }), /OMC_PROJECT_ROOTS: .*names no folder/)
    load({ OMC_DATA_DIR: '/srv/cash$flow/100%/~x' })
  })

  it('refuses a .env that is no file', () => {
    const folder = join(base, 'odd')
    mkdirSync(join(folder, '.env'), { recursive: true })
    assert.throws(() => loadConfig({ env: {}, folder, home: base }), /\.env cannot be read/)
  })
})

describe('.env.example', () => {
  const text = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8')

  it('names every variable', () => {
    for (const name of variableNames) assert.match(text, new RegExp(`^${name}=`, 'm'))
  })

  it('is a valid configuration with the defaults', () => {
    const { notices: _, ...rest } = load({}, text)
    const { notices: __, ...defaults } = load({})
    const here = /start-\d+/g
    assert.deepEqual(
      JSON.parse(JSON.stringify(rest).replace(here, '')),
      JSON.parse(JSON.stringify(defaults).replace(here, '')),
    )
  })
})
