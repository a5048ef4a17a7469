import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { RunEvent } from '../../../src/core/event.ts'
import type { ToolCallId } from '../../../src/core/ids.ts'
import type { ToolOffer } from '../../../src/core/tool.ts'
import { meaningOf, type ClaudeState } from '../../../src/runtimes/claude/meaning.ts'
import { start } from './turns.ts'

/** Lines as facts/agent-tools.md saw them. */
const offers: readonly ToolOffer[] = [
  { name: 'whois', description: 'Who.', fields: {}, looksOnly: true },
  {
    name: 'delegate',
    description: 'Work.',
    fields: { to: { type: 'text', description: 'To whom', required: true, longest: 100 } },
    looksOnly: false,
  },
]

function message(request: string, id: number | null, method: string, params: object = {}): string {
  const rpc = { jsonrpc: '2.0', method, params, ...(id === null ? {} : { id }) }
  const asked = { subtype: 'mcp_message', server_name: 'omc', message: rpc }
  return JSON.stringify({ type: 'control_request', request_id: request, request: asked })
}

const init = JSON.stringify({ type: 'system', subtype: 'init', session_id: 's', permissionMode: 'default' })
const echoOf = (request: string): string =>
  JSON.stringify({ type: 'control_response', response: { subtype: 'success', request_id: request, response: {} } })
const call = (request: string, id: number, input: object = { to: 'b' }): string =>
  message(request, id, 'tools/call', { name: 'delegate', arguments: input })

function read(lines: readonly string[], from: ClaudeState = { ...start(false), offers }) {
  const events: RunEvent[] = []
  let state = from
  for (const line of lines) {
    const reading = meaningOf(state, line)
    state = reading.state
    events.push(...reading.events)
  }
  return { state, events }
}

function owed({ owed }: ClaudeState, request: string): Record<string, never> {
  const line = JSON.parse(owed.get(request) ?? 'null') as {
    response?: { response?: { mcp_response?: unknown } }
  } | null
  return line?.response?.response?.mcp_response as Record<string, never>
}

suite('our tools in the words of Claude', () => {
  test('the greeting is answered before any turn, each message by its own id, and the list says it all', () => {
    const { state, events } = read([
      message('r1', 0, 'initialize', { protocolVersion: '2025-11-25' }),
      message('r2', null, 'notifications/initialized'),
      message('r3', 1, 'tools/list'),
    ])
    assert.deepEqual(events, [])
    assert.deepEqual(owed(state, 'r1'), {
      jsonrpc: '2.0',
      id: 0,
      result: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'omc', version: '1' } },
    })
    assert.deepEqual(owed(state, 'r2'), { jsonrpc: '2.0', id: 0, result: {} })
    const { id, result } = owed(state, 'r3') as unknown as { id: number; result: { tools: Record<string, never>[] } }
    assert.equal(id, 1)
    assert.deepEqual(
      result.tools.map((tool) => [tool['name'], tool['annotations'], tool['_meta']]),
      [
        ['whois', { readOnlyHint: true }, { 'anthropic/alwaysLoad': true }],
        ['delegate', undefined, { 'anthropic/alwaysLoad': true }],
      ],
    )
    for (const { inputSchema } of result.tools) assert.equal(inputSchema?.['type'], 'object', 'else all are gone')
    // Two connections may be open at once, with equal ids of JSON-RPC.
    const twice = read([message('r4', 0, 'initialize'), message('r5', 0, 'initialize')], state).state
    assert.deepEqual([owed(twice, 'r4')['id'], owed(twice, 'r5')['id']], [0, 0])
    assert.equal(read([echoOf('r1')], twice).state.owed.has('r1'), false, 'it was taken in')
    assert.match(JSON.stringify(owed(read([message('r6', 3, 'prompts/list')]).state, 'r6')), /-32601/)
  })

  test('a call is told once, and its answer was taken when it is echoed; keys of arguments are in order', () => {
    const called = read([init, call('r1', 2, { to: 'b', and: 1 }), call('r1', 2, { to: 'b', and: 1 })])
    assert.deepEqual(called.events.slice(1), [
      { type: 'called', call: { id: 'r1', tool: 'delegate', input: '{"and":1,"to":"b"}' } },
    ])
    assert.deepEqual([...called.state.calls], ['r1'])
    assert.equal(called.state.callIds.get('r1' as ToolCallId), 2)
    const heard = read([echoOf('r1'), call('r1', 2)], called.state)
    assert.deepEqual([heard.events, [...heard.state.calls], heard.state.settled], [[], [], ['r1']])
  })

  test('a call that is taken back is no more; one that was answered long ago is none of its business', () => {
    const cancel = (id: number): string => message(`c${id}`, null, 'notifications/cancelled', { requestId: id })
    const called = read([init, call('r1', 2), echoOf('r1'), call('r2', 3)])
    const after = read([cancel(2)], called.state)
    assert.deepEqual([after.events, [...after.state.calls]], [[], ['r2']])
    assert.ok(owed(after.state, 'c2') !== undefined, 'the notification is answered as well')
    const back = read([cancel(3)], after.state)
    assert.deepEqual([back.events, [...back.state.calls]], [[{ type: 'revoked', call: 'r2' }], []])
    const unknown = read([cancel(9)], back.state)
    assert.deepEqual(unknown.events, [])
  })

  test('a process that was not told in time which tools there are goes when its turn is over, and no other does', () => {
    const ends = JSON.stringify({ type: 'result', subtype: 'success', is_error: false, terminal_reason: 'completed' })
    const begins = (tools: readonly string[], status: string): string =>
      JSON.stringify({ ...(JSON.parse(init) as object), tools, mcp_servers: [{ name: 'omc', status }] })
    const end = (line: string): string => read([line, ends]).state.over
    assert.equal(end(begins(['Bash', 'mcp__other__x'], 'connected')), 'broken')
    assert.equal(end(begins(['Bash', 'mcp__omc__whois'], 'connected')), 'clean')
    assert.equal(end(begins(['Bash'], 'failed')), 'clean', 'the CLI asks again by itself')
    assert.equal(end(init), 'clean')
    assert.equal(read([begins([], 'connected'), ends], { ...start(false), offers: [] }).state.over, 'clean')
  })

  test('a call outside of our turn, and a server that is none of ours, get a no and not silence', () => {
    const early = read([call('r1', 2)])
    assert.deepEqual(early.events, [])
    assert.match(JSON.stringify(owed(early.state, 'r1')), /Refused: nobody has asked.*"isError":true/)
    const other = message('r2', 0, 'initialize').replace('"omc"', '"evil"')
    assert.match(read([other]).state.owed.get('r2') ?? '', /"subtype":"error"/)
  })
})
