import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { findMarked } from '../../src/runtimes/engine/marker.ts'
import { firstLife, makeTurn } from '../contracts/runtime-bench.ts'
import { sideBySide } from '../contracts/runtime-stage.ts'
import { Trial, type DialectName } from './trial.ts'

// What every test here relies on: a test that fails half-way leaves no process either.
describe('a test that fails leaves no process', sideBySide, () => {
  for (const name of ['claude', 'codex'] satisfies DialectName[])
    test(`with ${name} at work, and with one of an earlier life that nobody took up`, async () => {
      let data = ''
      const failing = async (): Promise<void> => {
        await using trial = await Trial.open(name)
        ;({ data } = trial)
        const { bench } = trial
        const left = makeTurn(trial.session(), bench.words.held('word', ' after word'))
        await firstLife({ options: bench.options, turn: left, die: { text: 'word' } })
        const listener = trial.begin(makeTurn(trial.session(), bench.words.held('word', ' after word')))
        await listener.saysEventually('word')
        assert.ok((await trial.left()).length > 0)
        throw new Error('failed half-way')
      }
      await assert.rejects(failing)
      assert.deepEqual(await findMarked(data), [])
    })
})
