import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { startAnthropic } from './anthropic.ts'
import type { ScriptedModel } from './anthropic.ts'
import { scripted } from './script.ts'
import type { StepInput } from './script.ts'

type Content = string | readonly Readonly<Record<string, unknown>>[]
interface Message {
  readonly role: 'user' | 'assistant' | 'system'
  readonly content: Content
}
interface StreamEvent {
  readonly type: string
  readonly delta?: { readonly text?: string; readonly stop_reason?: string }
  readonly content_block?: { readonly type: string; readonly name?: string }
}

/** What our client sends: the person's text, and behind it a line of the host. */
function prompt(text: string): Message {
  return {
    role: 'user',
    content: [
      { type: 'text', text },
      { type: 'text', text: '(Discord message from alice)' },
    ],
  }
}

function ask(model: ScriptedModel, messages: readonly Message[], signal?: AbortSignal): Promise<Response> {
  return fetch(`${model.url}/v1/messages?beta=true`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-claude-code-session-id': 'session-1' },
    body: JSON.stringify({ model: 'claude-test', stream: true, messages }),
    signal: signal ?? null,
  })
}

async function events(response: Response): Promise<StreamEvent[]> {
  const lines = (await response.text()).split('\n').filter((line) => line.startsWith('data: '))
  return lines.map((line) => JSON.parse(line.slice(6)) as StreamEvent)
}

function said(events: readonly StreamEvent[]): string {
  return events.map((event) => event.delta?.text ?? '').join('')
}

async function answers(model: ScriptedModel, steps: readonly StepInput[]): Promise<StreamEvent[]> {
  return events(await ask(model, [prompt(scripted(steps))]))
}

describe('the scripted Messages API', () => {
  test('echoes the person, not the line of the host behind it', async () => {
    await using model = await startAnthropic()
    const stream = await events(await ask(model, [prompt('hello')]))
    assert.equal(said(stream), 'echo: hello')
    assert.deepEqual(
      stream.map((event) => event.type),
      [
        'message_start',
        'content_block_start',
        'content_block_delta',
        'content_block_stop',
        'message_delta',
        'message_stop',
      ],
    )
    const [request] = model.requests
    assert.equal(request?.session, 'session-1')
    assert.deepEqual(request?.last, prompt('hello').content)
  })

  test('takes the step that follows from the conversation', async () => {
    await using model = await startAnthropic()
    const first = prompt(
      scripted([{ text: 'I look.', tool: 'Bash', input: { command: 'ls "}" {' } }, { text: 'Done.' }]),
    )
    const start = await events(await ask(model, [first]))
    assert.deepEqual(
      start.flatMap((event) => event.content_block?.type ?? []),
      ['text', 'tool_use'],
    )
    assert.equal(start.at(-2)?.delta?.stop_reason, 'tool_use')
    const answered: Message = { role: 'assistant', content: 'I look.' }
    const result: Message = { role: 'user', content: [{ type: 'tool_result', content: 'a file' }] }
    assert.equal(said(await events(await ask(model, [first, answered, result]))), 'Done.')
    assert.equal(said(await events(await ask(model, [first, answered, prompt('and now?')]))), 'echo: and now?')
    const steer: Message = { role: 'system', content: `The user sent: ${scripted([{ text: 'Steered.' }])}` }
    assert.equal(said(await events(await ask(model, [first, answered, result, steer]))), 'Steered.')
  })

  test('fails as often as the script says, with its headers', async () => {
    await using model = await startAnthropic()
    const steps = [
      { error: { status: 429, type: 'rate_limit_error', headers: { 'retry-after': '3' }, times: 1 }, text: 'ok' },
    ]
    const refused = await ask(model, [prompt(scripted(steps))])
    assert.equal(refused.status, 429)
    assert.equal(refused.headers.get('retry-after'), '3')
    assert.match(await refused.text(), /rate_limit_error/)
    assert.equal(said(await answers(model, steps)), 'ok')
  })

  test('holds a stream at a gate, and sees when the client goes', async () => {
    await using model = await startAnthropic()
    const held = scripted([{ text: 'abc', chunks: 3, gate: { name: 'middle', at: 1 } }])
    const patient = ask(model, [prompt(held)])
    assert.equal((await model.gate('middle').reached()).chunks, 1)
    const leaving = new AbortController()
    const impatient = ask(model, [prompt(held)], leaving.signal)
    await model.waitFor(({ number, heldBy }) => number === 2 && heldBy === 'middle')
    assert.equal(model.openStreams, 2)
    leaving.abort()
    await assert.rejects(impatient.then((response) => response.text()))
    const gone = await model.waitFor(({ state }) => state === 'aborted')
    assert.equal(gone.number, 2)
    assert.ok(gone.endedAt !== null && gone.endedAt >= gone.arrivedAt)
    model.gate('middle').open()
    assert.equal(said(await events(await patient)), 'abc')
    await model.waitFor(({ number, state }) => number === 1 && state === 'answered')
    assert.equal(model.openStreams, 0)
  })

  test('cuts a stream, ends one with an error, and falls silent', async () => {
    await using model = await startAnthropic()
    await assert.rejects(answers(model, [{ text: 'abc', chunks: 3, cut: 2 }]))
    const broken = await answers(model, [
      { text: 'abc', midError: { type: 'overloaded_error', message: 'Overloaded' } },
    ])
    assert.deepEqual(broken.at(-1), { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } })
    const silent = ask(model, [prompt(scripted([{ text: 'abc', chunks: 3, hang: 1 }]))])
    const request = await model.waitFor(({ number, chunks }) => number === 3 && chunks === 1)
    assert.equal(request.state, 'open')
    await model.close()
    await assert.rejects(silent.then((response) => response.text()))
    assert.equal(request.state, 'aborted')
  })

  test('says what is wrong with a script, and what a wait has seen', async () => {
    await using model = await startAnthropic()
    const refused = await ask(model, [prompt('MOCK{"steps":[{"txet":"hello"}]}')])
    assert.equal(refused.status, 400)
    assert.match(await refused.text(), /txet/)
    await assert.rejects(
      model.waitFor(({ number }) => number === 2, { deadline: 1 }),
      /within 1 ms. Seen:\n {2}1 POST \/v1\/messages step 0/,
    )
  })

  test('is decided by a handler before the script, and answers what else a CLI asks', async () => {
    await using model = await startAnthropic({
      handler: ({ number }) => (number === 1 ? { text: 'handled' } : undefined),
    })
    assert.equal(said(await answers(model, [{ text: 'scripted' }])), 'handled')
    assert.equal(said(await answers(model, [{ text: 'scripted' }])), 'scripted')
    assert.equal((await fetch(model.url, { method: 'HEAD' })).status, 404)
    const counted = await fetch(`${model.url}/v1/messages/count_tokens`, { method: 'POST', body: '{"messages":[]}' })
    assert.deepEqual(await counted.json(), { input_tokens: 4 })
    assert.equal(model.requests.length, 2)
    await model.close()
    await model.close()
    await assert.rejects(fetch(model.url))
  })
})
