import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { Approval } from '../../../src/core/approval.ts'
import { contentFor, responseTo } from '../../../src/runtimes/claude/approval.ts'
import { sandboxFinding, sandboxProbe } from '../../../src/runtimes/claude/sandbox.ts'
import { readTurn, start } from './turns.ts'

const init = (mode: string): string =>
  JSON.stringify({ type: 'system', subtype: 'init', session_id: 's', permissionMode: mode })
const askLine = (tool_name: string, input: object, more: object = {}): string => {
  const request = { subtype: 'can_use_tool', tool_name, input, tool_use_id: 't', ...more }
  return JSON.stringify({ type: 'control_request', request_id: 'r', request })
}

/** What a person is asked when the CLI asks this. */
function asked(tool: string, input: object, more: object = {}, rights: Parameters<typeof start>[2] = {}): Approval {
  const { events } = readTurn([init('acceptEdits'), askLine(tool, input, more)], start(false, 0, rights))
  const wanted = events.find((event) => event.type === 'wanted')
  assert.ok(wanted?.type === 'wanted', JSON.stringify(events))
  return wanted.approval
}

describe('what the CLI asks, for people', () => {
  test('a command with the reason and what it reaches', () => {
    const { subject, risks } = asked('Bash', { command: 'git push', description: 'publish it' })
    assert.deepEqual(subject, { kind: 'command', command: 'git push', folder: null, reason: 'publish it' })
    assert.deepEqual(risks, ['network', 'push', 'unconfined'])
  })

  const inSandbox = { confined: true }
  const risky: readonly (readonly [string, string, object, object, object, readonly string[]])[] = [
    ['a command in a sandbox', 'Bash', { command: 'ls $(x)' }, {}, inSandbox, []],
    ['one that leaves it', 'Bash', { command: 'ls', dangerouslyDisableSandbox: true }, {}, inSandbox, ['unconfined']],
    ['one that wants a host', 'SandboxNetworkAccess', { host: 'example.org' }, {}, inSandbox, ['network']],
    ['a page', 'WebFetch', { url: 'https://example.org' }, {}, {}, ['network']],
    ['a file elsewhere', 'Read', { file_path: '/etc/x' }, { decision_reason_type: 'workingDir' }, {}, ['outside']],
    ['a path elsewhere', 'Bash', { command: 'touch /x' }, { blocked_path: '/x' }, inSandbox, ['outside']],
    ['a path here', 'Bash', { command: 'rm x' }, { blocked_path: '/room/project/x' }, inSandbox, []],
    ['a way round', 'Write', { file_path: '/room/project/../x', content: '' }, {}, {}, ['outside']],
    ['a neighbour', 'Write', { file_path: '/room/projects/x', content: '' }, {}, {}, ['outside']],
    ['its own settings', 'Write', { file_path: '/room/project/.claude/x', content: '' }, {}, {}, []],
  ]
  for (const [what, tool, input, more, rights, risks] of risky)
    test(`${what}: ${risks.join(', ') || 'no risk'}`, () => {
      assert.deepEqual(asked(tool, input, more, rights).risks, risks)
    })

  const file_path = '/room/project/a.ts'
  const changes: readonly (readonly [string, object, string])[] = [
    ['Write', { file_path, content: 'one\ntwo\n' }, '@@ -0,0 +1,2 @@\n+one\n+two'],
    ['Edit', { file_path, old_string: 'a\nb\nc', new_string: 'a\nB\nc' }, '@@\n a\n-b\n+B\n c'],
    ['Edit', { file_path, old_string: 'x', new_string: '', replace_all: true }, '@@ everywhere @@\n-x'],
    [
      'MultiEdit',
      {
        file_path,
        edits: [
          { old_string: 'a', new_string: 'b' },
          { old_string: 'c', new_string: 'd' },
        ],
      },
      '@@\n-a\n+b\n@@\n-c\n+d',
    ],
    ['NotebookEdit', { notebook_path: file_path, cell_id: '7', new_source: 'x = 1' }, '@@ replace cell 7 @@\n+x = 1'],
  ]
  for (const [tool, input, diff] of changes)
    test(`${tool} as a change: ${JSON.stringify(diff)}`, () => {
      const { subject } = asked(tool, input)
      const path = tool === 'NotebookEdit' ? file_path.slice('/room/project/'.length) : 'a.ts'
      assert.deepEqual(subject, { kind: 'change', changes: [{ path, diff }], reason: null })
    })

  test('input of no known shape is shown as it is, and nothing fails', () => {
    for (const tool of ['Bash', 'Write', 'Edit', 'MultiEdit', 'AskUserQuestion', 'ExitPlanMode', 'Something'])
      for (const input of [{}, { command: 7, edits: 'x', questions: [3], plan: [] }])
        assert.equal(asked(tool, input).input, JSON.stringify(input))
  })
})

describe('what a person decides, for the CLI', () => {
  const questions = [
    { question: 'Which?', options: [] },
    { question: 'Why?', options: [] },
  ]
  test('answers by the text of their questions', () => {
    const answers = { q1: ['a', 'b'], q2: [] }
    assert.deepEqual(responseTo('AskUserQuestion', { questions }, { verdict: 'reply', answers }, 'acceptEdits'), {
      behavior: 'allow',
      updatedInput: { questions, answers: { 'Which?': 'a, b' } },
    })
  })

  test('a plan goes on in the mode that the tier has, and never in more', () => {
    for (const mode of ['default', 'acceptEdits'])
      assert.deepEqual(responseTo('ExitPlanMode', { plan: 'x' }, { verdict: 'approve' }, mode)['updatedPermissions'], [
        { type: 'setMode', mode, destination: 'session' },
      ])
  })
})

describe('what nobody is asked', () => {
  const write = askLine('Write', { file_path: '/room/project/x', content: '' }, { decision_reason_type: 'mode' })
  const response = (behavior: string): string =>
    JSON.stringify({ type: 'control_response', response: { request_id: 'r', response: { behavior } } })

  test('writing while it plans', () => {
    const { events, state } = readTurn([init('plan'), write])
    assert.ok(!events.some(({ type }) => type === 'wanted'))
    assert.match(state.owed.get('r') ?? '', /plan/)
    assert.equal(readTurn([response('deny')], state).state.owed.size, 0)
    assert.match(readTurn([response('allow')], state).state.tampering ?? '', /nobody we know/)
  })

  test('anything of somebody who may only look; questions and plans they may answer', () => {
    const looking = start(false, 0, { readOnly: true })
    const { events, state } = readTurn([init('default'), askLine('Read', { file_path: '/etc/passwd' })], looking)
    assert.ok(!events.some(({ type }) => type === 'wanted'))
    assert.equal(state.owed.size, 1)
    assert.equal(asked('AskUserQuestion', { questions: [] }, {}, { readOnly: true }).subject.kind, 'questions')
  })

  test('a mode that the process was not started in is not our doing; planning is', () => {
    const mode = (permissionMode: string): string =>
      JSON.stringify({ type: 'system', subtype: 'status', permissionMode })
    const tampering = (...lines: string[]): string | null =>
      readTurn([init('default'), ...lines], start(false, 0, { mode: 'default' })).state.tampering
    assert.equal(tampering(mode('plan'), mode('default')), null)
    assert.match(tampering(mode('acceptEdits')) ?? '', /acceptEdits/)
    assert.match(tampering(mode('bypassPermissions')) ?? '', /bypassPermissions/)
  })
})

test('a sandbox is only relied on where both programs are and can be used', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sandbox-'))
  try {
    const program = (name: string, text: string): void => {
      writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`)
      chmodSync(join(folder, name), 0o755)
    }
    assert.equal(sandboxProbe('linux')(folder), false)
    program('bwrap', 'exit 0')
    assert.equal(sandboxProbe('linux')(folder), false)
    program('socat', 'exit 0')
    assert.equal(sandboxProbe('linux')(folder), true)
    assert.equal(sandboxProbe('darwin')(folder), false)
    program('bwrap', 'exit 1')
    assert.equal(sandboxProbe('linux')(folder), false)
    assert.match(sandboxFinding(false).mend ?? '', /bubblewrap socat/)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

describe('what the CLI asks beside permissions', () => {
  const line = (request: object): string => JSON.stringify({ type: 'control_request', request_id: 'r', request })
  const properties = { size: { type: 'integer', title: 'Size' } }
  const requested_schema = { type: 'object', properties, required: ['size'] }
  const elicitation = { subtype: 'elicitation', mcp_server_name: 'lab', message: 'How big?', requested_schema }

  test('a form of an MCP server is a question, and its answer the content', () => {
    const { events, state } = readTurn([init('acceptEdits'), line(elicitation)])
    const wanted = events.find((event) => event.type === 'wanted')
    assert.ok(wanted?.type === 'wanted' && wanted.approval.subject.kind === 'questions', JSON.stringify(events))
    assert.equal(wanted.approval.subject.questions[0]?.text, 'How big?')
    const fields = state.inputs.get(wanted.approval.id)?.fields ?? []
    const reply = (size: string) => contentFor(fields, { verdict: 'reply', answers: { size: [size] } })
    assert.deepEqual(reply('3'), { action: 'accept', content: { size: 3 } })
    assert.deepEqual(reply('many'), { action: 'decline' })
    assert.deepEqual(contentFor(fields, { verdict: 'deny', reason: 'no' }), { action: 'decline' })
    const echo = { type: 'control_response', response: { request_id: 'r', response: { action: 'accept' } } }
    const after = readTurn([JSON.stringify(echo)], state).state
    assert.deepEqual([[...after.open], after.settled], [[], ['r']])
  })

  const refused: readonly (readonly [string, object, Parameters<typeof start>[2], RegExp])[] = [
    ['a form for somebody who may only look', elicitation, { readOnly: true }, /"action":"decline"/],
    ['a page to open', { ...elicitation, mode: 'url', url: 'https://example.org' }, {}, /"action":"decline"/],
    ['a request of tomorrow', { subtype: 'of_tomorrow' }, {}, /"subtype":"error","request_id":"r"/],
    ['a request without a kind', {}, {}, /"subtype":"error","request_id":"r"/],
  ]
  for (const [what, request, rights, answer] of refused)
    test(`${what} is answered at once, and asks nobody`, () => {
      const { events, state } = readTurn([init('acceptEdits'), line(request)], start(false, 0, rights))
      assert.ok(!events.some(({ type }) => type === 'wanted'))
      assert.match(state.owed.get('r') ?? '', answer)
    })
})
