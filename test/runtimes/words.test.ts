import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import type { Outcome, RunEvent } from '../../src/core/event.ts'
import { outcomeOf, errorRows, reasonRows, subtypeRows } from '../../src/runtimes/claude/outcome.ts'
import { requestRows, systemRows, typeRows } from '../../src/runtimes/claude/system.ts'
import { parseLine } from '../../src/runtimes/claude/wire.ts'
import { itemReaders } from '../../src/runtimes/codex/action.ts'
import { asksOf } from '../../src/runtimes/codex/ask.ts'
import { beginning, meaningOf, turnReaders, type CodexState } from '../../src/runtimes/codex/meaning.ts'
import { errorRows as codexErrors, retryOf, troubleOf } from '../../src/runtimes/codex/outcome.ts'
import { itemsPassedOver, noticesPassedOver, requestsRefused } from '../../src/runtimes/codex/passed-over.ts'

/** The words that a tested version can say, by kind, as they were found in it (test/clis/words.test.ts). */
function wordsOf(runtime: string, version: string): Words {
  const text = readFileSync(join(import.meta.dirname, '..', 'golden', runtime, version, 'words.txt'), 'utf8')
  return text
    .trim()
    .split('\n')
    .map((line) => line.split(' ') as [string, string])
}

type Words = readonly (readonly [kind: string, word: string])[]

function ofKind(words: Words, wanted: string): readonly string[] {
  return words.filter(([kind]) => kind === wanted).map(([, word]) => word)
}

/** Fails for a word that has no row, and for a row of a word that nobody says. */
function covers(words: Words, kind: string, rows: readonly string[]): void {
  const said = ofKind(words, kind)
  assert.ok(said.length > 0, kind)
  assert.deepEqual(
    said.filter((word) => !rows.includes(word)),
    [],
    `${kind}: without a row`,
  )
  assert.deepEqual(new Set(rows).size, rows.length, `${kind}: one row each`)
  assert.deepEqual(
    rows.filter((row) => !said.includes(row)),
    [],
    `${kind}: rows of words that nobody says`,
  )
}

suite('every word of a CLI becomes something', () => {
  test('Claude Code 2.1.197', () => {
    const words = wordsOf('claude', '2.1.197')
    covers(words, 'system', Object.keys(systemRows))
    covers(words, 'error', Object.keys(errorRows))
    covers(words, 'reason', Object.keys(reasonRows))
    covers([...words, ['subtype', 'success']], 'subtype', Object.keys(subtypeRows))
    covers(words, 'request', Object.keys(requestRows))
    // Those that name no session are known by what the recordings hold.
    const bare = [
      'user',
      'control_request',
      'control_response',
      'control_cancel_request',
      'keep_alive',
      'transcript_mirror',
    ]
    covers([...words, ...bare.map((type) => ['type', type] as const)], 'type', Object.keys(typeRows))
  })

  test('Codex 0.169.0', () => {
    const words = wordsOf('codex', '0.169.0')
    // Read before anybody asks whose turn it is.
    const always = ['account/rateLimits/updated', 'thread/tokenUsage/updated', 'serverRequest/resolved']
    covers(words, 'notice', [...Object.keys(turnReaders), ...always, ...Object.keys(noticesPassedOver)])
    const readInPlace = ['agentMessage', 'contextCompaction', 'subAgentActivity']
    covers(words, 'item', [...Object.keys(itemReaders), ...readInPlace, ...Object.keys(itemsPassedOver)])
    covers(words, 'error', Object.keys(codexErrors))
    const asked = ofKind(words, 'request').filter(
      (method) => asksOf({ id: 1, method, params: {} }, {}, '/w') !== null || byContent.has(method),
    )
    covers(words, 'request', [...asked, 'item/tool/call', ...Object.keys(requestsRefused)])
  })
})

/** Their parameters decide whether they can be asked. */
const byContent: ReadonlySet<string> = new Set(['mcpServer/elicitation/request', 'item/tool/requestUserInput'])

function claudeTrouble(parts: object, error: string | null = null): object {
  const line = parseLine(JSON.stringify({ type: 'result', subtype: 'success', is_error: true, ...parts }))
  assert.equal(line.is, 'result')
  const outcome: Outcome = outcomeOf(line, { error, limit: null }, null)
  assert.equal(outcome.kind, 'failed')
  const { detail: _, ...trouble } = (outcome as { trouble: { detail: string } }).trouble
  return trouble
}

const failed = { code: 'model-failed', status: null }

suite('what Claude says of a failure', () => {
  const said: readonly (readonly [string, object, string | null, object])[] = [
    ['repeated 529', { result: 'API Error: Repeated 529 Overloaded errors.' }, 'server_error', busy('overloaded')],
    ['529', { result: 'API Error: 529 Overloaded', api_error_status: 529 }, 'server_error', busy('overloaded')],
    ['500', { result: 'API Error: 500', api_error_status: 500 }, 'server_error', busy('failing')],
    ['reset', { result: 'API Error: Unable to connect to API (ECONNRESET)' }, 'server_error', busy('unreachable')],
    ['mid-stream', { result: 'half\nAPI Error: Overloaded' }, 'unknown', busy('overloaded')],
    ['mid-stream, a limit', { result: 'half\nAPI Error: limit' }, 'unknown', busy('slower')],
    ['mid-stream, anything', { result: 'API Error: Internal server error' }, 'unknown', busy('failing')],
    ['what the answer may be at most', { result: 'API Error: the 32000 output token maximum' }, null, failed],
    [
      'a capacity limit',
      { result: 'API Error: Server is temporarily limiting', api_error_status: 429 },
      'rate_limit',
      busy('slower'),
    ],
    [
      'the account',
      { result: "You've hit your session limit", api_error_status: 429 },
      'rate_limit',
      { code: 'quota-full', window: 'five_hour', until: null },
    ],
    [
      'full',
      { result: 'Prompt is too long', terminal_reason: 'prompt_too_long' },
      'invalid_request',
      { code: 'context-full' },
    ],
    ['thrash', { result: 'x', terminal_reason: 'rapid_refill_breaker' }, null, { code: 'context-full' }],
    [
      '413',
      { result: 'Request too large (max 32MB)', api_error_status: 413 },
      'invalid_request',
      { code: 'too-large' },
    ],
    [
      'refusal',
      { result: 'API Error: Claude Code is unable to respond' },
      'invalid_request',
      { code: 'model-declined' },
    ],
    [
      'credit',
      { result: 'Credit balance is too low', api_error_status: 400 },
      'billing_error',
      { code: 'quota-ended' },
    ],
    ['model', { result: 'no such model', api_error_status: 404 }, 'model_not_found', { code: 'model-unknown' }],
    ['organisation', { result: 'not allowed' }, 'oauth_org_not_allowed', { code: 'auth-failed' }],
    ['turns', { subtype: 'error_max_turns', errors: ['max turns'] }, null, { code: 'turn-limit' }],
    ['anything', { result: 'odd', api_error_status: 418 }, null, { code: 'model-failed', status: 418 }],
  ]
  for (const [name, parts, error, trouble] of said)
    test(name, () => assert.deepEqual(claudeTrouble(parts, error), trouble))
})

suite('what Codex says of a failure', () => {
  const said: readonly (readonly [unknown, string, object])[] = [
    ['serverOverloaded', 'busy', busy('overloaded')],
    ['rateLimitExceeded', 'slow down', busy('slower')],
    [{ responseTooManyFailedAttempts: { httpStatusCode: 429 } }, 'x', busy('slower')],
    [{ httpConnectionFailed: { httpStatusCode: 502 } }, 'x', busy('failing')],
    [{ httpConnectionFailed: { httpStatusCode: 401 } }, 'x', { code: 'auth-failed' }],
    [{ responseStreamDisconnected: { httpStatusCode: null } }, 'x', busy('unreachable')],
    ['other', "We're currently experiencing high demand", busy('overloaded')],
    ['other', 'stream disconnected before completion', busy('unreachable')],
    ['other', 'failed to load AGENTS.md: fs sandbox helper failed with status 1: no such file', busy('failing')],
    ['contextWindowExceeded', 'Start a new thread', { code: 'context-full' }],
    ['usageLimitExceeded', "You've hit your usage limit", { code: 'quota-full', window: null, until: null }],
    ['usageLimitExceeded', 'Your workspace is out of credits', { code: 'quota-ended' }],
    ['cyberPolicy', 'x', { code: 'model-declined' }],
    ['aWordOfTomorrow', 'x', { code: 'model-failed', status: null }],
  ]
  for (const [info, message, expected] of said)
    test(`${JSON.stringify(info)}: ${message}`, () => {
      const { detail: _, ...trouble } = troubleOf(
        { codexErrorInfo: info, message },
        { rateLimits: {}, at: null, model: null },
      ) as {
        detail: string
      }
      assert.deepEqual(trouble, expected)
    })

  test('that it asks the model again is said, but not of a login that is refused', () => {
    const info = (httpStatusCode: number | null) => ({
      codexErrorInfo: { responseStreamDisconnected: { httpStatusCode } },
    })
    assert.deepEqual(
      [429, 503, null, 401].map((status) => retryOf(info(status))),
      ['slower', 'overloaded', 'unreachable', null],
    )
  })
})

function busy(why: string): object {
  return { code: 'service-busy', why }
}

test('what a CLI says of itself is a notice', () => {
  const system = (parts: object) => parseLine(JSON.stringify({ type: 'system', ...parts }))
  assert.deepEqual(system({ subtype: 'api_retry', error: 'overloaded', error_status: 529 }), {
    is: 'retry',
    error: 'overloaded',
    status: 529,
    why: 'overloaded',
  })
  const notices: readonly object[] = [
    system({ subtype: 'status', status: 'compacting' }),
    system({ subtype: 'compact_boundary', compact_metadata: { trigger: 'auto' } }),
    system({ subtype: 'model_fallback', original_model: 'opus', fallback_model: 'sonnet' }),
  ]
  assert.deepEqual(notices, [
    { is: 'notice', notice: { kind: 'compacting' } },
    { is: 'notice', notice: { kind: 'compacted' } },
    { is: 'notice', notice: { kind: 'model-changed', from: 'opus', to: 'sonnet' } },
  ])
  assert.deepEqual(system({ subtype: 'a_word_of_tomorrow' }), { is: 'other' })

  const from = {
    pid: 1,
    warm: true,
    workdir: '/w',
    resumed: false,
    boxed: false,
    beside: null,
    openId: 'o',
    turnId: 't',
  }
  const state: CodexState = { ...beginning(from, 'T', null, null), taken: true, turn: 'U' }
  const codex = (method: string, params: object): readonly RunEvent[] =>
    meaningOf(state, JSON.stringify({ method, params: { threadId: 'T', turnId: 'U', ...params } })).events
  const item = { id: 'i', type: 'contextCompaction' }
  assert.deepEqual(
    [
      codex('error', {
        willRetry: true,
        error: { codexErrorInfo: { responseStreamDisconnected: { httpStatusCode: 503 } } },
      }),
      codex('item/started', { item }),
      codex('item/completed', { item }),
      codex('model/rerouted', { fromModel: 'a', toModel: 'b' }),
    ].flat(),
    [
      { type: 'noticed', notice: { kind: 'retrying', why: 'overloaded' } },
      { type: 'noticed', notice: { kind: 'compacting' } },
      { type: 'noticed', notice: { kind: 'compacted' } },
      { type: 'noticed', notice: { kind: 'model-changed', from: 'a', to: 'b' } },
    ],
  )
})
