import { setTimeout as delay } from 'node:timers/promises'
import type { Bot } from '../test/e2e/bots.ts'
import { until } from '../test/e2e/stage.ts'
import { repeat, type Figure, type Measurement, type Size } from './figure.ts'
import { botFromSource, residentMb, Stage } from './stage.ts'

/** Asked at the same time. */
const atOnce = 6

/** Resident memory: connected and idle, and with sessions that have been talked to and are idle now. */
export const memory: Measurement = {
  name: 'Memory',
  async run(size: Size): Promise<readonly Figure[]> {
    const [times, restMs, few, many] = size === 'full' ? [2, 4500, 10, 100] : [1, 4500, 2, 8]
    await using stage = await Stage.open({
      OMC_IDLE_CLI_MS: '1000',
      // More than are ever alive here, or each new one would first wait for the end of an older one.
      OMC_MAX_ACTIVE_CLIS: '64',
      OMC_PER_USER_MAX_ACTIVE: String(atOnce),
      OMC_PER_USER_MAX_QUEUED: '100',
      OMC_MAX_QUEUED_SESSIONS: '100',
    })
    const idle = (spawn: () => Bot): Promise<number[]> =>
      repeat(times, 30_000, async () => {
        const bot = spawn()
        await bot.ready()
        await delay(restMs)
        const megabytes = residentMb(bot.pid)
        await bot.kill()
        return megabytes
      })
    const bare = await idle(() => stage.spawnBareBot())
    const connected = await idle(() => stage.spawnBot())
    const source = await idle(() => stage.spawnBot(botFromSource))

    const bot = await stage.startBot()
    const resting = async (): Promise<number> => {
      await stage.allSettled(60_000)
      await until(async () => (await bot.health())['cliProcessCount'] === 0, 30_000, 'the end of idle agents')
      await delay(restMs)
      return residentMb(bot.pid)
    }
    await talk(stage, 0, few)
    const withFew = await resting()
    await talk(stage, few, many)
    const withMany = await resting()
    await bot.kill()
    const afterRestart = await idle(() => stage.spawnBot())
    return [
      {
        what: 'resident, connected and idle',
        unit: 'MB',
        values: connected,
        against: { what: 'discord.js alone', values: bare },
        below: 120,
      },
      {
        what: 'resident, connected and idle',
        unit: 'MB',
        values: connected,
        against: { what: 'from source', values: source },
      },
      {
        what: `resident, ${many} idle sessions that were talked to`,
        unit: 'MB',
        values: [withMany],
        against: { what: `${few} of them`, values: [withFew] },
      },
      {
        what: `resident, started anew with ${many} idle sessions`,
        unit: 'MB',
        values: afterRestart,
        against: { what: 'with none', values: connected },
      },
      // A handful of sessions tells of the garbage collector's mood, not of sessions.
      ...(size === 'full' ? [added(few, many, withMany - withFew)] : []),
    ]
  },
}

function added(few: number, many: number, megabytes: number): Figure {
  const values = [(megabytes / (many - few)) * 100]
  return { what: `added per 100 idle sessions, garbage of their work included`, unit: 'MB', values }
}

/** Starts sessions and has each answer once. */
async function talk(stage: Stage, from: number, to: number): Promise<void> {
  const person = await stage.person()
  for (let first = from; first < to; first += atOnce) {
    const numbers = Array.from({ length: Math.min(atOnce, to - first) }, (_, nth) => first + nth)
    const threads = []
    for (const number of numbers) threads.push(await stage.session(`idle-${number}`, 'echo'))
    for (const thread of threads) await person.says(thread, `!say ${'some words that are an answer '.repeat(20)}`)
    await Promise.all(
      threads.map((thread) =>
        person.sees(thread, (each) => each.author.id === person.botId && each.content.includes('some words'), {
          within: 30_000,
        }),
      ),
    )
  }
}
