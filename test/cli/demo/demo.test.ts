import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { startDemo } from '../../../src/cli/demo/demo.ts'
import { loadConfig } from '../../../src/config/load.ts'
import type { SeenMessage } from 'loopback-discord'
import { dataIdOf, findMarked } from '../../../src/runtimes/engine/marker.ts'

const launcher = join(import.meta.dirname, '../../../bin/discord-orchestrator.js')

/** The person's own message has the same words. */
const byBot = (text: RegExp) => (message: SeenMessage) => message.author.bot && text.test(message.content)

it(
  'lets a newcomer start a session, kill the bot in the middle of an answer, and lose nothing',
  { timeout: 90_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'demo-'))
    const env = { PATH: process.env['PATH'] }
    const config = loadConfig({ env, folder, home: folder })
    const spools = join(config.dataFolder, 'demo', 'spools')
    let data = ''
    const said: string[] = []
    try {
      await using demo = await startDemo({
        config,
        port: 0,
        program: [process.execPath, launcher],
        env,
        say: (line) => said.push(line),
      })
      const { sandbox, bot, url } = demo
      await sandbox.botOnline()
      data = dataIdOf(spools)
      assert.match(await (await fetch(url)).text(), /<!doctype html>/i)

      const olivia = await sandbox.actor('olivia')
      await olivia.sees('general', /Welcome/)
      await demo.ready
      const started = await olivia.runs('work', '/session start', { name: 'shop', runtime: 'echo' })
      const answer = await started.settled()
      assert.match(answer.content, /\*\*shop\*\*.*\n`.*demo-project`/)
      assert.equal(answer.ephemeral, false)

      await olivia.says('work', '!slow 3s one two three four five six seven eight nine ten')
      await olivia.sees('work', byBot(/one two/))
      const first = bot.pid
      assert.equal((await fetch(`${url}/sandbox/controls/kill`, { method: 'POST' })).status, 204)
      await olivia.sees('work', byBot(/one two three four five six seven eight nine ten/), { within: 20_000 })
      assert.notEqual(bot.pid, first)
      const answers = (await olivia.messages('work')).filter(
        (message) => message.author.bot && /one two/.test(message.content),
      )
      assert.equal(answers.length, 1, olivia.story('work'))

      // One click: the work is really done, the bot dies in the middle of it, and the page says what became of that.
      const press = async (control: string): Promise<void> =>
        assert.ok((await fetch(`${url}/sandbox/controls/${control}`, { method: 'POST' })).ok)
      const standing = async (): Promise<{
        readonly line: { text: string; tone: string } | null
        readonly steps: { text: string; done: boolean }[]
      }> => (await (await fetch(`${url}/sandbox/standing`)).json()) as never
      await press('try')
      await olivia.sees('fix the cart', byBot(/I run the tests first/), { within: 20_000 })
      await press('kill')
      assert.match(
        (await standing()).line?.text ?? '',
        /^bot killed \(pid \d+\) · agent pid [\d, ]+ works on · gone for /,
      )
      await olivia.sees('fix the cart', byBot(/Fixed; both tests pass now[^]*item\.price \* item\.count/), {
        within: 60_000,
      })
      const told =
        /^bot killed \(pid \d+\) · agent pid [\d, ]+ worked on · back after [\d.]+ s · same message · 0 lost, 0 twice$/
      for (let look = 0; !told.test((await standing()).line?.text ?? ''); look++) {
        assert.ok(look < 200, JSON.stringify(await standing()))
        await pause(50)
      }
      const diff = await (await olivia.runs('fix the cart', '/diff')).settled()
      assert.match(diff.content, /cart\.js/)
      assert.deepEqual(
        (await standing()).steps.map(({ done }) => done),
        [true, true, true, false, false],
      )

      const alice = await sandbox.actor('alice')
      const refused = await alice.runs('work', '/session stop')
      assert.equal(refused.ephemeral, true)
      assert.match((await refused.settled()).content, /Only members and above may end sessions/)
    } catch (error) {
      const log = join(config.dataFolder, 'demo', 'bot.log')
      throw new Error(`${said.join('\n')}\n${readFileSync(log, 'utf8').slice(-3000)}`, { cause: error })
    } finally {
      if (data !== '') assert.deepEqual(await findMarked(data), [], 'agents are left')
      rmSync(folder, { recursive: true, force: true })
    }
  },
)
