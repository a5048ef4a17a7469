import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as claude from '../../src/runtimes/claude/limit.ts'
import type { LimitLine } from '../../src/runtimes/claude/line.ts'
import { parseLine } from '../../src/runtimes/claude/wire.ts'
import * as codex from '../../src/runtimes/codex/limit.ts'

/** A line of the real CLI with this in it. */
function line(info: object): LimitLine {
  const parsed = parseLine(JSON.stringify({ type: 'rate_limit_event', rate_limit_info: info }))
  assert.ok(parsed.is === 'limit')
  return parsed
}

const session = "You've hit your session limit · resets 3:41am (UTC)"

describe('what Claude says of a quota', () => {
  const full = line({ status: 'rejected', resetsAt: 1795837311, rateLimitType: 'five_hour', isUsingOverage: false })

  test('a turn that was refused says until when, and which window', () => {
    assert.deepEqual(claude.refusalOf(session, full), {
      code: 'quota-full',
      detail: session,
      window: 'five_hour',
      until: 1795837311000,
    })
  })

  test('the second refused turn, which is told without a line, still says which window (E2)', () => {
    const windows = [
      session,
      "You've hit your weekly limit · resets Dec 1",
      "You've hit your Opus limit",
      "You've hit your limit",
    ]
    const told = windows.map((text) => {
      const trouble = claude.refusalOf(text, null)
      return trouble.code === 'quota-full' ? [trouble.window, trouble.until] : trouble.code
    })
    assert.deepEqual(told, [
      ['five_hour', null],
      ['seven_day', null],
      ['seven_day_opus', null],
      [null, null],
    ])
  })

  test('paid use is served, and no limit, whatever the status says (E6)', () => {
    const paid = line({ status: 'rejected', resetsAt: 1795837311, rateLimitType: 'five_hour', isUsingOverage: true })
    assert.equal(claude.readingOf(paid)?.request, 'paid')
    assert.equal(claude.readingOf(full)?.request, 'refused')
    assert.equal(claude.readingOf(line({ status: 'allowed', isUsingOverage: false }))?.request, 'served')
    const warned = { status: 'allowed_warning', rateLimitType: 'five_hour', utilization: 0.91, resetsAt: 1795837311 }
    assert.deepEqual(claude.readingOf(line(warned))?.windows, [
      { name: 'five_hour', used: 0.91, resetsAt: 1795837311000 },
    ])
  })

  test('the service’s own trouble is no quota: without a window, or with a key', () => {
    const busy = line({ status: 'rejected', isUsingOverage: false })
    assert.equal(claude.readingOf(busy), null)
    const text = 'API Error: Server is temporarily limiting requests (not your usage limit) · slow down'
    assert.equal(claude.refusalOf(text, busy).code, 'rate-limited')
    assert.equal(claude.refusalOf('API Error: Request rejected (429) · limit', null).code, 'rate-limited')
  })

  test('credits that have run out come back by no clock', () => {
    const out = { status: 'rejected', rateLimitType: 'seven_day_overage_included', errorCode: 'credits_required' }
    assert.equal(claude.refusalOf("You've hit your limit", line(out)).code, 'quota-ended')
    const window = {
      ...out,
      errorCode: undefined,
      rateLimitType: 'five_hour',
      resetsAt: 1,
      overageDisabledReason: 'out_of_credits',
    }
    assert.equal(claude.refusalOf(session, line(window)).code, 'quota-full', 'the window itself comes back')
  })

  test('a moment is a whole millisecond, and one that is none, or a share that is none, is not told', () => {
    const told = (resetsAt: unknown, utilization: unknown) =>
      claude.readingOf(line({ status: 'allowed', rateLimitType: 'five_hour', resetsAt, utilization }))?.windows[0]
    assert.deepEqual(told(1795837311.12345, 0.5), { name: 'five_hour', used: 0.5, resetsAt: 1795837311123 })
    for (const nonsense of [-5, 0, 1e15]) assert.equal(told(nonsense, 0.5)?.resetsAt, null, String(nonsense))
    assert.equal(told(1795837311, -0.5)?.used, null)
  })
})

describe('what Codex says of a quota', () => {
  const limits = (primary: number, secondary: number, more: object = {}) => ({
    primary: { usedPercent: primary, windowDurationMins: 300, resetsAt: 1795833984 },
    secondary: { usedPercent: secondary, windowDurationMins: 10_080, resetsAt: 1796230384 },
    ...more,
  })
  const detail =
    'You’ve hit your usage limit. Visit https://chatgpt.com/settings/usage to purchase more credits or try again at 2:46 AM.'

  test('the window that is full says until when: the latest, where both are', () => {
    assert.deepEqual(codex.refusalOf(detail, limits(100, 12), null, null), {
      code: 'quota-full',
      detail,
      window: 'five_hour',
      until: 1795833984000,
    })
    assert.equal((codex.refusalOf(detail, limits(100, 100), null, null) as { window: string }).window, 'seven_day')
  })

  test('"not until" and "never" are two things (E3)', () => {
    const never = [
      ['To use Codex with your ChatGPT plan, upgrade to Plus: https://chatgpt.com/explore/plus', {}],
      ['Quota exceeded. Check your plan and billing details.', {}],
      ['Your workspace is out of credits. Ask your workspace owner to refill.', {}],
      [detail, limits(44, 12, { rateLimitReachedType: 'workspace_member_credits_depleted' })],
    ] as const
    for (const [text, told] of never) assert.equal(codex.refusalOf(text, told, null, null).code, 'quota-ended', text)
    assert.equal(codex.refusalOf(detail, {}, null, null).code, 'quota-full')
    assert.equal(codex.refusalOf('You’ve hit your usage limit. Try again later.', {}, null, null).code, 'quota-full')
  })

  test('a moment that only the words tell is the machine’s own time of day', () => {
    const at = new Date(2026, 10, 28, 1, 30).getTime()
    const until = (text: string): unknown => (codex.refusalOf(text, {}, at, null) as { until: unknown }).until
    assert.equal(until(detail), new Date(2026, 10, 28, 2, 47).getTime())
    assert.equal(until('… try again at 1:10 AM.'), new Date(2026, 10, 29, 1, 11).getTime(), 'tomorrow')
    assert.equal(until('… try again at Dec 3rd, 2026 12:05 PM.'), new Date(2026, 11, 3, 12, 6).getTime())
    const alone = 'You’ve hit your usage limit. Try again at 2:46 AM.'
    assert.equal(until(alone), new Date(2026, 10, 28, 2, 47).getTime(), 'the sentence where no plan is known')
    assert.equal(until('… try again later.'), null)
  })

  test('windows are kept by their length; without any there is no news', () => {
    assert.deepEqual(codex.readingOf(limits(44, 12))?.windows, [
      { name: 'five_hour', used: 0.44, resetsAt: 1795833984000 },
      { name: 'seven_day', used: 0.12, resetsAt: 1796230384000 },
    ])
    assert.equal(codex.readingOf({ primary: null, secondary: null }), null)
  })

  test('a limit of some models beside the account’s own has windows of its own, and holds the model back that was asked', () => {
    const told = limits(100, 12, { limitId: 'codex_other', limitName: 'other things' })
    assert.deepEqual(
      codex.readingOf(told)?.windows.map(({ name }) => name),
      ['codex_other:five_hour', 'codex_other:seven_day'],
    )
    assert.deepEqual(codex.readingOf({ ...told, limitId: 'codex' })?.windows, codex.readingOf(limits(100, 12))?.windows)
    const refused = codex.refusalOf(detail, told, null, 'gpt-5.5') as { window: string; model?: string }
    assert.deepEqual([refused.window, refused.model], ['codex_other:five_hour', 'gpt-5.5'])
    const own = codex.refusalOf(detail, limits(100, 12), null, 'gpt-5.5') as { model?: string }
    assert.equal(own.model, undefined)
  })

  test('a moment or a share that is none is not told', () => {
    const mad = { usedPercent: -3, windowDurationMins: 300, resetsAt: 1e18 }
    assert.deepEqual(codex.readingOf({ primary: mad })?.windows, undefined)
    const late = { usedPercent: 12, windowDurationMins: 300, resetsAt: 1795833984.0007 }
    assert.deepEqual(codex.readingOf({ primary: late })?.windows, [
      { name: 'five_hour', used: 0.12, resetsAt: 1795833984001 },
    ])
    assert.equal(codex.readingOf({ primary: { ...late, resetsAt: -1 } })?.windows[0]?.resetsAt, null)
  })
})
