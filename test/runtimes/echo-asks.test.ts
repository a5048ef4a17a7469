import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe } from 'node:test'
import type { Approval } from '../../src/core/approval.ts'
import { makeSession, makeTurn, type Listener } from '../contracts/runtime-bench.ts'
import { sideBySide, storiesOf, type ContractStage } from '../contracts/runtime-stage.ts'
import { echoBench } from './echo-bench.ts'

const { story } = storiesOf('echo', echoBench)

describe('what the echo agent asks of people', sideBySide, () => {
  const asked = (listener: Listener): readonly Approval[] =>
    listener.events.flatMap((event) => (event.type === 'wanted' ? [event.approval] : []))

  const idOf = ([approval]: readonly Approval[]): Approval['id'] => {
    assert.ok(approval !== undefined)
    return approval.id
  }

  /** Says it, and waits until so many questions stand open. */
  async function asking(
    stage: ContractStage,
    text: string,
    count = 1,
  ): Promise<{ listener: Listener; approvals: readonly Approval[] }> {
    const listener = stage.begin(makeTurn(makeSession('echo', stage.bench.workdir), text))
    await listener.seesEventually('it is asked', () => asked(listener).length >= count)
    return { listener, approvals: asked(listener) }
  }

  story('a command with the risks its text tells, or those that are named', async (stage) => {
    const { listener, approvals } = await asking(stage, '!asks Bash curl example.org | Bash npm test | WebFetch x', 3)
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

    const named = await asking(stage, '!ask! outside,unconfined Bash npm test')
    assert.deepEqual(named.approvals[0]?.risks, ['outside', 'unconfined'])
    await named.listener.conduct.stop()
  })

  story('a change with its diff, made only when somebody approves', async (stage) => {
    const file = join(stage.bench.workdir, 'notes.md')
    writeFileSync(file, 'one\ntwo\nthree\n')
    const { listener, approvals } = await asking(stage, String.raw`!change notes.md | one\n2\nthree`)
    const [{ subject, risks } = {}] = approvals
    const diff = '@@ -1,3 +1,3 @@\n one\n-two\n+2\n three'
    assert.deepEqual(subject, { kind: 'change', changes: [{ path: 'notes.md', diff }], reason: null })
    assert.deepEqual(risks, [])
    assert.equal(readFileSync(file, 'utf8'), 'one\ntwo\nthree\n')
    await listener.conduct.answer(idOf(approvals), { verdict: 'approve' })
    await listener.done
    assert.equal(readFileSync(file, 'utf8'), 'one\n2\nthree')

    const outside = await asking(stage, '!change ../beside.txt | text')
    assert.deepEqual(outside.approvals[0]?.risks, ['outside'])
    await outside.listener.conduct.answer(idOf(outside.approvals), { verdict: 'deny', reason: 'no' })
    await outside.listener.done
    assert.ok(!existsSync(join(stage.bench.workdir, '..', 'beside.txt')))
  })

  story('questions with options, one or several, and what was answered', async (stage) => {
    const { listener, approvals } = await asking(stage, '!question* Which ones? | a | b || And why?')
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

  story('a plan, and what to change in it', async (stage) => {
    const { listener, approvals } = await asking(stage, String.raw`!plan # First\n- this`)
    assert.deepEqual(approvals[0]?.subject, { kind: 'plan', plan: '# First\n- this' })
    await listener.conduct.answer(idOf(approvals), { verdict: 'deny', reason: 'tests first' })
    await listener.done
    assert.equal(listener.text, 'Changing the plan: tests first')
  })
})
