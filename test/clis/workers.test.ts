import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { textOf, type Actor, type SeenPlace } from 'loopback-discord'
import { asked } from '../e2e/approving.ts'
import { startAnthropic } from '../models/anthropic.ts'
import { scripted, type StepInput } from '../models/script.ts'
import { noPostgres, startCluster, type Cluster } from '../stores/cluster.ts'
import { Stage } from '../e2e/stage.ts'
import { CodexLogin } from './codex-bot.ts'
import { command, leave } from './codex-room.ts'
import { held } from './held.ts'
import { claudeBinary, codexBinary, howToInstall } from './install.ts'

const [claude, codex] = [claudeBinary(), codexBinary()]
const timings = { leadIdleMs: 60_000, machinesEveryMs: 100, machineAwayAfterMs: 0, standingForMs: 0 }

/** A command that a person is asked about. */
const asks: Readonly<Record<string, (text: string) => StepInput>> = {
  claude: (text) => ({
    tool: 'Bash',
    input: { command: `chmod u+r . && echo ${text}`, description: 'a test', dangerouslyDisableSandbox: true },
  }),
  codex: (text) => command(`echo ${text}`, leave),
}

describe('the real CLIs on other machines', { skip: (!claude || !codex) && howToInstall }, () => {
  let cluster: Cluster
  before(async () => (cluster = await startCluster()))
  after(() => cluster[Symbol.asyncDispose]())

  test(
    'the bot and their machines die in the middle of their turns, and each answer comes whole and once',
    {
      skip: noPostgres(),
    },
    async () => {
      await using model = await startAnthropic()
      await using login = await CodexLogin.open(codex ?? '')
      const env = {
        OMC_DATABASE_URL: await cluster.fresh(),
        TEST_ROLE: 'control',
        ...login.env,
        OMC_CLAUDE_BIN: claude ?? '',
        ANTHROPIC_API_KEY: 'dummy-key-for-the-scripted-model',
        ANTHROPIC_BASE_URL: model.url,
      }
      await using stage = await Stage.open({ ownProcess: true, env, timings })
      const bot = await stage.startBot()
      const standby = stage.spawnBot({ ownProcess: false })
      await standby.logged('standby.waiting')
      const olivia = await stage.sandbox.actor('olivia')
      const sides = [
        { runtime: 'claude', worker: 'w1', model },
        { runtime: 'codex', worker: 'w2', model: login.model },
      ] as const
      const start = (ownProcess = true) =>
        Promise.all(sides.map(({ worker }) => stage.startMachine(worker, { ownProcess })))
      let machines = await start()
      const dies = () => Promise.all(machines.map((each) => each.kill()))
      const places: SeenPlace[] = []
      for (const { runtime, worker } of sides) places.push(await sessionOn(olivia, runtime, worker))
      const both = (work: (side: (typeof sides)[number], place: SeenPlace) => Promise<void>) =>
        Promise.all(sides.map((side, nth) => work(side, places[nth] as SeenPlace)))

      const words = (runtime: string): string => `one two three four five six of ${runtime}`
      await both(async ({ runtime, model: asking }, place) => {
        await olivia.says(place, held(asking, words(runtime)).prompt)
        await stage.botShows(olivia, place, 'one two three')
      })
      await bot.kill()
      await standby.logged('app.started')
      await dies()
      for (const { runtime, model: asking } of sides) held(asking, words(runtime)).open()
      machines = await start()
      await both(async ({ runtime }, place) => void (await stage.botShows(olivia, place, words(runtime))))

      await both(async ({ runtime }, place) => {
        const ask = asks[runtime] as (text: string) => StepInput
        await olivia.says(place, scripted([ask(`run-by-${runtime}`), { text: `Ran for ${runtime}.` }]))
        await asked(olivia, place, `run-by-${runtime}`)
      })
      await dies()
      await both(async ({ runtime, worker }, place) => {
        await stage.botShows(olivia, place, `The machine ${worker}, on which I work here, does not answer`)
        await olivia.clicks(await asked(olivia, place, `run-by-${runtime}`), 'Approve')
      })
      await start(false)
      await both(async ({ runtime, model: asking }, place) => {
        await stage.botShows(olivia, place, `Ran for ${runtime}.`)
        const said = (await stage.botMessages(olivia, place)).map(textOf)
        for (const text of [words(runtime), `Ran for ${runtime}.`])
          assert.equal(said.filter((each) => each.includes(text)).length, 1, `${text}\n${olivia.story(place)}`)
        // The model was asked nothing a second time: no turn was begun anew.
        assert.equal(asking.requests.filter(({ prompt }) => prompt.includes(words(runtime))).length, 1)
        const results = asking.requests.filter(
          ({ prompt, last }) => prompt.includes('Ran for') && /run-by-/.test(JSON.stringify(last)),
        )
        assert.ok(results.length > 0, 'what was approved was run')
      })
    },
  )
})

async function sessionOn(olivia: Actor, runtime: string, worker: string): Promise<SeenPlace> {
  const place = await olivia.opensThread('general', runtime)
  const reply = await (await olivia.runs(place, '/session start', { name: runtime, runtime, worker })).settled()
  assert.match(reply.content, new RegExp(`, machine .?${worker}`), reply.content)
  return place
}
