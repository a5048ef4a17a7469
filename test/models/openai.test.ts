import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ScriptedModel } from './anthropic.ts'
import { startOpenAi } from './openai.ts'
import { scripted, type StepInput } from './script.ts'

interface StreamEvent {
  readonly type: string
  readonly delta?: string
  readonly item?: { readonly type: string; readonly name?: string; readonly arguments?: string }
  readonly response?: { readonly error?: unknown; readonly usage?: { readonly total_tokens: number } }
}

/** What the CLI sends: the person's text, and behind it a line of the host. */
function prompt(text: string): object {
  const parts = [text, '(Discord message from alice)'].map((each) => ({ type: 'input_text', text: each }))
  return { type: 'message', role: 'user', content: parts }
}

function ask(model: ScriptedModel, input: readonly object[], signal?: AbortSignal): Promise<Response> {
  return fetch(`${model.url}/v1/responses`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'gpt-test', stream: true, prompt_cache_key: 'thread-1', input }),
    signal: signal ?? null,
  })
}

async function events(response: Response): Promise<StreamEvent[]> {
  const lines = (await response.text()).split('\n').filter((line) => line.startsWith('data: '))
  return lines.map((line) => JSON.parse(line.slice(6)) as StreamEvent)
}

function said(events: readonly StreamEvent[]): string {
  return events.map(({ delta }) => delta ?? '').join('')
}

async function answers(model: ScriptedModel, steps: readonly StepInput[]): Promise<StreamEvent[]> {
  return events(await ask(model, [prompt(scripted(steps))]))
}

describe('the scripted Responses API', () => {
  test('echoes the person, not the line of the host behind it', async () => {
    await using model = await startOpenAi()
    const stream = await events(await ask(model, [prompt('hello')]))
    assert.equal(said(stream), 'echo: hello')
    assert.deepEqual(
      stream.map(({ type }) => type.replace('response.', '')),
      ['created', 'output_item.added', 'output_text.delta', 'output_item.done', 'completed'],
    )
    assert.equal(stream.at(-1)?.response?.usage?.total_tokens, 120)
    assert.equal(model.requests[0]?.session, 'thread-1')
  })

  test('tells what came where no person has said anything', async () => {
    await using model = await startOpenAi()
    const note = { type: 'message', role: 'user', content: [{ type: 'input_text', text: '(The bot: go on)' }] }
    assert.equal(said(await events(await ask(model, [note]))), '(no prompt in: user ["(The bot: go on)"])')
  })

  test('takes the step that follows from the conversation', async () => {
    await using model = await startOpenAi()
    const first = prompt(scripted([{ tool: 'exec_command', input: { cmd: 'ls "}" {' } }, { text: 'Done.' }]))
    const start = await events(await ask(model, [first]))
    const call = start.find(({ item }) => item?.type === 'function_call')?.item
    assert.deepEqual([call?.name, call?.arguments], ['exec_command', '{"cmd":"ls \\"}\\" {"}'])
    const called = { type: 'function_call', call_id: '1', name: 'exec_command', arguments: '{}' }
    const output = { type: 'function_call_output', call_id: '1', output: 'a file' }
    assert.equal(said(await events(await ask(model, [first, called, output]))), 'Done.')
    const note = { type: 'message', role: 'user', content: [{ type: 'input_text', text: '(The bot: denied)' }] }
    assert.equal(said(await events(await ask(model, [first, called, output, note]))), 'Done.', 'notes do not count')
    assert.equal(said(await events(await ask(model, [first, called, output, prompt('and now?')]))), 'echo: and now?')
  })

  test('fails as often as the script says, and in the middle', async () => {
    await using model = await startOpenAi()
    const steps = [{ error: { status: 429, headers: { 'retry-after': '3' }, times: 1 }, text: 'ok' }]
    const refused = await ask(model, [prompt(scripted(steps))])
    assert.deepEqual([refused.status, refused.headers.get('retry-after')], [429, '3'])
    assert.equal(said(await answers(model, steps)), 'ok')
    const broken = await answers(model, [{ text: 'abc', midError: { type: 'server_error', message: 'Overloaded' } }])
    assert.deepEqual(broken.at(-1)?.response?.error, { code: 'server_error', message: 'Overloaded' })
    await assert.rejects(answers(model, [{ text: 'abc', chunks: 3, cut: 2 }]))
  })

  test('holds a stream at a gate, and sees when the client goes', async () => {
    await using model = await startOpenAi()
    const held = scripted([{ text: 'abc', chunks: 3, gate: { name: 'middle', at: 1 } }])
    const leaving = new AbortController()
    const patient = ask(model, [prompt(held)])
    const impatient = ask(model, [prompt(held)], leaving.signal)
    await model.waitFor(({ number, heldBy }) => number === 2 && heldBy === 'middle')
    leaving.abort()
    await assert.rejects(impatient.then((response) => response.text()))
    await model.waitFor(({ state }) => state === 'aborted')
    model.gate('middle').open()
    assert.equal(said(await events(await patient)), 'abc')
    await model.waitFor(({ state }) => state === 'answered')
    assert.equal(model.openStreams, 0)
  })
})
