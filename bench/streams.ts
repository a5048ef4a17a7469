import { setTimeout as delay } from 'node:timers/promises'
import { ticksOf } from '../src/system/process.ts'
import type { SeenPlace } from 'loopback-discord'
import { moment, repeat, type Figure, type Measurement, type Size } from './figure.ts'
import { residentMb, Stage } from './stage.ts'

/** Ten words a second for longer than the measurement takes: what a model gives. A message holds 2,000 characters. */
const long = `!slow 95s ${'a '.repeat(950)}`

/** CPU time and memory of the bot while many agents speak at the same time. */
export const streams: Measurement = {
  name: 'Streaming at once',
  async run(size: Size): Promise<readonly Figure[]> {
    const [many, few, seconds] = size === 'full' ? [50, 5, 4] : [10, 2, 2]
    const caps = String(many + few + 2)
    await using stage = await Stage.open({ OMC_MAX_ACTIVE_CLIS: caps, OMC_PER_USER_MAX_ACTIVE: caps })
    const bot = await stage.startBot()
    const person = await stage.person()
    const threads: SeenPlace[] = []
    async function speakUntil(count: number): Promise<void> {
      while (threads.length < count) {
        const thread = await stage.session(`stream-${threads.length}`, 'echo')
        await person.says(thread, long)
        await person.sees(thread, (each) => each.author.id === person.botId && each.content.startsWith('a a'), {
          within: 60_000,
        })
        threads.push(thread)
      }
    }
    /** CPU time of the bot in percent of one core. */
    const busy = async (): Promise<number> => {
      const [from, before] = [moment(), ticksOf(bot.pid) ?? Number.NaN]
      await delay(seconds * 1000)
      // A tick is 10 ms.
      return (((ticksOf(bot.pid) ?? Number.NaN) - before) * 10 * 100) / (moment() - from)
    }
    await speakUntil(few)
    const withFew = await repeat(3, 20_000, busy)
    const memoryWithFew = residentMb(bot.pid)
    await speakUntil(many)
    const withMany = await repeat(3, 30_000, busy)
    return [
      {
        what: `CPU of the bot, ${many} sessions streaming ten words a second (percent of a core)`,
        unit: '',
        values: withMany,
        against: { what: `${few} of them`, values: withFew },
      },
      {
        what: `resident, ${many} sessions streaming`,
        unit: 'MB',
        values: [residentMb(bot.pid)],
        against: { what: `${few} of them`, values: [memoryWithFew] },
      },
    ]
  },
}
