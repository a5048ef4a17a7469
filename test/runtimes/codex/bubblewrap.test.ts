import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { bubblewrapFor } from '../../../src/runtimes/codex/bubblewrap.ts'

describe('the bubblewrap of the Codex CLI', { skip: process.platform !== 'linux' && 'only Linux has it' }, () => {
  let root = ''
  before(() => (root = realpathSync(mkdtempSync(join(tmpdir(), 'bubblewrap-')))))
  after(() => rmSync(root, { recursive: true }))

  /** A program of that name in a folder of its own; gives the folder. */
  function program(folder: string, name: string, says: string): string {
    const path = join(root, folder)
    mkdirSync(path, { recursive: true })
    writeFileSync(join(path, name), `#!/bin/sh\necho '${says}'\n`)
    chmodSync(join(path, name), 0o755)
    return path
  }

  test('its own comes first where an old one is installed, however the CLI is', () => {
    const old = program('old', 'bwrap', '--args FD')
    const usual = program('new', 'bwrap', '--args FD --argv0 VALUE')
    const target = `node_modules/@openai/codex-${process.platform}-${process.arch}`
    const own = program(`${target}/vendor/x86_64/codex-resources`, 'bwrap', '--argv0 VALUE')
    const native = join(program(`${target}/vendor/x86_64/bin`, 'codex', ''), 'codex')
    writeFileSync(join(root, target, 'package.json'), '{}')
    const launcher = join(program('node_modules/@openai/codex/bin', 'codex.js', ''), 'codex.js')
    mkdirSync(join(root, 'bin'))
    const link = join(root, 'bin', 'codex')
    symlinkSync(launcher, link)
    const alone = join(program('alone', 'codex', ''), 'codex')
    const table: readonly [string, string | null, string, string][] = [
      ['the native binary, an old one', native, old, `${own}:${old}`],
      ['the launcher of npm, an old one', link, old, `${own}:${old}`],
      ['an old one, but none of its own', alone, old, old],
      ['a new one', native, usual, usual],
      ['none installed', native, join(root, 'bin'), join(root, 'bin')],
      ['no CLI', null, old, old],
    ]
    const complete = bubblewrapFor()
    for (const [what, binary, path, expected] of table)
      for (const time of ['first', 'second'])
        assert.deepEqual(complete(binary, { PATH: path, LANG: 'C' }), { PATH: expected, LANG: 'C' }, `${what}, ${time}`)
  })
})
