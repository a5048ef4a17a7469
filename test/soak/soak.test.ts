import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { usualTimings } from '../../src/core/timings.ts'
import type { Bot } from '../e2e/bots.ts'
import { Stage, until } from '../e2e/stage.ts'
import { Traffic } from '../e2e/traffic.ts'
import { Crowd } from './crowd.ts'
import { Chance } from '../random.ts'
import { Troubles } from './trouble.ts'
import { patienceMs } from '../patience.ts'

/**
 * Several people, several sessions, Discord's tightest limits, and something breaks every few seconds:
 *   SOAK_SECONDS=180 SOAK_SEED=7 node test/run.js --soak
 * The same seed breaks the same things in the same order (not at the same microsecond).
 */
const seconds = Number(process.env['SOAK_SECONDS'] ?? 60)
const seed = Number(process.env['SOAK_SEED'] ?? 20_261)
/** What is still unanswered when the trouble ends may take this long. */
const drainMs = 300_000

test(
  `${seconds} s of trouble: every prompt is answered once and whole`,
  { timeout: seconds * 1000 + 600_000 },
  async () => {
    const traffic = new Traffic()
    await using stage = await Stage.open({
      ownProcess: true,
      timings: usualTimings,
      sandbox: { limits: 'storm', watchers: [traffic] },
      env: { OMC_MAX_ACTIVE_CLIS: '3', OMC_PER_USER_MAX_QUEUED: '20' },
    })
    const bots: Bot[] = [await stage.startBot()]
    const crowd = await Crowd.gather(stage, new Chance(seed))
    const struck = new Map<string, number>()
    const end = Date.now() + seconds * 1000

    async function restart(): Promise<void> {
      await bots.at(-1)?.kill()
      // Its own start has to come through the trouble as well.
      const bot = stage.spawnBot({ ownProcess: true })
      bots.push(bot)
      await bot.logged('app.started')
    }

    async function breaks(): Promise<void> {
      const chance = new Chance(seed + 1)
      const troubles = new Troubles(chance)
      while (Date.now() < end) {
        await pause(chance.between(1000, 3000))
        const trouble = troubles.next()
        struck.set(trouble.name, (struck.get(trouble.name) ?? 0) + 1)
        if (trouble.faults === null) await restart()
        else for (const fault of trouble.faults) stage.sandbox.faults.add(fault)
        if (trouble.name === 'lost events') await lost()
      }
    }

    /** What never came is found when the next session begins. */
    async function lost(): Promise<void> {
      const [fault] = stage.sandbox.faults.list().filter((each) => each.fault.kind === 'gateway.lose')
      await Promise.race([fault?.struck(), pause(2000)])
      fault?.remove()
      stage.sandbox.faults.add({ kind: 'gateway.invalidate', resumable: false })
    }

    async function talk(): Promise<void> {
      const chance = new Chance(seed + 2)
      while (Date.now() < end) {
        await crowd.speaks()
        await pause(chance.between(150, 700))
      }
    }

    await Promise.all([breaks(), talk()])
    const hits = stage.sandbox.faults.list().reduce((sum, fault) => sum + fault.hits, 0)
    stage.sandbox.faults.clear()
    const drainedAt = Date.now()
    const isDrained = (): boolean =>
      crowd.unanswered().length === 0 &&
      stage.query("select 1 from messages where settled = 0 and owner not like 'board:%'").length === 0
    await until(isDrained, drainMs, 'an answer to every prompt').catch((error: unknown) => {
      const open = stage.query(
        "select id, state, attempt from runs where 'run:' || id in (select owner from messages where settled = 0)",
      )
      throw new Error(`${JSON.stringify({ open, unanswered: crowd.unanswered() })}\n${tail(bots)}`, { cause: error })
    })

    const kills = bots.length - 1
    const identifies = bots.flatMap((bot) => bot.log).filter((line) => line['msg'] === 'discord.identify').length
    const requests = traffic.requests.length
    console.log(
      JSON.stringify({
        seed,
        seconds,
        prompts: crowd.prompts.length,
        kills,
        troubles: Object.fromEntries(struck),
        faultsStruck: hits,
        identifies,
        resumes: traffic.dispatches.get('RESUMED') ?? 0,
        requests,
        limited: traffic.limited.length,
        posted: traffic.posted.length,
        drainMs: Date.now() - drainedAt,
      }),
    )

    crowd.assertAnswered()
    const troubles = [...struck.values()].reduce((sum, count) => sum + count, 0)
    assert.ok(troubles >= seconds / 8, `${troubles} troubles in ${seconds} s`)
    assert.ok(crowd.prompts.length >= seconds / 4, `${crowd.prompts.length} prompts in ${seconds} s`)
    // One a life and one for each lost session, each perhaps twice: Discord throws out what comes too soon.
    const sessionsLost = ['op 9', 'refused resume', 'lost events'].reduce(
      (sum, name) => sum + (struck.get(name) ?? 0),
      0,
    )
    assert.ok(identifies <= 2 * (bots.length + sessionsLost), `${identifies} identifies`)
    // The waiting card, some edits, the answer, its last card; and what each life begins with.
    assert.ok(requests <= 20 * crowd.prompts.length + 60 * bots.length, `${requests} requests`)
    assert.ok(traffic.limited.length <= requests / 2, `${traffic.limited.length} of ${requests} were too many`)
    assert.equal(stage.query("select 1 from run_events where type = 'lost'").length, 0, 'no attempt was lost')

    await crowd.leaves()
    await until(async () => (await stage.agents()).length === 0, patienceMs, 'the end of every agent')
    assert.equal(await bots.at(-1)?.terminate(), 0)
    assert.deepEqual(
      bots.filter((bot) => bot.alive),
      [],
    )
  },
)

function tail(bots: readonly Bot[]): string {
  return (bots.at(-1)?.log ?? [])
    .slice(-40)
    .map((line) => JSON.stringify(line))
    .join('\n')
}
