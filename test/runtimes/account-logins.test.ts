import { deepEqual, match } from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { ModelLogin } from '../../src/core/egress.ts'
import { checkAccountLogins } from '../../src/runtimes/account-logins.ts'

test('each named account is looked at by itself: a key is a login, a file is one when a token stands in it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'accounts-'))
  try {
    const file = (name: string, content: unknown): string => {
      const path = join(folder, name)
      writeFileSync(path, JSON.stringify(content))
      return path
    }
    const upstream = 'http://127.0.0.1:9'
    const claude = (path: string): ModelLogin => ({ kind: 'claude-file', upstream, path })
    const codex = (path: string, key: string | null): ModelLogin => ({
      kind: 'codex',
      upstream,
      chatgptUpstream: upstream,
      key,
      path,
    })
    const nowhere = join(folder, 'nowhere.json')
    const found = checkAccountLogins({
      'claude:default': claude(nowhere),
      'claude:keyed': { kind: 'claude-key', upstream, key: 'sk' },
      'claude:good': claude(file('good.json', { claudeAiOauth: { accessToken: 'a' } })),
      'claude:blanked': claude(file('blanked.json', { claudeAiOauth: { accessToken: '' } })),
      'claude:broken': claude(file('broken.json', null)),
      'codex:team': codex(file('auth.json', { OPENAI_API_KEY: null, tokens: { access_token: 'a' } }), null),
      'codex:none': codex(nowhere, null),
      'codex:keyed': codex(nowhere, 'sk'),
    })
    const without = found.filter(({ level }) => level !== 'ok')
    deepEqual(
      without.map(({ id }) => id),
      ['claude.login.blanked', 'claude.login.broken', 'codex.login.none'],
    )
    match(without[0]?.text ?? '', /account blanked of claude .*blanked\.json/)
    deepEqual(found.length, 7)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
