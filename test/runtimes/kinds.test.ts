import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { kinds, loginsIn } from '../../src/runtimes/all.ts'
import { claude } from '../../src/runtimes/claude/claude.ts'
import { codex } from '../../src/runtimes/codex/codex.ts'
import { makeSession, makeTurn } from '../contracts/runtime-bench.ts'
import { Signing } from '../../src/runtimes/engine/signing.ts'

describe('every runtime closes the logins of all of them', () => {
  const environment = { HOME: '/home/somebody', PATH: '/usr/bin' }
  const accounts: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    claude: { CLAUDE_CONFIG_DIR: '/logins/claude' },
    codex: { CODEX_HOME: '/logins/codex' },
  }
  const accountEnvironment = (runtime: string) => accounts[runtime] ?? {}
  const logins = loginsIn({ environment, accountEnvironment })

  test('each in the folder that the bot gives it, and in the operator’s own', () => {
    for (const kind of kinds)
      for (const path of kind.logins({ ...environment, ...accountEnvironment(kind.name) }))
        assert.ok(logins.includes(path), `${kind.name}: ${path}`)
    for (const path of ['/logins/claude/.credentials.json', '/logins/codex', '/home/somebody/.codex'])
      assert.ok(logins.includes(path), path)
  })

  for (const [name, protocol] of Object.entries({ claude, codex }))
    test(`${name} is started with all of them`, async () => {
      const root = realpathSync(mkdtempSync(join(tmpdir(), 'kinds-')))
      try {
        const [program, workdir] = [join(root, name), join(root, 'work')]
        writeFileSync(program, '#!/bin/sh\n', { mode: 0o700 })
        mkdirSync(workdir)
        const environmentOf = () => ({ ...environment, HOME: root, ...accountEnvironment(name) })
        const means = {
          dataDir: join(root, 'data'),
          ids: { next: () => 'id' },
          tools: () => [],
          binary: program,
          environmentOf,
          denied: logins,
          open: [],
          boxing: null,
          signing: new Signing(null, join(root, 'data')),
        }
        const { args } = (await protocol(means).launch(makeTurn(makeSession(name, workdir), 'x'))).command('secret')
        // A file may be written as a pattern that fits it alone: one of its letters in brackets.
        const told = args.join(' ').replaceAll(/\[(.)\]/g, '$1')
        for (const path of logins) assert.ok(told.includes(path), path)
      } finally {
        rmSync(root, { recursive: true })
      }
    })
})
