import type { SeenMessage, SeenPlace } from 'loopback-discord'
import type { Bot } from '../test/e2e/bots.ts'
import { until } from '../test/e2e/stage.ts'
import { moment, repeat, type Figure, type Measurement, type Size } from './figure.ts'
import { markAt, Stage } from './stage.ts'

/** Words that take longer than the measurement; a word a second is little work for the agent itself. */
const long = `!slow 300s ${Array.from({ length: 300 }, (_, nth) => `w${nth}`).join(' ')}`

/** From the start after kill -9 until every agent is led again, and until people see their answers go on. */
export const restarts: Measurement = {
  name: 'Restart after kill -9',
  async run(size: Size): Promise<readonly Figure[]> {
    const [sessions, times] = size === 'full' ? [20, 3] : [5, 2]
    const caps = String(sessions + 2)
    await using stage = await Stage.open({ OMC_MAX_ACTIVE_CLIS: caps, OMC_PER_USER_MAX_ACTIVE: caps })
    let bot = await stage.startBot()
    const person = await stage.person()
    const threads: SeenPlace[] = []
    for (let nth = 0; nth < sessions; nth++) {
      const thread = await stage.session(`long-${nth}`, 'echo')
      await person.says(thread, long)
      threads.push(thread)
    }
    const answers = await Promise.all(
      threads.map((thread) =>
        person.sees(thread, (each) => each.author.id === person.botId && each.content.startsWith('w0'), {
          within: 60_000,
        }),
      ),
    )
    const rounds = await repeat(times, 45_000, async () => {
      await bot.kill()
      const lengths = new Map(answers.map((answer) => [answer, answer.content.length]))
      const isGrowing = (answer: SeenMessage): boolean => answer.content.length > (lengths.get(answer) ?? 0)
      const from = moment()
      bot = stage.spawnBot()
      const growing = person.waits(() => answers.every(isGrowing), 40_000).then(() => moment() - from)
      const adopted = (await until(() => ledAgain(bot, sessions), 30_000, 'the adoption of every agent')) - from
      await bot.ready()
      return { adopted, ready: markAt(bot, 'ready') - from, growing: await growing }
    })
    const [open] = stage.query<{ n: number }>("select count(*) n from run_events where type = 'lost'")
    if (open?.n !== 0) throw new Error(`${open?.n} attempts were lost.`)
    const figure = (what: string, pick: (round: (typeof rounds)[number]) => number): Figure => ({
      what: `start → ${what}, ${sessions} running sessions`,
      unit: 'ms',
      values: rounds.map(pick),
    })
    return [
      figure('all led again', (each) => each.adopted),
      figure('connected', (each) => each.ready),
      figure('all answers grow on', (each) => each.growing),
    ]
  },
}

/** When all runs were led again, by the bot's own log (whole milliseconds); null: not yet. */
function ledAgain(bot: Bot, runs: number): number | null {
  const line = bot.log.find((each) => each['msg'] === 'recovery.done' && each['runs'] === runs)
  return line === undefined ? null : Date.parse(String(line['time']))
}
