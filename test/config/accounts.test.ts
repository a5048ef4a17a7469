import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { loadConfig } from '../../src/config/load.ts'
import type { AccountId, RuntimeName } from '../../src/core/ids.ts'
import { loginsIn, modelLogins } from '../../src/runtimes/all.ts'
import { accountEnvironmentOf, accountSlotsOf } from '../../src/way-out.ts'

const base = mkdtempSync(join(tmpdir(), 'accounts-'))
after(() => rmSync(base, { recursive: true }))

const load = (accounts: unknown, env: Record<string, string> = {}) =>
  loadConfig({
    env: { OMC_ACCOUNTS_JSON: typeof accounts === 'string' ? accounts : JSON.stringify(accounts), ...env },
    folder: base,
    home: base,
  })

const team = { slot: 'team', runtime: 'claude', env: { ANTHROPIC_API_KEY: 'sk-planted-team' }, share: true }
const second = { slot: 'second', runtime: 'codex', env: { CODEX_HOME: 'second' } }

test('each account has its own login and no other’s; what is not configured any more has none', () => {
  const config = load([team, second, { slot: 'default', runtime: 'claude', share: true }], {
    ANTHROPIC_API_KEY: 'sk-planted-usual',
    ANTHROPIC_BASE_URL: 'http://model.example',
  })
  const environmentOf = accountEnvironmentOf(config)
  const of = (runtime: string, account: string) => environmentOf(runtime as RuntimeName, account as AccountId)
  assert.equal(of('claude', 'default')['ANTHROPIC_API_KEY'], 'sk-planted-usual')
  assert.deepEqual(of('claude', 'team'), {
    CLAUDE_CONFIG_DIR: join(base, '.claude-bot'),
    ANTHROPIC_BASE_URL: 'http://model.example',
    ANTHROPIC_API_KEY: 'sk-planted-team',
  })
  assert.deepEqual(of('codex', 'second'), { CODEX_HOME: join(base, 'second') })
  for (const [runtime, account] of [
    ['claude', 'gone'],
    ['codex', 'team'],
  ] as const)
    assert.throws(() => of(runtime, account), /There is no account/)
  assert.deepEqual(
    accountSlotsOf(config).map(({ runtime, account, shared }) => [runtime, account, shared]),
    [
      ['claude', 'default', true],
      ['claude', 'team', true],
      ['codex', 'default', false],
      ['codex', 'second', false],
    ],
  )
  for (const secret of ['sk-planted-usual', 'sk-planted-team']) assert.ok(config.secrets.includes(secret))
  assert.ok(config.loginFiles.includes(join(base, 'second', 'auth.json')))
  const options = { environment: { HOME: base }, accountEnvironment: environmentOf, accounts: accountSlotsOf(config) }
  const logins = modelLogins(options)
  assert.deepEqual(Object.keys(logins), ['claude:default', 'claude:team', 'codex:default', 'codex:second'])
  assert.equal(logins['claude:team']?.kind === 'claude-key' && logins['claude:team'].key, 'sk-planted-team')
  assert.ok(loginsIn(options).includes(join(base, 'second')), 'no agent opens another account’s folder')
})

test('two accounts of one login are refused, by whatever way it is written; one key at two services is two', () => {
  const other = (env: Record<string, string>, runtime = 'claude') => ({ slot: 'other', runtime, env })
  const usual = { ANTHROPIC_API_KEY: 'sk-planted-usual', ANTHROPIC_BASE_URL: 'http://a.example' }
  for (const [account, whose, env] of [
    [other({ ANTHROPIC_API_KEY: 'sk-planted-team' }), 'team', {}],
    [other({ ANTHROPIC_API_KEY: 'sk-planted-usual' }), 'default', usual],
    [other({ CLAUDE_CONFIG_DIR: './x/../.claude-bot' }), 'default', {}],
    [other({ CODEX_HOME: '~/.codex-bot' }, 'codex'), 'default', {}],
  ] as const)
    assert.throws(
      () => load([team, account], env),
      (error) =>
        error instanceof Error &&
        error.message.includes(`account 2: its login is that of the account "${whose}"`) &&
        !error.message.includes('planted'),
      whose,
    )
  const elsewhere = { ANTHROPIC_API_KEY: 'sk-planted-usual', ANTHROPIC_BASE_URL: 'http://b.example' }
  assert.equal(load([team, other(elsewhere)], usual).accounts.length, 2)
  assert.equal(load([team, other({ CLAUDE_CONFIG_DIR: 'its-own' })], usual).accounts.length, 2)
})

test('a fault is told by its place, and never with what stands there', () => {
  for (const [accounts, fault] of [
    ['no json', /no JSON list/],
    [[{ ...team, slot: 'a b' }], /no JSON list/],
    [[{ ...team, extra: 1 }], /no JSON list/],
    [[team, team], /account 2: its slot is there twice/],
    [[{ ...team, slot: 'default' }], /account 1: "default" is the login without a name/],
    [[{ ...team, env: { NODE_OPTIONS: '--inspect-planted' } }], /account 1: NODE_OPTIONS is nothing/],
    [[{ ...team, env: { ANTHROPIC_BASE_URL: 'http://planted' } }], /account 1: its env needs/],
    [[{ ...second, env: { CODEX_HOME: join(base, '.codex') } }], /names a folder that is the codex login/],
  ] as const)
    assert.throws(
      () => load(accounts),
      (error) => error instanceof Error && fault.test(error.message) && !error.message.includes('planted'),
      JSON.stringify(accounts),
    )
})
