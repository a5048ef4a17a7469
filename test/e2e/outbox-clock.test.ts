import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Scene } from './scene.ts'
import { assertSaidOnce } from './shutting.ts'

/** The machine's clock is set back, or forward: nothing waits for it. Discord has a clock of its own. */

const hours = 3_600_000
const now = Date.now.bind(Date)

function setClock(ms: number): void {
  Date.now = () => now() + ms
}

describe('a clock that is set', () => {
  for (const [how, step] of [
    ['back', -2 * hours],
    ['forward', 2 * hours],
  ] as const) {
    test(`${how} by two hours: answers, edits and waits for Discord go on`, async (t) => {
      t.after(() => void (Date.now = now))
      await using scene = await Scene.open({ sandbox: { clock: { now } } })
      await scene.says('!until before alpha beta one')
      await scene.grows('beta')
      setClock(step)
      scene.opens('before')
      await scene.settled()
      await scene.says('!say after it')
      await scene.answered('after it')
      const limited = scene.breaks({
        kind: 'rest.limit',
        method: 'POST',
        path: '/messages$',
        retryAfter: 0.3,
        times: 1,
      })
      await scene.says('!say through a limit')
      await limited.struck()
      setClock(2 * step)
      await scene.answered('through a limit')
      // Nothing to say for a while: its card comes all the same.
      await scene.says('!until silent !tool Bash sleep 60\n!say done')
      await scene.stage.botShows(scene.olivia, scene.thread, 'Working')
      setClock(0)
      scene.opens('silent')
      await scene.settled()
      assertSaidOnce(scene.stage, scene.thread, 'done')
      assert.ok(scene.bot.alive)
    })
  }
})
