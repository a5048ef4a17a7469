import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Reaction } from '../../src/core/ask.ts'
import { parseButtonId, type Press } from '../../src/core/button.ts'
import type { Doors } from '../../src/core/doors.ts'
import { Features } from '../../src/core/feature.ts'
import type { RunId } from '../../src/core/ids.ts'
import { approvals } from '../../src/features/approvals/approvals.ts'
import { runs } from '../../src/features/runs/runs.ts'
import { asks } from '../locales/samples.ts'
import { call, say } from './call.ts'
import { product } from './product.ts'

const token = 'AbCd_fGh-jKlMnOpQrStUv'
const ask = asks[0] ?? assert.fail('there is no approval to answer')

interface Done {
  token?: string
  list?: string
  last?: number
  reaction?: Reaction
  run?: RunId
  steered?: string
}

/** The buttons of runs and approvals, and what they have done. */
function pressed(): { readonly done: Done[]; readonly features: Features } {
  const done: Done[] = []
  const gate = {
    approval: async (_by, named) => {
      done.push({ token: named })
      return { ok: true, value: ask }
    },
    answer: async (_by, named, reaction) => {
      done.push({ token: named, reaction })
      return { ok: true, value: ask }
    },
    approvals: async (_by, list) => {
      done.push({ list })
      return { ok: true, value: [{ ...ask, listed: { list, at: 7 } }] }
    },
    answerAll: async (_by, list, last, reaction) => {
      done.push({ list, last, reaction })
      return { ok: true, value: [] }
    },
    showAsk: () => ({ rendering: { mark: 'drawn' } }) as never,
    showAsks: () => ({ rendering: { mark: 'drawn' } }) as never,
    stop: () => Promise.reject(new Error('no button stops a place')),
    stopByButton: async (_by, _place, run) => {
      done.push({ run })
      return { ok: true, value: { run, waiting: true, afterMs: 0 } }
    },
    steer: async (_by, _place, { text }) => {
      done.push({ steered: text })
      return { ok: true, value: { how: 'steered', text } }
    },
  } satisfies Pick<
    Doors,
    'approval' | 'approvals' | 'answer' | 'answerAll' | 'showAsk' | 'showAsks' | 'stop' | 'stopByButton' | 'steer'
  >
  return { done, features: new Features([runs(gate), approvals(gate)]) }
}

async function press(id: string, over: Partial<Press> = {}): Promise<Done[]> {
  const { done, features } = pressed()
  const found = features.button(id)
  assert.ok(found !== null, id)
  const { key, person, place, memo } = call()
  await found.button.act({
    key,
    person,
    place,
    argument: found.argument,
    chosen: [],
    text: '',
    written: {},
    say,
    memo,
    ...over,
  })
  return done
}

describe('a button', () => {
  const approve = { kind: 'approve', lasting: false } as const
  const table: readonly (readonly [string, Done, Partial<Press>?])[] = [
    [`approvals:yes:${token}`, { token, reaction: approve }],
    [`approvals:session:${token}`, { token, reaction: { kind: 'approve', lasting: true } }],
    [`approvals:send:${token}`, { token, reaction: { kind: 'send' } }],
    [`approvals:pick:${token}:2:11`, { token, reaction: { kind: 'choose', question: 2, options: [11] } }],
    [
      `approvals:pick:${token}:1`,
      { token, reaction: { kind: 'choose', question: 1, options: [0, 4] } },
      { chosen: ['0', '4'] },
    ],
    [`approvals:look:${token}`, { token }],
    [`approvals:no:${token}`, { token, reaction: { kind: 'deny', reason: 'not now' } }, { text: 'not now' }],
    [`approvals:change:${token}`, { token, reaction: { kind: 'deny', reason: 'smaller' } }, { text: 'smaller' }],
    [`approvals:other:${token}:3`, { token, reaction: { kind: 'write', question: 3, text: 'blue' } }, { text: 'blue' }],
    ['approvals:all:lxy:9', { list: 'lxy', last: 9, reaction: approve }],
    ['approvals:none:lxy:9', { list: 'lxy', last: 9, reaction: { kind: 'deny', reason: 'no' } }, { text: 'no' }],
    ['approvals:list:lxy', { list: 'lxy' }],
    ['runs:stop:run-1.0', { run: 'run-1' as RunId }],
    ['runs:steer:run-1.0', { steered: 'quickly' }, { text: 'quickly' }],
    // Messages that stand since before there were features.
    [`omc:ask:${token}:yes`, { token, reaction: approve }],
    [`omc:ask:${token}:pick:2:11`, { token, reaction: { kind: 'choose', question: 2, options: [11] } }],
    ['omc:stop:run-1.0', { run: 'run-1' as RunId }],
    ['omc:steer:run-1.0', { steered: 'quickly' }, { text: 'quickly' }],
  ]
  for (const [id, wanted, over] of table) {
    it(`${id} does what it says`, async () => {
      assert.ok(id.length <= 100)
      assert.deepEqual(await press(id, over), [wanted])
    })
  }

  it('that asks for a text opens a form, and no other does', () => {
    const forms = product.all.flatMap(({ name, buttons }) =>
      [...buttons].filter(([, button]) => button.form !== undefined).map(([verb]) => `${name}:${verb}`),
    )
    assert.deepEqual(forms.sort(), [
      'agents:other',
      'approvals:change',
      'approvals:no',
      'approvals:none',
      'approvals:other',
      'budgets:raise',
      'letters:change',
      'letters:no',
      'runs:steer',
      'tasks:reject',
    ])
  })

  it('of nobody here is no button', () => {
    for (const id of [
      '',
      'x',
      'omc:',
      'omc:ask:',
      `omc:ask:${token}`,
      `omc:ask:${token}:fly`,
      'runs:fly:1',
      'fly:stop:1',
    ]) {
      assert.equal(product.button(id), null, id)
    }
    assert.equal(parseButtonId('omc:fly:1'), null)
  })
})
