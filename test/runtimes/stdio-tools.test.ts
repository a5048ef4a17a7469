import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { suite, test } from 'node:test'
import { execFileSync } from 'node:child_process'
import type { ToolCallId } from '../../src/core/ids.ts'
import type { ToolOffer } from '../../src/core/tool.ts'
import { missingTools } from '../../src/runtimes/codex/born.ts'
import { give, stdioTools } from '../../src/runtimes/engine/told-file.ts'

type Said = Readonly<Record<string, unknown>> & {
  readonly id?: unknown
  readonly result?: { readonly content?: unknown }
}

/** The process as a CLI has it beside itself. */
class Beside implements AsyncDisposable {
  readonly folder: string
  readonly child: ChildProcess
  readonly said: Said[] = []
  readonly #lines: AsyncIterator<string>

  constructor(folder = mkdtempSync(join(tmpdir(), 'told-'))) {
    this.folder = folder
    const child = spawn(stdioTools.node, [stdioTools.program, folder, '[{"name":"whois"}]'], {
      env: {},
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    this.child = child
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  }

  hears(message: object): void {
    this.child.stdin?.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
  }

  calls(id: number, callId: string): void {
    this.hears({ id, method: 'tools/call', params: { name: 'whois', _meta: { threadId: 'T', callId } } })
  }

  /** The next thing that it says. */
  async says(): Promise<Said> {
    const { value } = (await this.#lines.next()) as { readonly value: string }
    return JSON.parse(value) as Said
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill()
    rmSync(this.folder, { recursive: true, force: true })
    await Promise.resolve()
  }
}

function tell(folder: string, call: string, text: string, failed = false): Promise<void> {
  return give({ folder, call: `T:${call}` as ToolCallId, text, failed }, { write: async () => {} })
}

suite('the process beside a CLI that offers our tools', () => {
  test('it answers the greeting by itself, waits for the bot with each call, and ends with its CLI', async () => {
    await using beside = new Beside()
    const { folder } = beside
    beside.hears({ id: 0, method: 'initialize', params: { protocolVersion: '2025-06-18' } })
    assert.deepEqual(await beside.says(), {
      jsonrpc: '2.0',
      id: 0,
      result: {
        protocolVersion: '2025-06-18',
        capabilities: { tools: {} },
        serverInfo: { name: 'omc', version: '1' },
      },
    })
    beside.hears({ method: 'notifications/initialized' })
    beside.hears({ id: 1, method: 'tools/list' })
    assert.deepEqual((await beside.says()).result, { tools: [{ name: 'whois' }] })
    beside.hears({ id: 2, method: 'prompts/list' })
    assert.match(JSON.stringify(await beside.says()), /"id":2,"error":\{"code":-32601/)
    beside.hears({ id: 3, method: 'tools/call', params: { name: 'whois' } })
    assert.match(JSON.stringify(await beside.says()), /Refused: the bot cannot tell whose call.*"isError":true/)

    // The answer may be there before the call is: an earlier life of the process has died with it.
    await tell(folder, 'there', 'already')
    beside.calls(4, 'there')
    assert.deepEqual((await beside.says()).result?.content, [{ type: 'text', text: 'already' }])
    beside.calls(5, 'one')
    beside.calls(6, 'two')
    await tell(folder, 'two', 'Refused: no.', true)
    assert.deepEqual((await beside.says()).result, { content: [{ type: 'text', text: 'Refused: no.' }], isError: true })
    await tell(folder, 'one', 'first')
    const { id, result } = await beside.says()
    assert.deepEqual([id, result?.content], [5, [{ type: 'text', text: 'first' }]])

    beside.calls(7, 'gone')
    beside.hears({ method: 'notifications/cancelled', params: { requestId: 7 } })
    beside.hears({ id: 8, method: 'ping' })
    assert.equal((await beside.says()).id, 8)
    // Late, and a second time: nobody is told.
    await tell(folder, 'gone', 'late')
    await tell(folder, 'one', 'second')
    beside.hears({ id: 9, method: 'ping' })
    assert.equal((await beside.says()).id, 9)

    const ended = once(beside.child, 'exit')
    beside.child.stdin?.end()
    assert.deepEqual((await ended)[0], 0)

    await using other = new Beside(folder)
    other.calls(0, 'three')
    other.hears({ id: 1, method: 'ping' })
    assert.equal((await other.says()).id, 1, 'ids begin anew, and meet no old answer')
    await tell(folder, 'three', 'third')
    assert.equal((await other.says()).id, 0)
  })
})

suite('what a conversation was born without', () => {
  const offers = ['whois', 'delegate'].map((name): ToolOffer => ({
    name,
    description: '',
    fields: {},
    looksOnly: true,
  }))

  test('is read in its first line, once; what cannot be read is taken for one of today', () => {
    const folder = mkdtempSync(join(tmpdir(), 'born-'))
    try {
      const missing = missingTools(() => offers)
      const of = (id: string, transcript: string | null = join(folder, id)): readonly string[] =>
        missing({ id, transcript }).map(({ name }) => name)
      const born = (id: string, tools?: readonly object[]): void => {
        const payload = { id, ...(tools === undefined ? {} : { dynamic_tools: tools }) }
        writeFileSync(join(folder, id), `${JSON.stringify({ type: 'session_meta', payload })}\n{}\n`)
      }
      born('without')
      born('some', [{ name: 'whois' }])
      born('all', [{ name: 'delegate' }, { name: 'whois' }, { name: 'gone' }])
      assert.deepEqual([of('without'), of('some'), of('all')], [['whois', 'delegate'], ['delegate'], []])
      rmSync(join(folder, 'some'))
      assert.deepEqual(of('some'), ['delegate'])

      symlinkSync(join(folder, 'without'), join(folder, 'link'))
      execFileSync('mkfifo', [join(folder, 'pipe')])
      mkdirSync(join(folder, 'folder'))
      writeFileSync(join(folder, 'half'), '{"type":"session_meta","payload":{}}')
      for (const name of ['link', 'pipe', 'folder', 'half', 'nothing']) assert.deepEqual(of(name), [], name)
      assert.deepEqual([of('unsaid', null), missing(null)], [[], []])
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
