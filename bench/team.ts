import { setTimeout as delay } from 'node:timers/promises'
import { ticksOf } from '../src/system/process.ts'
import type { Actor, SeenPlace } from 'loopback-discord'
import { moment, repeat, type Figure, type Measurement, type Size } from './figure.ts'
import { residentMb, Stage } from './stage.ts'

/** A large team at once: most have a session each, many of them stream, and somebody else asks something. */
export const team: Measurement = {
  name: 'A team of two hundred',
  async run(size: Size): Promise<readonly Figure[]> {
    const [people, streaming, seconds] = size === 'full' ? [200, 50, 5] : [20, 14, 2]
    await using stage = await Stage.open({ OMC_MAX_ACTIVE_CLIS: String(streaming + 1) }, people)
    const bot = await stage.startBot()
    const everybody: { readonly actor: Actor; readonly thread: SeenPlace }[] = []
    for (let nth = 0; nth < people; nth++) {
      const actor = await stage.sandbox.actor(`person${nth}`)
      everybody.push({ actor, thread: await stage.session(`team-${nth}`, 'echo', actor) })
    }
    const [asker, ...others] = everybody
    if (asker === undefined) throw new Error('There is nobody.')
    let last = 0
    const firstWords = async (): Promise<number> => {
      const [from, token] = [moment(), `w${++last}x`]
      await asker.actor.says(asker.thread, `!say ${token} are the first words`)
      await seen(asker, token)
      const took = moment() - from
      await delay(300)
      return took
    }
    await repeat(3, 10_000, firstWords)
    const alone = await repeat(15, 20_000, firstWords)
    const withNone = { cpu: await busy(bot.pid, seconds), memory: residentMb(bot.pid) }
    // The first of its figures is of all that was before.
    await bot.metrics()
    const words = `!slow 120s ${'a '.repeat(950)}`
    for (const each of others.slice(0, streaming)) {
      await each.actor.says(each.thread, words)
      await seen(each, 'a a')
    }
    await bot.metrics()
    const cpu = await repeat(3, 30_000, () => busy(bot.pid, seconds))
    const beside = await repeat(15, 20_000, firstWords)
    const lag = /^nodejs_eventloop_lag_p99_seconds (\S+)/m.exec(await bot.metrics())?.[1]
    const among = `${people} people with a session each, ${streaming} streaming ten words a second`
    return [
      {
        what: `CPU of the bot (percent of a core), ${among}`,
        unit: '',
        values: cpu,
        against: { what: 'none streaming', values: [withNone.cpu] },
      },
      {
        what: `resident, ${among}`,
        unit: 'MB',
        values: [residentMb(bot.pid)],
        against: { what: 'none streaming', values: [withNone.memory] },
      },
      { what: `event loop held up, 99th percentile, ${among}`, unit: 'ms', values: [Number(lag) * 1000], below: 50 },
      {
        what: `somebody else: sent → first words visible, ${among}`,
        unit: 'ms',
        values: beside,
        against: { what: 'none streaming', values: alone },
      },
    ]
  },
}

async function seen(
  { actor, thread }: { readonly actor: Actor; readonly thread: SeenPlace },
  words: string,
): Promise<void> {
  await actor.sees(thread, (each) => each.author.id === actor.botId && each.content.includes(words), { within: 60_000 })
}

/** CPU time of a process in percent of one core. */
async function busy(pid: number, seconds: number): Promise<number> {
  const [from, before] = [moment(), ticksOf(pid) ?? Number.NaN]
  await delay(seconds * 1000)
  // A tick is 10 ms.
  return (((ticksOf(pid) ?? Number.NaN) - before) * 10 * 100) / (moment() - from)
}
