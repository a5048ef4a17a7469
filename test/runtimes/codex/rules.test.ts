import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'smol-toml'
import { isObeyed, obeyedNames } from '../../../src/core/obeyed.ts'
import { patchScript, rulesAt, writeRules } from '../../../src/runtimes/codex/rules.ts'
import { readTurn, start } from './turns.ts'

/** What the CLI hands to the rule, and whether it lets the patch through without asking. */
function lets(patch: string, script = patchScript): boolean {
  const input = JSON.stringify({ tool_name: 'apply_patch', tool_input: { command: patch } })
  const { stdout } = spawnSync('/bin/sh', ['-c', script], { input, encoding: 'utf8' })
  if (stdout === '') return false
  const { hookSpecificOutput } = JSON.parse(stdout) as { readonly hookSpecificOutput: unknown }
  assert.deepEqual(hookSpecificOutput, { hookEventName: 'PermissionRequest', decision: { behavior: 'allow' } })
  return true
}

function patchOf(...lines: readonly string[]): string {
  return ['*** Begin Patch', ...lines, '*** End Patch', ''].join('\n')
}

test('in a box the CLI lets patches through by itself, but for those to files that others obey', () => {
  for (const path of ['a.md', 'src/ignore.ts', 'src/a.gitten', 'my.profile', 'docs/ci.yml', 'lib/mise.tomlx']) {
    assert.ok(!isObeyed(path))
    assert.ok(lets(patchOf(`*** Update File: ${path}`, '@@', '+see .husky and "*** x" \\n .envrc')), path)
  }
  const obeyed = [
    '.husky/pre-commit',
    'sub/.Claude/settings.json',
    '/room/shop/.github/workflows/ci.yml',
    '.gitmodules',
  ]
  for (const path of obeyed) {
    assert.ok(isObeyed(path))
    for (const line of [`*** Add File: ${path}`, `*** Delete File: ${path}`])
      assert.ok(!lets(patchOf('*** Add File: a.md', '+x', line)), line)
  }
  assert.ok(!lets(patchOf('*** Update File: a', '*** Move to: .envrc', '@@', '-a', '+b')), 'moved there')
  assert.ok(!lets(patchOf('\t\u00a0*** Add File: .envrc', '+x')), 'blanks before it')
  const all = obeyedNames.map((name) => name.replace('*', 'x'))
  for (const name of all) assert.ok(!lets(patchOf(`*** Add File: sub/${name}`)), name)
})

test('a rule that fails lets nothing through', () => {
  assert.ok(!lets(patchOf('*** Add File: a.md'), patchScript.replace('grep', 'no-such-program')))
})

test('they lie where the CLI takes rules from that no settings change', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rules-'))
  writeRules(folder)
  const { hooks } = parse(readFileSync(join(folder, 'requirements.toml'), 'utf8')) as { hooks: { managed_dir: string } }
  assert.equal(hooks.managed_dir, rulesAt)
  rmSync(folder, { recursive: true })
})

test('what the rules leave open the bot judges: in a box people are asked about what others obey, and nothing else', () => {
  const turn = start('T')
  const boxed = { ...turn, from: { ...turn.from, boxed: true }, taken: true, turn: 'U' }
  const patch = (id: string, path: string): readonly string[] => {
    const about = { threadId: 'T', turnId: 'U' }
    const item = {
      type: 'fileChange',
      id,
      changes: [{ path: `/room/project/${path}`, kind: { type: 'add' }, diff: 'x' }],
    }
    return [
      JSON.stringify({ method: 'item/started', params: { ...about, item } }),
      JSON.stringify({ method: 'item/fileChange/requestApproval', id, params: { ...about, itemId: id } }),
    ]
  }
  const command = { threadId: 'T', turnId: 'U', itemId: 'c', command: 'curl example.org' }
  const lines = [
    ...patch('1', 'a.md'),
    JSON.stringify({ method: 'item/commandExecution/requestApproval', id: 2, params: command }),
    ...patch('3', '.envrc'),
  ]
  const asked = (from: typeof boxed): readonly string[] =>
    readTurn(lines, from).events.flatMap((event) => (event.type === 'wanted' ? [event.approval.id] : []))
  assert.deepEqual(asked(boxed), ['U:3'])
  const accept = (id: unknown): string => JSON.stringify({ id, result: { decision: 'accept' } })
  assert.deepEqual([...readTurn(lines, boxed).state.owed.values()], [accept('1'), accept(2)])
  assert.deepEqual(asked({ ...boxed, from: { ...boxed.from, boxed: false } }), ['U:1', 'U:2', 'U:3'], 'the control')
})
