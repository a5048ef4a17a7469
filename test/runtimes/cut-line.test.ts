import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { RunEvent } from '../../src/core/event.ts'
import { meaningOf as codexMeaning, beginning as codexBeginning } from '../../src/runtimes/codex/meaning.ts'
import { cutLine } from '../../src/runtimes/engine/cut-line.ts'
import { Tail } from '../../src/runtimes/engine/tail.ts'
import { fc } from '../random.ts'
import { readTurn } from './claude/turns.ts'

const long = 'x'.repeat(5_000)
const init = JSON.stringify({ type: 'system', subtype: 'init', session_id: 's' })

/** The lines of a file as an agent's are read, where none may be longer than a thousand bytes. */
async function read(...lines: readonly object[]): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'cut-'))
  try {
    const path = join(folder, 'out')
    writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
    await using tail = new Tail(path, { from: 0, lineLimit: 1_000, headBytes: 400 })
    tail.finish()
    const all: string[] = []
    for (let batch = await tail.next(); batch !== null; batch = await tail.next()) {
      all.push(...batch.lines.map(({ text }) => text))
    }
    return all
  } finally {
    rmSync(folder, { recursive: true })
  }
}

describe('a line that is too long to be held', () => {
  test('is told by what is whole of its beginning, in its place among the others', async () => {
    const found = await read({ nth: 1 }, { nth: 2, inner: { a: [1, 2], b: 'ü"\\' }, long, after: 1 }, { nth: 3 })
    assert.deepEqual(
      found.map((line): unknown => JSON.parse(line)),
      [{ nth: 1 }, { nth: 2, inner: { a: [1, 2], b: 'ü"\\' }, cut: true }, { nth: 3 }],
    )
  })

  test('is never anything else than JSON that says that it is cut, wherever it is cut', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), (json, at) => {
        const told = JSON.parse(cutLine(json.slice(0, at % (json.length + 1)))) as { cut?: unknown }
        assert.equal(told.cut, true)
      }),
    )
  })

  test('ends the turn of Claude when it is its result', async () => {
    const [result = ''] = await read({ type: 'result', subtype: 'success', is_error: false, result: 'ok', long })
    const { events, state } = readTurn([init, result])
    assert.equal(state.over, 'clean')
    assert.equal(events.at(-1)?.type, 'finished')
  })

  test('asks nobody for what cannot be shown whole: Claude is answered with an error at once', async () => {
    const request = { subtype: 'can_use_tool', tool_name: 'Bash', tool_use_id: 't', input: { command: 'rm', long } }
    const [asks = ''] = await read({ type: 'control_request', request_id: 'r1', request })
    const { events, state } = readTurn([init, asks])
    assert.deepEqual(
      events.filter(({ type }) => type === 'wanted'),
      [],
    )
    assert.match(state.owed.get('r1') ?? '', /"subtype":"error"/)
  })

  test('nor does Codex wait; and its turn ends', async () => {
    const from = {
      pid: 1,
      warm: true,
      workdir: '/w',
      resumed: false,
      boxed: false,
      beside: null,
      openId: 'o',
      turnId: 'u',
    }
    const params = { threadId: 't', turnId: 'n', itemId: 'i' }
    const [asks = '', ends = ''] = await read(
      { id: 7, method: 'item/commandExecution/requestApproval', params: { ...params, command: long } },
      { method: 'turn/completed', params: { threadId: 't', turn: { id: 'n', status: 'completed', items: [long] } } },
    )
    let state = codexBeginning(from, 't', null, null)
    const events: RunEvent[] = []
    for (const line of ['{"id":"u","result":{"turn":{"id":"n"}}}', asks, ends]) {
      const reading = codexMeaning(state, line)
      state = reading.state
      events.push(...reading.events)
    }
    assert.match(state.owed.get('7') ?? '', /"error"/)
    assert.deepEqual(
      events.map(({ type }) => type),
      ['started', 'finished'],
    )
  })
})
