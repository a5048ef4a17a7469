import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { codexBinary, howToInstallCodex } from './install.ts'
import { patienceMs } from '../patience.ts'

/** What we write to the server, and what we read of what it writes, by the names of the CLI's own types. */
const used = (
  'ThreadStartParams ThreadResumeParams ThreadReadParams ThreadUnsubscribeParams ' +
  'ThreadBackgroundTerminalsCleanParams TurnStartParams TurnSteerParams TurnInterruptParams UserInput ' +
  'CommandExecutionRequestApprovalParams CommandExecutionApprovalDecision AdditionalPermissionProfile ' +
  'FileChangeRequestApprovalParams FileChangeApprovalDecision FileUpdateChange PatchChangeKind ' +
  'McpServerElicitationRequestParams McpServerElicitationRequestResponse McpElicitationSchema ' +
  'McpElicitationPrimitiveSchema McpElicitationTitledEnumItems McpElicitationConstOption ' +
  'ToolRequestUserInputParams ToolRequestUserInputQuestion ToolRequestUserInputResponse ' +
  'ToolRequestUserInputAnswer AsyncUserInputQuestion ServerRequestResolvedNotification ThreadItem ' +
  'CommandExecutionStatus PatchApplyStatus AgentMessageDeltaNotification ThreadTokenUsage ' +
  'TokenUsageBreakdown RateLimitSnapshot RateLimitWindow ErrorNotification TurnError CodexErrorInfo ' +
  'TurnStatus TurnCompletedNotification'
).split(' ')

/** Without its comments and imports, on one line. */
function shapeOf(file: string): string {
  return readFileSync(file, 'utf8')
    .replaceAll(/\/\*[\s\S]*?\*\/|^\/\/.*$|^import .*$/gm, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
}

// Fails when the CLI means something else by what we say and read: look at the difference and at facts/codex-cli.md,
// then write it down anew with UPDATE_GOLDEN=1.
test('the wire of the real Codex CLI is the one we know', { skip: codexBinary() === null && howToInstallCodex }, () => {
  const binary = codexBinary() ?? ''
  const folder = mkdtempSync(join(tmpdir(), 'codex-types-'))
  try {
    const env = { PATH: `${dirname(binary)}:/usr/bin:/bin`, HOME: folder, CODEX_HOME: folder }
    const options = { env, stdio: 'ignore', timeout: patienceMs } as const
    execFileSync(binary, ['app-server', 'generate-ts', '--experimental', '--out', join(folder, 'types')], options)
    const shapes = used.map((name) => {
      const file = ['v2', '.'].map((part) => join(folder, 'types', part, `${name}.ts`)).find((each) => existsSync(each))
      return file === undefined ? `there is no type ${name}` : shapeOf(file)
    })
    const version = /\d+\.\d+\.\d+/.exec(execFileSync(binary, ['--version'], { env, encoding: 'utf8' }))?.[0] ?? ''
    const golden = join(import.meta.dirname, '..', 'golden', 'codex', version, 'types.txt')
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(golden, `${shapes.join('\n')}\n`)
    assert.deepEqual(`${shapes.join('\n')}\n`.split('\n'), readFileSync(golden, 'utf8').split('\n'))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
