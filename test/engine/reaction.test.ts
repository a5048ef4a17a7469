import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Question, Subject } from '../../src/core/approval.ts'
import type { Ask, Draft, Reaction } from '../../src/core/ask.ts'
import { reactTo } from '../../src/engine/reaction.ts'
import { inputHashOf, subjectOf, tokenOf } from '../../src/engine/token.ts'
import { prompt, runId, session, approvalId } from '../stores/cast.ts'

function question(id: string, more: Partial<Question> = {}): Question {
  const options = ['red', 'blue'].map((label) => ({ label, description: '' }))
  return { id, header: id, text: `${id}?`, options, several: false, free: true, ...more }
}

function ask(subject: Subject, draft: Draft = {}): Ask {
  const place = session('one')
  const action = { id: 'a', kind: 'other', tool: 'Tool', title: '' } as const
  const approval = { id: approvalId('ask'), action, input: '{}', subject, risks: [] }
  return {
    token: 'token',
    run: runId('r'),
    prompt: prompt('1', place),
    session: place,
    runtime: 'Echo',
    approval,
    inputHash: '',
    runs: { known: true, files: {} },
    changed: [],
    listed: null,
    askedAt: 0,
    expiresAt: 1,
    draft,
    fate: { kind: 'open' },
    lasting: false,
  }
}

const react = (asked: Ask, reaction: Reaction) => reactTo(asked, reaction, 'alice')
const choose = (at: number, ...options: number[]): Reaction => ({ kind: 'choose', question: at, options })

test('a yes is a yes and a no has a reason', () => {
  const plan = ask({ kind: 'plan', plan: 'this' })
  assert.deepEqual(react(plan, { kind: 'approve', lasting: false }), {
    kind: 'decided',
    decision: { verdict: 'approve' },
  })
  assert.deepEqual(react(plan, { kind: 'deny', reason: ' ' }), {
    kind: 'decided',
    decision: { verdict: 'deny', reason: 'alice said no.' },
  })
})

test('one question is decided at once, several when all are answered', () => {
  const one = ask({ kind: 'questions', questions: [question('a')] })
  assert.deepEqual(react(one, choose(0, 1)), {
    kind: 'decided',
    decision: { verdict: 'reply', answers: { a: ['blue'] } },
  })
  assert.deepEqual(react(one, choose(0, 0, 1)), {
    kind: 'decided',
    decision: { verdict: 'reply', answers: { a: ['red'] } },
  })
  const subject: Subject = { kind: 'questions', questions: [question('a', { several: true }), question('b')] }
  assert.deepEqual(react(ask(subject), choose(0, 0, 1)), { kind: 'drafted', draft: { a: ['red', 'blue'] } })
  assert.deepEqual(react(ask(subject, { a: ['red'] }), { kind: 'write', question: 0, text: ' own ' }), {
    kind: 'drafted',
    draft: { a: ['red', 'own'] },
  })
  assert.deepEqual(react(ask(subject, { a: ['red'] }), { kind: 'send' }), {
    kind: 'refused',
    refusal: { code: 'answer-missing', question: 'b?' },
  })
  const draft = { a: ['red'], b: ['own'] }
  assert.deepEqual(react(ask(subject, draft), { kind: 'send' }), {
    kind: 'decided',
    decision: { verdict: 'reply', answers: draft },
  })
})

test('what no button could have meant is refused', () => {
  const one = ask({ kind: 'questions', questions: [question('a', { free: false })] })
  for (const [asked, reaction] of [
    [one, { kind: 'approve', lasting: true }],
    [one, choose(1, 0)],
    [one, choose(0, 7)],
    [one, choose(Number.NaN, 0)],
    [one, { kind: 'write', question: 0, text: 'own' }],
    [ask({ kind: 'tool' }), { kind: 'send' }],
    [ask({ kind: 'tool' }), choose(0, 0)],
  ] as const) {
    assert.equal(react(asked, reaction).kind, 'refused')
  }
})

test('a token is for one question of one run with one input', () => {
  const { approval } = ask({ kind: 'tool' })
  const token = tokenOf(runId('r'), approval)
  assert.match(token, /^[-\w]{22}$/)
  assert.equal(tokenOf(runId('r'), { ...approval }), token)
  assert.notEqual(tokenOf(runId('s'), approval), token)
  assert.notEqual(tokenOf(runId('r'), { ...approval, input: '{ }' }), token)
  assert.notEqual(tokenOf(runId('r'), { ...approval, id: approvalId('other') }), token)
  assert.match(inputHashOf(approval), /^[0-9a-f]{12}$/)
  assert.notEqual(subjectOf(approval, '/w'), subjectOf({ ...approval, input: '1' }, '/w'))
})
