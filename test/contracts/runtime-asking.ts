import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { makeTurn, wanted } from './runtime-bench.ts'
import type { Story } from './runtime-stage.ts'

/** What an agent asks of people beyond a plain permission: the same words for every runtime. */
export function askingContract(story: Story): void {
  const isThere = (file: string): boolean => statSync(file, { throwIfNoEntry: false }) !== undefined

  story.ofAny('a question shows its options, and its answer reaches the agent', async (stage, t) => {
    const { words } = stage.bench
    if (words.question === undefined) return t.skip('has no words for it')
    const listener = stage.begin(makeTurn(stage.session, words.question('Which one?', ['this', 'that'])))
    const { id, subject, risks } = await wanted(listener)
    assert.ok(subject.kind === 'questions')
    const [question] = subject.questions
    assert.equal(subject.questions.length, 1)
    assert.deepEqual([question?.text, question?.several], ['Which one?', false])
    assert.deepEqual(
      question?.options.map(({ label }) => label),
      ['this', 'that'],
    )
    assert.deepEqual(risks, [])
    await listener.conduct.answer(id, { verdict: 'reply', answers: { [question?.id ?? '']: ['that'] } })
    await listener.done
    assert.equal(stage.outcome(listener), 'done')
    assert.ok(listener.text.includes('that'), listener.text)
  })

  story.ofAny(
    'a question that was asked before the bot died is answered in its own words after it',
    async (stage, t) => {
      const { words } = stage.bench
      if (words.question === undefined) return t.skip('has no words for it')
      const turn = makeTurn(stage.session, words.question('Which one?', ['this', 'that']))
      const before = await stage.dies(turn, { on: 'wanted' })
      const listener = await stage.adopt(turn, before)
      const { id, subject } = await wanted(listener)
      const [question] = subject.kind === 'questions' ? subject.questions : []
      await listener.conduct.answer(id, { verdict: 'reply', answers: { [question?.id ?? '']: ['neither of them'] } })
      await listener.done
      assert.equal(stage.outcome(listener), 'done')
      assert.ok(listener.text.includes('neither of them'), listener.text)
    },
  )

  for (const verdict of ['approve', 'deny'] as const)
    // One whose plan was denied goes on planning.
    (verdict === 'approve' ? story.ofAny : story)(
      `a plan is shown whole; ${verdict === 'approve' ? 'it may go ahead' : 'what to change reaches the agent'}`,
      async (stage, t) => {
        const { words } = stage.bench
        if (words.plan === undefined) return t.skip('has no words for it')
        const listener = stage.begin(makeTurn(stage.session, words.plan('First this, then that.')))
        const { id, subject, risks } = await wanted(listener)
        assert.deepEqual([subject, risks], [{ kind: 'plan', plan: 'First this, then that.' }, []])
        await listener.conduct.answer(id, verdict === 'approve' ? { verdict } : { verdict, reason: 'the tests first' })
        await listener.done
        assert.equal(stage.outcome(listener), 'done')
        assert.equal(listener.text.includes('the tests first'), verdict === 'deny', listener.text)
      },
    )

  story.ofAny('a change outside the folder shows its whole text before anybody consents', async (stage, t) => {
    const { words, workdir } = stage.bench
    if (words.change === undefined) return t.skip('has no words for it')
    const file = join(dirname(workdir), 'beside.txt')
    const listener = stage.begin(makeTurn(stage.session, words.change(file, 'what would stand there')))
    const { id, subject, risks } = await wanted(listener)
    assert.ok(subject.kind === 'change')
    assert.equal(subject.changes.length, 1)
    assert.ok(subject.changes[0]?.path.endsWith('beside.txt'))
    assert.match(subject.changes[0]?.diff ?? '', /^\+?what would stand there$/m)
    assert.ok(risks.includes('outside'))
    assert.ok(!isThere(file))
    await listener.conduct.answer(id, { verdict: 'approve' })
    await listener.done
    assert.equal(stage.outcome(listener), 'done')
    // In a box it is written too, but to a place that only the box has.
    assert.equal(isThere(file), stage.bench.options.box === undefined)
  })

  story.ofAny('a question that the agent takes back needs no answer, and a late one does no harm', async (stage, t) => {
    const { words } = stage.bench
    if (words.withdraw === undefined) return t.skip('has no words for it')
    const listener = stage.begin(makeTurn(stage.session, words.withdraw()))
    const { id } = await wanted(listener)
    await listener.seesEventually('it is taken back', () => listener.events.some(({ type }) => type === 'withdrawn'))
    await listener.conduct.answer(id, { verdict: 'approve' })
    await listener.done
    assert.equal(stage.outcome(listener), 'done')
    assert.deepEqual(listener.view.run.open, [])
  })
}
