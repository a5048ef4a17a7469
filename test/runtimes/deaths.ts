import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { makeTurn, until, type Listener } from '../contracts/runtime-bench.ts'
import { kill, sideBySide } from '../contracts/runtime-stage.ts'
import type { MischiefInput } from '../models/mischief-plan.ts'
import { scripted } from '../models/script.ts'
import { endOf, Trial, type DialectName } from './trial.ts'

type What = MischiefInput['what']

/** Ways to die, and what a person is told about each. */
const deaths: readonly (readonly [What, RegExp])[] = [
  [{ exit: 0 }, /exit code 0/],
  [{ exit: 3, says: 'what it complained about' }, /exit code 3.*what it complained about/],
  [{ signal: 'SIGKILL' }, /SIGKILL/],
  [{ signal: 'SIGTERM' }, /SIGTERM/],
]

/** Every way in which a CLI can end, at every moment of a turn. */
export function deathStories(name: DialectName): void {
  describe(`however the ${name} CLI dies, there is one last event, no process, and a next attempt`, sideBySide, () => {
    /** A turn in which it dies, and the attempt after it in the same session. */
    const dies = async (at: MischiefInput['at'], what: What, during?: (listener: Listener) => Promise<unknown>) => {
      await using trial = await Trial.open(name, { at, what })
      const { words } = trial.bench
      const prompt =
        at === 'asking' ? (words.ask?.('touch never') ?? '') : at === 'tool' ? slowTool(name) : words.pieces('a b c')
      const turn = makeTurn(trial.session(), prompt)
      const listener = trial.begin(turn)
      await during?.(listener)
      await listener.done
      const end = endOf(listener)
      assert.deepEqual(await trial.left(), [], 'nothing of it is left')
      trial.misbehave(null)
      const started = listener.events.find((event) => event.type === 'started')
      const conversation = started?.type === 'started' ? started.conversation : null
      const again = { ...turn, attempt: 2, session: { ...turn.session, conversation } }
      const retry = trial.begin({ ...again, prompt: { ...turn.prompt, text: words.say('at the second attempt') } })
      await retry.done
      assert.equal(retry.text, 'at the second attempt')
      return { end, listener }
    }

    for (const [what, why] of deaths)
      test(`at its start: ${JSON.stringify(what)}`, async () => {
        const { end, listener } = await dies('start', what)
        // What says of itself that it cannot start is told so; what was killed is tried once more.
        const isNoStart = 'exit' in what && what.exit !== 0
        assert.deepEqual([end.how, listener.events.length], isNoStart ? ['start-failed', 1] : ['lost', 2])
        if (!isNoStart) assert.match(end.why, why)
        if ('says' in what) assert.ok(end.why.includes(what.says ?? ''), end.why)
      })

    for (const at of ['prompt', 'delta', 'tool', 'asking', 'result'] as const)
      // How it ends makes no difference to what is told, so one way each by itself and by force has to do.
      for (const [what, why] of at === 'delta' ? deaths : deaths.slice(1, 3))
        test(`at the moment ${at}: ${JSON.stringify(what)}`, async () => {
          const { end } = await dies(at, what)
          assert.equal(end.how, 'lost')
          assert.match(end.why, why)
        })

    for (const [what] of deaths.slice(0, 3))
      test(`while it rests, the answer stands, and the next prompt gets another process: ${JSON.stringify(what)}`, async () => {
        await using trial = await Trial.open(name, { at: 'rest', what })
        const at = trial.session()
        const first = trial.begin(makeTurn(at, trial.bench.words.say('the answer')))
        await first.done
        assert.deepEqual([endOf(first).how, first.text], ['done', 'the answer'])
        await until('it is gone', () => trial.runtime.processes().length === 0)
        assert.deepEqual(await trial.left(), [])
        trial.misbehave(null)
        const second = trial.begin(makeTurn({ ...at, conversation: first.conversation }, trial.bench.words.say('more')))
        await second.done
        assert.deepEqual([second.text, second.warm], ['more', false])
      })

    test('in the middle of a line, which is dropped', async () => {
      const { end, listener } = await dies('delta', { halfLine: true })
      assert.equal(end.how, 'lost')
      assert.ok(!listener.text.includes('{'))
    })

    test('leaving an orphan in a session of its own', async () => {
      const { end } = await dies('tool', { orphan: 60 })
      assert.equal(end.how, 'lost')
    })

    test('in the middle of a stop', async () => {
      await using trial = await Trial.open(name, { at: 'result', what: { signal: 'SIGKILL' } })
      const listener = trial.begin(makeTurn(trial.session(), trial.bench.words.held('a', ' very long story')))
      await listener.saysEventually('a')
      const stopping = listener.conduct.stop()
      // By then it may have ended by itself.
      for (const { pid } of trial.runtime.processes()) kill(pid)
      await stopping
      await listener.done
      assert.equal(endOf(listener).how, 'stopped')
    })
  })
}

/** A tool that is at work when the CLI dies, and nobody is asked about. */
function slowTool(name: DialectName): string {
  return name === 'claude'
    ? scripted([{ tool: 'Bash', input: { command: 'sleep 60' } }, { text: 'never' }])
    : scripted([{ tool: 'exec_command', input: { cmd: 'sleep 60' } }, { text: 'never' }])
}
