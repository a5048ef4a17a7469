import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Approval, Risk, Subject } from '../../src/core/approval.ts'
import { befall, type Fate } from '../../src/core/ask.ts'
import { besides, bySessionRule, canLast, grantorIn, likenessOf, mayAnswer } from '../../src/core/consent.ts'
import type { RunEvent } from '../../src/core/event.ts'
import { noUsage } from '../../src/core/event.ts'
import type { ApprovalId, PersonId } from '../../src/core/ids.ts'
import type { CommandContent } from '../../src/core/running.ts'
import { tiers, type Tier } from '../../src/core/right.ts'

const speaker = 'speaker' as PersonId
const other = 'other' as PersonId
const command: Subject = { kind: 'command', command: 'npm test', folder: null, reason: null }

function approval(subject: Subject, risks: readonly Risk[] = [], input = '{}'): Approval {
  const action = { id: 'a', kind: 'command', tool: 'Bash', title: 'npm test' } as const
  return { id: 'ask' as ApprovalId, action, input, subject, risks }
}

const talk: readonly Subject[] = [
  { kind: 'questions', questions: [] },
  { kind: 'plan', plan: 'first this' },
]
const acts: readonly Subject[] = [command, { kind: 'change', changes: [], reason: null }, { kind: 'tool' }]
const risks: readonly Risk[] = ['network', 'push', 'outside', 'unconfined', 'obeyed']

describe('who may answer an approval', () => {
  /** Tiers of the speaker when they asked, and now, with which they may answer themselves. */
  const table: readonly (readonly [readonly Approval[], (then: Tier, now: Tier) => boolean])[] = [
    [talk.map((each) => approval(each)), (_then, now) => ['guest', 'member', 'owner'].includes(now)],
    [
      acts.map((each) => approval(each)),
      (then, now) => now === 'owner' || (now === 'member' && (then === 'member' || then === 'owner')),
    ],
    [acts.flatMap((each) => risks.map((risk) => approval(each, [risk]))), (_then, now) => now === 'owner'],
  ]

  it('is the speaker, as far as their tier reached when they asked and reaches now', () => {
    for (const [asks, may] of table) {
      for (const ask of asks) {
        for (const then of tiers) {
          for (const now of tiers) {
            const said = mayAnswer(ask, { id: speaker, tier: then }, { id: speaker, tier: now })
            assert.equal(said, may(then, now), `${ask.subject.kind} [${ask.risks.join()}] ${then} → ${now}`)
          }
        }
      }
    }
  })

  it('is an owner, and nobody else who did not ask', () => {
    for (const ask of table.flatMap(([asks]) => asks)) {
      for (const then of tiers) {
        for (const now of tiers) {
          assert.equal(mayAnswer(ask, { id: speaker, tier: then }, { id: other, tier: now }), now === 'owner')
        }
      }
    }
  })
})

describe('a consent for the session', () => {
  it('is for what the folder holds in and nobody can change behind it, and for hosts', () => {
    const known: CommandContent = { known: true, files: { 'run.sh': 'abc' } }
    const unknown: CommandContent = { known: false, files: {} }
    const change: Subject = { kind: 'change', changes: [], reason: null }
    const host: Subject = { kind: 'host', host: 'example.com', port: 443 }
    const lasts = (subject: Subject, risk: readonly Risk[] = [], runs = known): boolean =>
      canLast({ approval: approval(subject, risk), runs })
    for (const subject of [command, change]) assert.ok(lasts(subject), subject.kind)
    for (const runs of [known, unknown]) assert.ok(lasts(host, ['network'], runs))
    assert.ok(!lasts(command, [], unknown), 'what it runs cannot be told')
    for (const subject of [...talk, { kind: 'tool' } as const]) assert.ok(!lasts(subject), subject.kind)
    for (const risk of risks) for (const subject of [command, change]) assert.ok(!lasts(subject, [risk]), risk)
  })

  it('holds for the same command in the same folder, and for nothing that is more', () => {
    const input = (more: object): string => JSON.stringify({ command: 'npm test', ...more })
    const like = (more: object, subject: Partial<typeof command> = {}, risk: readonly Risk[] = []): string =>
      likenessOf(approval({ ...command, ...subject }, risk, input(more)), '/w')
    const plain = like({})
    assert.equal(like({}, { folder: '/w' }), plain, 'its own folder, said aloud')
    assert.equal(like({ description: 'tests it' }, { reason: 'tests it' }), plain, 'why it is wanted may differ')
    for (const different of [
      like({}, { command: 'npm test ' }),
      like({}, { folder: '/elsewhere' }),
      like({ dangerouslyDisableSandbox: true }),
      like({}, {}, ['network']),
      likenessOf(approval({ kind: 'tool' }, [], input({})), '/w'),
    ]) {
      assert.notEqual(different, plain)
    }
    const tool = approval({ kind: 'tool' }, [], '{"a":1}')
    assert.notEqual(likenessOf(tool, '/w'), likenessOf({ ...tool, input: '{"a":2}' }, '/w'))
  })

  it('names who gave it, in the journal', () => {
    assert.equal(grantorIn(bySessionRule('alice')), 'alice')
    assert.equal(grantorIn('alice'), null)
  })
})

describe('what a command’s input says beside the command', () => {
  it('is everything else', () => {
    const of = (input: unknown): unknown => besides(approval(command, [], JSON.stringify(input)))
    assert.equal(of({ command: 'npm test' }), null)
    assert.equal(of({ command: ['npm', 'test'], cwd: null }), null)
    assert.deepEqual(of({ command: 'npm test', timeout: 5, nothing: null }), { timeout: 5 })
    assert.deepEqual(of({ command: 'another' }), { command: 'another' }, 'what was not shown is never left out')
    assert.equal(of('text'), null)
  })
})

describe('the fate of an approval', () => {
  const id = 'ask' as ApprovalId
  const wanted = (of: string): RunEvent => ({
    type: 'wanted',
    approval: { ...approval(command), id: of as ApprovalId },
  })
  const answered = (of: string): RunEvent => ({
    type: 'answered',
    approval: of as ApprovalId,
    decision: { verdict: 'approve' },
    by: 'alice',
  })
  const after = (...events: readonly RunEvent[]): Fate =>
    events.reduce<Fate>((fate, event) => befall(fate, id, event), { kind: 'open' })

  it('is told by its run', () => {
    const done = { kind: 'done', usage: noUsage } as const
    assert.equal(after(wanted('ask'), wanted('other'), answered('other')).kind, 'open')
    assert.equal(after(answered('ask'), { type: 'finished', outcome: done }).kind, 'answered')
    assert.equal(after({ type: 'withdrawn', approval: id }).kind, 'withdrawn')
    assert.deepEqual(after({ type: 'stopped', by: 'bob' }), { kind: 'stopped', by: 'bob' })
    assert.equal(after({ type: 'lost', detail: '' }).kind, 'lost')
    assert.equal(after({ type: 'forgotten', detail: '' }).kind, 'lost')
    assert.equal(after({ type: 'finished', outcome: done }).kind, 'ended')
    assert.equal(after({ type: 'lost', detail: '' }, wanted('ask')).kind, 'open', 'it may be asked anew')
  })
})
