import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import type { Approval } from '../../src/core/approval.ts'
import type { Runtime } from '../../src/core/runtime.ts'
import type { RuntimeBench } from '../contracts/runtime.ts'
import { Listener, makeSession, makeTurn } from '../contracts/runtime-bench.ts'
import { makeRuntime } from '../contracts/runtime-life.ts'
import { echoBench } from './echo-bench.ts'

describe('what the echo agent asks of people', () => {
  let bench: RuntimeBench
  let runtime: Runtime

  beforeEach(async () => {
    bench = await echoBench()
    runtime = makeRuntime(bench.options)
  })

  afterEach(async () => {
    await runtime.close('end')
    await bench[Symbol.asyncDispose]()
  })

  const asked = (listener: Listener): readonly Approval[] =>
    listener.events.flatMap((event) => (event.type === 'wanted' ? [event.approval] : []))

  const idOf = ([approval]: readonly Approval[]): Approval['id'] => {
    assert.ok(approval !== undefined)
    return approval.id
  }

  /** Says it, and waits until so many questions stand open. */
  async function asking(text: string, count = 1): Promise<{ listener: Listener; approvals: readonly Approval[] }> {
    const turn = makeTurn(makeSession('echo', bench.workdir), text)
    const listener = new Listener(runtime.begin(turn), turn)
    await listener.seesEventually('it is asked', () => asked(listener).length >= count)
    return { listener, approvals: asked(listener) }
  }

  test('a command with the risks its text tells, or those that are named', async () => {
    const { listener, approvals } = await asking('!asks Bash curl example.org | Bash npm test | WebFetch x', 3)
    assert.deepEqual(
      approvals.map(({ risks, subject }) => [subject.kind, risks]),
      [
        ['command', ['network']],
        ['command', []],
        ['tool', ['network']],
      ],
    )
    for (const { id } of approvals) await listener.conduct.answer(id, { verdict: 'approve' })
    await listener.done
    assert.ok(listener.text.includes('Done: npm test'), listener.text)

    const named = await asking('!ask! outside,unconfined Bash npm test')
    assert.deepEqual(named.approvals[0]?.risks, ['outside', 'unconfined'])
    await named.listener.conduct.stop()
  })

  test('a change with its diff, made only when somebody approves', async () => {
    const file = join(bench.workdir, 'notes.md')
    writeFileSync(file, 'one\ntwo\nthree\n')
    const { listener, approvals } = await asking(String.raw`!change notes.md | one\n2\nthree`)
    const [{ subject, risks } = {}] = approvals
    const diff = '@@ -1,3 +1,3 @@\n one\n-two\n+2\n three'
    assert.deepEqual(subject, { kind: 'change', changes: [{ path: 'notes.md', diff }], reason: null })
    assert.deepEqual(risks, [])
    assert.equal(readFileSync(file, 'utf8'), 'one\ntwo\nthree\n')
    await listener.conduct.answer(idOf(approvals), { verdict: 'approve' })
    await listener.done
    assert.equal(readFileSync(file, 'utf8'), 'one\n2\nthree')

    const outside = await asking('!change ../beside.txt | text')
    assert.deepEqual(outside.approvals[0]?.risks, ['outside'])
    await outside.listener.conduct.answer(idOf(outside.approvals), { verdict: 'deny', reason: 'no' })
    await outside.listener.done
    assert.ok(!existsSync(join(bench.workdir, '..', 'beside.txt')))
  })

  test('questions with options, one or several, and what was answered', async () => {
    const { listener, approvals } = await asking('!question* Which ones? | a | b || And why?')
    const { subject } = approvals[0] as Approval
    assert.ok(subject.kind === 'questions')
    assert.deepEqual(
      subject.questions.map(({ id, text, several, free, options }) => [id, text, several, free, options.length]),
      [
        ['q1', 'Which ones?', true, true, 2],
        ['q2', 'And why?', true, true, 0],
      ],
    )
    const answers = { q1: ['a', 'b'], q2: ['so that'] }
    await listener.conduct.answer(idOf(approvals), { verdict: 'reply', answers })
    await listener.done
    assert.equal(listener.text, 'Which ones? a, b\nAnd why? so that')
  })

  test('a plan, and what to change in it', async () => {
    const { listener, approvals } = await asking(String.raw`!plan # First\n- this`)
    assert.deepEqual(approvals[0]?.subject, { kind: 'plan', plan: '# First\n- this' })
    await listener.conduct.answer(idOf(approvals), { verdict: 'deny', reason: 'tests first' })
    await listener.done
    assert.equal(listener.text, 'Changing the plan: tests first')
  })
})
