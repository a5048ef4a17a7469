import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Problem } from '../../../src/core/failure.ts'
import { obeyedNames } from '../../../src/core/obeyed.ts'
import { argvOf, entryOf, type Flags } from '../../../src/runtimes/claude/argv.ts'

const plain: Flags = {
  folder: '/srv/shop',
  rights: { mode: 'default', tools: ['Read'] },
  model: null,
  denied: [],
  readable: [],
  shell: 'open',
  trusted: null,
}
const trusted = { folder: '/srv/shop', servers: '/srv/shop/.mcp.json' }

const sandbox = { enabled: false }
const ask = obeyedNames.flatMap((name) => [`Edit(//srv/shop/**/${name})`, `Edit(//srv/shop/**/${name}/**)`])

/** The argument behind a flag. */
function valueOf(argv: readonly string[], flag: string): string | undefined {
  const at = argv.indexOf(flag)
  return at === -1 ? undefined : argv[at + 1]
}

describe('the arguments of Claude Code', () => {
  const table: readonly (readonly [string, Flags, string, string | undefined])[] = [
    ['lines in', plain, '--input-format', 'stream-json'],
    ['lines out', plain, '--output-format', 'stream-json'],
    ['nothing a repository brings', plain, '--setting-sources', ''],
    ['what is trusted brings its own settings, and nobody else', { ...plain, trusted }, '--setting-sources', 'project'],
    ['the servers of what is trusted', { ...plain, trusted }, '--mcp-config', '/srv/shop/.mcp.json'],
    ['no servers', { ...plain, trusted: { ...trusted, servers: null } }, '--mcp-config', undefined],
    ['questions come to us', plain, '--permission-prompt-tool', 'stdio'],
    ['the mode is always said, a resumed process forgets it', plain, '--permission-mode', 'default'],
    [
      'another mode',
      { ...plain, rights: { mode: 'acceptEdits', tools: ['Read'] } },
      '--permission-mode',
      'acceptEdits',
    ],
    ['no tool but those that are named', plain, '--tools', 'Read'],
    ['few of its tools', { ...plain, rights: { mode: 'default', tools: ['Read', 'Grep'] } }, '--tools', 'Read,Grep'],
    ['no model: the CLI decides', plain, '--model', undefined],
    ['a model', { ...plain, model: 'opus' }, '--model', 'opus'],
    ['a long name', { ...plain, model: 'claude-opus-4-8[1m]' }, '--model', 'claude-opus-4-8[1m]'],
    ['a name of a cloud', { ...plain, model: 'eu.anthropic/claude:2@0' }, '--model', 'eu.anthropic/claude:2@0'],
  ]
  for (const [what, flags, flag, expected] of table)
    test(what, () => assert.equal(valueOf(argvOf(flags), flag), expected))

  test('hooks are off, and what is denied is denied as file and as folder, for reading and for writing', () => {
    const settings: unknown = JSON.parse(valueOf(argvOf({ ...plain, denied: ['/srv/data'] }), '--settings') ?? '')
    const deny = ['Read(//srv/data)', 'Read(//srv/data/**)', 'Edit(//srv/data)', 'Edit(//srv/data/**)']
    assert.deepEqual(settings, { disableAllHooks: true, permissions: { deny, allow: ['mcp__omc'], ask }, sandbox })
  })

  test('of what is trusted hooks run, and for all that is obeyed later the agent asks', () => {
    const settings: unknown = JSON.parse(valueOf(argvOf({ ...plain, trusted }), '--settings') ?? '')
    for (const rule of ['.claude/**', '.mcp.json', '.git*', '.git*/**', '.envrc'])
      assert.ok(ask.includes(`Edit(//srv/shop/**/${rule})`), rule)
    assert.deepEqual(settings, { disableAllHooks: false, permissions: { deny: [], allow: ['mcp__omc'], ask }, sandbox })
  })

  test('where there is a sandbox, the shell must run in it, without network', () => {
    const settings = JSON.parse(valueOf(argvOf({ ...plain, shell: 'sandbox' }), '--settings') ?? '') as {
      sandbox: object
    }
    assert.deepEqual(settings.sandbox, {
      enabled: true,
      failIfUnavailable: true,
      autoAllowBashIfSandboxed: true,
      allowUnsandboxedCommands: true,
      network: { allowedDomains: [] },
    })
  })

  test('no argument switches a protection off', () => {
    const argv = argvOf(plain)
    for (const flag of ['--strict-mcp-config', '--verbose', '--include-partial-messages', '--replay-user-messages'])
      assert.ok(argv.includes(flag), flag)
    assert.ok(!argv.some((each) => /dangerously|bypass|mcp-config$/.test(each) && each !== '--strict-mcp-config'))
  })

  for (const model of ['', '-p', '--resume', 'a b', 'a\nb', 'x'.repeat(101), 'opus;rm'])
    test(`${JSON.stringify(model)} is refused as a model`, () => {
      assert.throws(
        () => argvOf({ ...plain, model }),
        (error) => error instanceof Problem && error.kind === 'refused',
      )
    })

  test('a conversation is begun under our id, or gone on with', () => {
    assert.deepEqual(entryOf({ begin: 'id' }), ['--session-id', 'id'])
    assert.deepEqual(entryOf({ resume: '/a/b.jsonl' }), ['--resume', '/a/b.jsonl'])
  })
})
