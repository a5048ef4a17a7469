import assert from 'node:assert/strict'
import { textOf, type Actor, type SeenPlace } from 'loopback-discord'
import { sql } from 'kysely'
import { Client } from 'pg'
import type { RunEvent } from '../../src/core/event.ts'
import { isLive, newRun, step, type Run } from '../../src/core/lifecycle.ts'
import { readMachines } from '../../src/stores/machines.ts'
import { openPostgres } from '../../src/stores/postgres/postgres.ts'
import { signal } from '../../src/system/process.ts'
import type { Bot } from '../e2e/bots.ts'
import { Stage, until } from '../e2e/stage.ts'
import { Chance } from '../random.ts'
import { startCluster, type Cluster } from '../stores/cluster.ts'
import { patienceMs } from '../patience.ts'

/** So many runs are at work at once, in all and on each machine. */
const caps = { all: 3, each: 2 }
/** So many are asked in a round, of as many sessions at least. */
const atOnce = 2
const timings = { leadIdleMs: 6_000, machinesEveryMs: 100, machineAwayAfterMs: 0, standingForMs: 0 }

type Strike = (soak: MachineSoak) => Promise<void>

/** Everything that can go wrong: all of it, in an order of the seed's, before anything comes again. */
const strikes: Readonly<Record<string, Strike>> = {
  'kill -9 of the leader': (soak) => soak.killsBots(1),
  'kill -9 of the leader and of a machine': async (soak) => {
    await Promise.all([soak.killsBots(1), soak.killsMachine()])
  },
  'kill -9 of both bots': (soak) => soak.killsBots(2),
  'kill -9 of a machine': (soak) => soak.killsMachine(),
  'kill -9 of another machine': (soak) => soak.killsMachine(),
  'a machine stands still': (soak) => soak.stopsMachine(),
  'another machine stands still': (soak) => soak.stopsMachine(),
  'the leader stands still': (soak) => soak.stopsLeader(),
  'the standby stands still while the leader dies': (soak) => soak.stopsStandby(),
  'every connection is cut': (soak) => soak.cuts(() => true),
  'some connections are cut': (soak) => soak.cuts((pid) => pid % 2 === 0),
  'others are cut': (soak) => soak.cuts((pid) => pid % 2 === 1),
  'a few are cut': (soak) => soak.cuts((pid) => pid % 3 === 0),
  'PostgreSQL is restarted': (soak) => soak.cluster.restart(),
  'PostgreSQL crashes': (soak) => soak.cluster.crash(),
  'PostgreSQL stands still': (soak) => soak.stopsPostgres(),
}

/** A session, and its machine. */
interface Seat {
  readonly place: SeenPlace
  readonly worker: string
}

interface Asked extends Seat {
  readonly text: string
  readonly gate: string
}

/** A team whose machines, bots and database are always just dying. */
export class MachineSoak implements AsyncDisposable {
  readonly cluster: Cluster
  readonly #stage: Stage
  readonly #url: string
  readonly #olivia: Actor
  readonly #chance: Chance
  readonly #bots: Bot[]
  readonly #machines: Map<string, Bot>
  readonly #places: readonly Seat[]
  readonly #asked: Asked[] = []
  #deck: string[] = []
  /** What has struck, in order. */
  readonly #order: string[] = []
  /** Those before are answered. */
  #answered = 0

  private constructor(parts: {
    readonly cluster: Cluster
    readonly stage: Stage
    readonly url: string
    readonly olivia: Actor
    readonly chance: Chance
    readonly bots: Bot[]
    readonly machines: Map<string, Bot>
    readonly places: readonly Seat[]
  }) {
    this.cluster = parts.cluster
    this.#stage = parts.stage
    this.#url = parts.url
    this.#olivia = parts.olivia
    this.#chance = parts.chance
    this.#bots = parts.bots
    this.#machines = parts.machines
    this.#places = parts.places
  }

  static async open({ machines, sessions, seed }: { machines: number; sessions: number; seed: number }) {
    const cluster = await startCluster({ durable: true })
    try {
      const url = await cluster.fresh()
      const env = {
        OMC_DATABASE_URL: url,
        TEST_ROLE: 'control',
        OMC_MAX_ACTIVE_CLIS: String(caps.all),
        OMC_MAX_QUEUED_SESSIONS: '200',
        OMC_PER_USER_MAX_ACTIVE: '50',
        OMC_PER_USER_MAX_QUEUED: '200',
      }
      const stage = await Stage.open({ ownProcess: true, env, timings })
      try {
        const bots = [await stage.startBot()]
        const ids = Array.from({ length: machines }, (_, nth) => `w${nth + 1}`)
        const started = await Promise.all(ids.map((id) => startMachine(stage, id)))
        const olivia = await stage.sandbox.actor('olivia')
        const places: Seat[] = []
        for (let nth = 0; nth < sessions; nth++) {
          const worker = ids[nth % ids.length] as string
          const place = await olivia.opensThread('general', `s${nth}`)
          const reply = await (
            await olivia.runs(place, '/session start', { name: `s${nth}`, runtime: 'echo', worker })
          ).settled(patienceMs)
          assert.match(reply.content, new RegExp(`machine .?${worker}`))
          places.push({ place, worker })
        }
        const all = new Map(ids.map((id, nth) => [id, started[nth] as Bot]))
        const soak = new MachineSoak({
          cluster,
          stage,
          url,
          olivia,
          chance: new Chance(seed),
          bots,
          machines: all,
          places,
        })
        await soak.#keepsTwo()
        return soak
      } catch (error) {
        await stage[Symbol.asyncDispose]()
        throw error
      }
    } catch (error) {
      await cluster[Symbol.asyncDispose]()
      throw error
    }
  }

  get told(): object {
    return { prompts: this.#asked.length, bots: this.#bots.length, strikes: this.#order }
  }

  /** Somebody asks in a few sessions. What they ask stays at work until it is let go, in the next round. */
  async speaks(): Promise<void> {
    const from = this.#chance.between(0, this.#places.length - 1)
    for (let nth = 0; nth < atOnce; nth++) {
      const { place, worker } = this.#places[(from + nth) % this.#places.length] as Seat
      const number = this.#asked.length
      const text = `answer ${number} is whole`
      const gate = `gate-${number}`
      this.#asked.push({ place, text, gate, worker })
      await this.#olivia.says(place, `!say begun ${number}\n!until ${gate}\n!say ${text}`)
    }
  }

  /** Something dies, stands still or is cut off; whatever keeps programs running starts it anew. */
  async strikes(): Promise<void> {
    if (this.#deck.length === 0) this.#deck = Object.keys(strikes)
    const [name = ''] = this.#deck.splice(this.#chance.between(0, this.#deck.length - 1), 1)
    this.#order.push(name)
    await this.#telling(async () => {
      await strikes[name]?.(this)
      await this.#keepsTwo()
    })
  }

  /** What goes wrong is told with what went before, and with what each of them has said last. */
  async #telling(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      const all = [...this.#bots, ...this.#machines.values()].filter((bot) => bot.alive)
      const last = all.map(
        ({ pid, log }) =>
          `${pid}: ${log
            .slice(-12)
            .map((line) => JSON.stringify(line))
            .join('\n  ')}`,
      )
      throw new Error(`${this.#order.join(', ')}\n${last.join('\n')}`, { cause: error })
    }
  }

  /** What was asked in the rounds before comes to its end. */
  async hears(): Promise<void> {
    const due = this.#asked.slice(this.#answered, -atOnce)
    await this.#telling(() => this.#isAnswered(due))
    this.#answered += due.length
  }

  async ends(): Promise<void> {
    await this.#telling(() => this.#isAnswered(this.#asked.slice(this.#answered)))
  }

  /** The journal and Discord have every answer once, and at no moment were there more at work than may be. */
  async assertWell(): Promise<void> {
    for (const { place } of this.#places) {
      const said = (await this.#stage.botMessages(this.#olivia, place)).map(textOf)
      for (const { text } of this.#asked.filter((each) => each.place.id === place.id))
        assert.equal(said.join('\n').split(text).length - 1, 1, `"${text}"\n${this.#olivia.story(place)}`)
    }
    const lines = await this.#lines()
    const runs = new Map<string, { readonly worker: string; run: Run }>()
    const texts: string[] = []
    for (const { run: id, worker, event } of lines) {
      const known = runs.get(id) ?? { worker, run: newRun }
      const run = step(known.run, event)
      assert.ok(run !== null, `${event.type} of ${id} cannot be`)
      runs.set(id, { worker, run })
      if (event.type === 'said' && event.whole) texts.push(event.text)
      const live = [...runs.values()].filter(({ run: each }) => isLive(each.state))
      assert.ok(live.length <= caps.all, `${live.length} at work`)
      const here = live.filter((each) => each.worker === worker).length
      assert.ok(here <= caps.each, `${here} at work on ${worker}`)
    }
    assert.equal(runs.size, this.#asked.length, 'each prompt became one run')
    assert.deepEqual(
      [...runs.values()].filter(({ run }) => run.state !== 'over'),
      [],
    )
    for (const type of ['lost', 'forgotten'])
      assert.equal(lines.filter(({ event }) => event.type === type).length, 0, `agents work on: none was ${type}`)
    assert.equal(lines.filter(({ event }) => event.type === 'started').length, this.#asked.length, 'begun once')
    const all = texts.join('')
    for (const { text } of this.#asked) assert.equal(all.split(text).length - 1, 1, `said once: ${text}`)
  }

  /** `most` 1: the leader; 2: whoever stands by as well. */
  async killsBots(most: number): Promise<void> {
    const there = this.#bots.filter((bot) => bot.alive).sort((one, two) => leads(two) - leads(one))
    await Promise.all(there.slice(0, most).map((bot) => bot.kill()))
  }

  async killsMachine(): Promise<void> {
    const [id, machine] = this.#anyMachine()
    await machine.kill()
    this.#machines.set(id, await startMachine(this.#stage, id))
  }

  /** Until its lock is taken from it. */
  async stopsMachine(): Promise<void> {
    const [id, { pid }] = this.#anyMachine()
    process.kill(pid, 'SIGSTOP')
    try {
      await this.#sees(id, false)
    } finally {
      process.kill(pid, 'SIGCONT')
    }
    await this.#sees(id, true)
  }

  async stopsLeader(): Promise<void> {
    const leader = this.#bots.find((bot) => bot.alive && leads(bot) === 1)
    if (leader === undefined) return
    process.kill(leader.pid, 'SIGSTOP')
    const leadsNow = (): boolean => {
      const others = this.#bots.filter((bot) => bot !== leader && bot.alive)
      if (others.length === 0) this.#bots.push(this.#stage.spawnBot({ ownProcess: true }))
      return others.some((bot) => leads(bot) === 1)
    }
    await until(leadsNow, patienceMs, 'a leader')
    await leader.kill()
  }

  /** The lead is given to one that cannot take it; it wakes when another one has it. */
  async stopsStandby(): Promise<void> {
    const standby = this.#bots.find((bot) => bot.alive && leads(bot) === 0)
    if (standby === undefined) return
    process.kill(standby.pid, 'SIGSTOP')
    await this.killsBots(1)
    const third = this.#stage.spawnBot({ ownProcess: true })
    this.#bots.push(third)
    try {
      await until(() => !third.alive || leads(third) === 1, patienceMs, 'a third one leads')
    } finally {
      // A crash of PostgreSQL may have given it the lead already, and the folder: then the third one has ended it.
      signal(standby.pid, 'SIGCONT')
    }
    await until(() => !standby.alive || has(standby, 'standby.cut-off'), patienceMs, 'the one that woke up stands by')
    assert.ok(third.alive, 'the one that woke up has not taken its place')
  }

  async cuts(which: (pid: number) => boolean): Promise<void> {
    await this.#asks(async (client) => {
      const { rows } = await client.query<{ pid: number }>(
        `select pid from pg_stat_activity where application_name like 'discord-orchestrator on %'`,
      )
      const pids = rows.map(({ pid }) => pid).filter(which)
      await client.query('select pg_terminate_backend(pid) from unnest($1::int[]) as pid', [pids])
    })
  }

  /** For a moment nobody is answered, and no connection ends. */
  async stopsPostgres(): Promise<void> {
    await this.cluster.pauses(async () => {
      const before = Date.now()
      await until(() => Date.now() - before > 1_000)
    })
  }

  #anyMachine(): readonly [string, Bot] {
    const all = [...this.#machines]
    return all[this.#chance.between(0, all.length - 1)] as readonly [string, Bot]
  }

  async #isAnswered(due: readonly Asked[]): Promise<void> {
    for (const { gate, worker } of due) this.#stage.opens(gate, worker)
    for (const { place, text } of due) await this.#stage.botShows(this.#olivia, place, text, patienceMs)
  }

  /** What a supervisor does: one leads, one stands by. */
  async #keepsTwo(): Promise<void> {
    await until(
      () => {
        while (this.#bots.filter((bot) => bot.alive).length < 2)
          this.#bots.push(this.#stage.spawnBot({ ownProcess: true }))
        const there = this.#bots.filter((bot) => bot.alive)
        return there.some((bot) => leads(bot) === 1) && there.every((bot) => leads(bot) === 1 || waits(bot))
      },
      patienceMs,
      'a bot that leads and one that stands by',
    )
  }

  async #sees(id: string, isHere: boolean): Promise<void> {
    const { db, close } = openPostgres(this.#url)
    try {
      await until(
        async () => (await readMachines(db)).some((each) => each.id === id && each.isHere === isHere),
        patienceMs,
        `${id} ${isHere ? 'there' : 'away'}`,
      )
    } finally {
      await close()
    }
  }

  async #lines(): Promise<readonly { run: string; worker: string; event: RunEvent }[]> {
    const { db, close } = openPostgres(this.#url)
    try {
      const { rows } = await sql<{ run: string; worker: string; json: string }>`
        select run, worker, json from run_events join runs on runs.id = run
        join omc_sessions on omc_sessions.id = runs.session order by run_events.seq`.execute(db)
      return rows.map(({ run, worker, json }) => ({ run, worker, event: JSON.parse(json) as RunEvent }))
    } finally {
      await close()
    }
  }

  async #asks(work: (client: Client) => Promise<void>): Promise<void> {
    const client = new Client({ connectionString: this.#url })
    await client.connect()
    try {
      await work(client)
    } finally {
      await client.end()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.#stage[Symbol.asyncDispose]()
    } finally {
      await this.cluster[Symbol.asyncDispose]()
    }
  }
}

function startMachine(stage: Stage, id: string): Promise<Bot> {
  return stage.startMachine(id, { env: { OMC_MAX_ACTIVE_CLIS: String(caps.each) } })
}

function leads(bot: Bot): 0 | 1 {
  return has(bot, 'app.started') ? 1 : 0
}

function waits(bot: Bot): boolean {
  return has(bot, 'standby.waiting')
}

function has(bot: Bot, line: string): boolean {
  return bot.log.some(({ msg }) => msg === line)
}
