import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { opensSandbox } from '../../../src/runtimes/claude/sandbox.ts'

const table: readonly [string, string | null, boolean][] = [
  ['no settings', null, false],
  ['nothing in them', '{}', false],
  ['hooks and a model', '{"hooks":{"Stop":[]},"model":"opus"}', false],
  [
    'commands and servers that are permitted',
    '{"permissions":{"allow":["Bash(npm test)","mcp__db"],"deny":["Read"]}}',
    false,
  ],
  ['the sandbox', '{"sandbox":{"enabled":true}}', true],
  ['the sandbox, whatever is said of it', '{"sandbox":null}', true],
  ['a permission to write', '{"permissions":{"allow":["Bash(npm test)","Edit(//etc/**)"]}}', true],
  ['a permission to fetch', '{"permissions":{"allow":["WebFetch(domain:example.org)"]}}', true],
  ['a permission to read', '{"permissions":{"allow":["Read(//home/**)"]}}', true],
  ['another folder', '{"permissions":{"additionalDirectories":["/etc"]}}', true],
  ['permissions that are something else', '{"permissions":{"allow":"Edit"}}', true],
  ['no JSON', '{ // a comment\n}', true],
]

for (const [what, text, expected] of table)
  for (const name of ['settings.json', 'settings.local.json'])
    test(`${name} with ${what} ${expected ? 'opens' : 'leaves'} the sandbox`, () => {
      const root = mkdtempSync(join(tmpdir(), 'opens-'))
      try {
        mkdirSync(join(root, '.claude'))
        if (text !== null) writeFileSync(join(root, '.claude', name), text)
        assert.equal(opensSandbox(root), expected)
      } finally {
        rmSync(root, { recursive: true })
      }
    })

test('what has no end, or is no file, or is far too long, is not read and counts as open', () => {
  const root = mkdtempSync(join(tmpdir(), 'opens-'))
  const file = join(root, '.claude', 'settings.json')
  try {
    mkdirSync(join(root, '.claude'))
    symlinkSync('/dev/zero', file)
    assert.equal(opensSandbox(root), true)
    rmSync(file)
    mkdirSync(file)
    assert.equal(opensSandbox(root), true)
    rmSync(file, { recursive: true })
    writeFileSync(file, `{"hooks":"${'x'.repeat(2 ** 20)}"}`)
    assert.equal(opensSandbox(root), true)
  } finally {
    rmSync(root, { recursive: true })
  }
})
