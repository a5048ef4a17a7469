import { deepEqual } from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { modelLogins } from '../../src/runtimes/all.ts'
import { claudeLogin } from '../../src/runtimes/claude/login.ts'
import { codexLogin } from '../../src/runtimes/codex/login.ts'

test('Claude: a key goes before a token, a token before the file; the operator’s address is kept', () => {
  const env = { HOME: '/home/op', ANTHROPIC_API_KEY: 'key', CLAUDE_CODE_OAUTH_TOKEN: 'token' }
  const upstream = 'https://api.anthropic.com'
  deepEqual(claudeLogin(env), { kind: 'claude-key', upstream, key: 'key' })
  const { ANTHROPIC_API_KEY: _, ...token } = env
  deepEqual(claudeLogin(token), { kind: 'claude-token', upstream, token: 'token' })
  deepEqual(claudeLogin({ HOME: '/home/op', ANTHROPIC_BASE_URL: 'https://llm.example/a/' }), {
    kind: 'claude-file',
    upstream: 'https://llm.example/a',
    path: '/home/op/.claude/.credentials.json',
  })
})

test('Codex: its own settings say where the model is and with what key, else its file does', (t) => {
  const home = mkdtempSync(join(tmpdir(), 'codex-login-'))
  t.after(() => rmSync(home, { recursive: true }))
  const env = { CODEX_HOME: home, CORP_KEY: 'corp' }
  const usual = {
    kind: 'codex',
    upstream: 'https://api.openai.com/v1',
    chatgptUpstream: 'https://chatgpt.com/backend-api',
    key: null,
    path: join(home, 'auth.json'),
  }
  deepEqual(codexLogin(env), usual)
  writeFileSync(join(home, 'config.toml'), 'model = [')
  deepEqual(codexLogin(env), usual)
  const provider = '[model_providers.corp]\nname = "corp"\nbase_url = "https://llm.example/v1/"\nenv_key = "CORP_KEY"\n'
  writeFileSync(
    join(home, 'config.toml'),
    `model_provider = "corp"\nchatgpt_base_url = "https://c.example"\n${provider}`,
  )
  const corp = { ...usual, upstream: 'https://llm.example/v1', chatgptUpstream: 'https://c.example', key: 'corp' }
  deepEqual(codexLogin(env), corp)
  writeFileSync(join(home, 'config.toml'), provider)
  deepEqual(codexLogin(env), usual)
})

test('there is a login for every runtime whose agents ask a model', () => {
  const logins = modelLogins({ environment: { HOME: '/home/op' }, accountEnvironment: () => ({}) })
  deepEqual(Object.keys(logins).sort(), ['claude:default', 'codex:default'])
})
