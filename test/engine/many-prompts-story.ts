import assert from 'node:assert/strict'
import { Kysely } from 'kysely'
import type { Caps } from '../../src/core/admission.ts'
import { forecastsOf, type WindowForecast } from '../../src/core/forecast.ts'
import type { AccountId, PersonId, SessionId } from '../../src/core/ids.ts'
import type { Session } from '../../src/core/session.ts'
import { allTokens, dayOf } from '../../src/core/spending.ts'
import { DatabaseLedger } from '../../src/stores/ledger.ts'
import { migrations } from '../../src/stores/migrations/all.ts'
import { rowOfSession } from '../../src/stores/rows.ts'
import type { Tables } from '../../src/stores/schema.ts'
import { migrate } from '../../src/stores/sqlite/migrate.ts'
import { openSqlite } from '../../src/stores/sqlite/sqlite.ts'
import { Chance } from '../random.ts'
import { person, runId, session, thread } from '../stores/cast.ts'
import { Killed, Life, mostInAStep, stepsOf, window, World, type Wish } from './many-prompts.ts'

const minute = 60_000
const people = 20
const prompts = 200
const capacity = 500
const caps: Caps = { active: 6, waiting: 10_000, personActive: 2, personWaiting: 1_000 }
/** Who has a budget a day, in tokens. */
const limited = [3, 12]
const limit = 60_000
const begin = Date.UTC(2026, 0, 5, 9)

/** Each person has two sessions, and works with one of two accounts. */
const sessions = new Map<SessionId, Session>()
const team = Array.from({ length: people }, (_, nth) => {
  const own = [0, 1].map((part) => {
    const account = `account-${nth % 2}` as AccountId
    return session(`s${nth}-${part}`, thread(String(200 + nth * 2 + part)), { account })
  })
  for (const each of own) sessions.set(each.id, each)
  return { id: person(`person-${nth}`).id, own, isLimited: limited.includes(nth) }
})

/** Twenty people work for days, and what they got is looked at. Throws where it is not as promised. */
async function story(): Promise<void> {
  const sqlite = openSqlite(':memory:')
  migrate(sqlite, migrations, 0)
  const db = new Kysely<Tables>({ dialect: sqlite.dialect })
  const chance = new Chance(15)
  const world = new World(
    begin,
    capacity,
    new Set(team.flatMap(({ id, isLimited }) => (isLimited ? [id] : []))),
    chance,
  )
  const nextKill = (): number => world.now + chance.between(2, 9) * minute
  let killAt = nextKill()
  const mayDie = (): void => {
    if (world.now < killAt || chance.next() < 0.5) return
    killAt = nextKill()
    throw new Killed()
  }
  const start = (): Life => new Life(db, world, caps, sessions, mayDie)
  let life = start()
  await db
    .insertInto('omc_sessions')
    .values([...sessions.values()].map(rowOfSession))
    .execute()
  for (const { id } of team.filter(({ isLimited }) => isLimited)) {
    const amount = { unit: 'tokens', count: limit } as const
    const scope = { kind: 'person', id } as const
    await life.budgets.set({ scope, span: 'day', limit: amount, by: 'olivia', at: begin })
  }

  // Everybody has four prompts waiting or at work for as long as there are more; what was not heard a yes to is sent again.
  const wishes = new Map(team.map(({ id }) => [id, 0]))
  const answered = new Map<PersonId, number>()
  let heard = 0
  const wishOf = (nth: number, count: number): Wish => {
    const { id, own } = team[nth] as (typeof team)[number]
    return { key: nth * prompts + count, session: own[count % 2] as Session, who: id }
  }
  const askMore = async (): Promise<void> => {
    for (const [nth, { id }] of team.entries()) {
      let asked = wishes.get(id) ?? 0
      while (asked < prompts && asked - (answered.get(id) ?? 0) < 4) {
        await life.ask(wishOf(nth, asked))
        if (chance.next() < 0.02) await life.ask(wishOf(nth, asked))
        wishes.set(id, ++asked)
      }
    }
  }
  const foretold = new Map<string, WindowForecast>()
  let half: number | null = null
  let halfAt: number | null = null
  let kills = 0
  let moved = true
  const day = 24 * 60 * minute
  const isOver = (): boolean => heard === people * prompts
  while (!isOver()) {
    try {
      if (moved) {
        await askMore()
        await life.admit()
        moved = false
      }
      const next = [...world.works.values()].filter(({ until }) => until !== null)
      next.sort((a, b) => (a.until ?? 0) - (b.until ?? 0))
      const [first] = next
      if (first !== undefined) {
        world.now = first.until ?? 0
        world.step(first)
        const before = world.works.size
        await life.hear(first)
        moved = world.works.size < before
        if (moved && first.done === first.steps.length) {
          heard++
          answered.set(first.who, (answered.get(first.who) ?? 0) + 1)
        }
        if (half === null && heard >= (people * prompts) / 2) {
          half = world.served.length
          halfAt = world.now
        }
        if (world.served.length % 10 === 0) await foretell()
      } else {
        const { waiting } = await life.journal.board(world.now)
        const until = Math.min(...waiting.map(({ hold }) => hold?.until ?? world.now + 1000))
        assert.ok(until < begin + 60 * day, 'it comes to its end')
        world.now = Math.max(world.now, until)
        moved = true
      }
    } catch (error) {
      if (!(error instanceof Killed)) throw error
      kills++
      moved = true
      world.now += chance.between(1, 20) * 1000
      for (life = start(); ;) {
        try {
          await life.recover()
          break
        } catch (again) {
          if (!(again instanceof Killed)) throw again
          life = start()
        }
      }
      const open = await life.journal.open()
      for (const [nth, { id }] of team.entries()) {
        const heardOf = nth * prompts + (wishes.get(id) ?? 0)
        const own = open.filter(({ prompt, run }) => prompt.speaker.id === id && Number(run.slice(1)) < heardOf)
        answered.set(id, (wishes.get(id) ?? 0) - own.length)
      }
      heard = [...answered.values()].reduce((sum, count) => sum + count, 0)
    }
  }

  assert.ok(kills >= 100, `${kills} kills`)
  assertOnceInOrder()
  await assertShares()
  await assertBudgets()
  assertForetold()
  await db.destroy()

  /** Every request of every prompt was made once, in the order of its session's prompts, and each prompt ended once. */
  function assertOnceInOrder(): void {
    const wanted = team.flatMap(({ own, isLimited }, nth) =>
      own.map(({ id }, part) => ({
        id,
        requests: Array.from({ length: prompts / 2 }, (_, count) =>
          runId(`r${nth * prompts + 2 * count + part}`),
        ).flatMap((run) => stepsOf(run, isLimited).map((_, step) => `${run} ${step}`)),
      })),
    )
    const made = Map.groupBy(world.served, (each) => each.session)
    for (const { id, requests } of wanted)
      assert.deepEqual(
        (made.get(id) ?? []).map(({ run, step }) => `${run} ${step}`),
        requests,
        `${id} is in order`,
      )
  }

  /**
   * While everybody has something waiting, all get the same of their account, and nobody waits for longer than it takes
   * until each of the others there has had two turns: as many as a person may have at work at once.
   */
  async function assertShares(): Promise<void> {
    const turns = world.served.slice(0, half ?? 0).filter(({ step, who }) => step === 0 && !isLimited(who))
    const counts = team.filter((each) => !each.isLimited).map(({ id }) => turns.filter(({ who }) => who === id).length)
    const sum = counts.reduce((all, count) => all + count, 0)
    const jain = sum ** 2 / (counts.length * counts.reduce((all, count) => all + count ** 2, 0))
    assert.ok(jain >= 0.95, `Jain's index of fairness is ${jain}`)
    const admitted = await db
      .selectFrom('run_events')
      .innerJoin('runs', 'runs.id', 'run_events.run')
      .select(['person as who', 'account'])
      .where('type', '=', 'admitted')
      .orderBy('seq')
      .execute()
    for (const [nth, { id, own, isLimited: hasBudget }] of team.entries()) {
      if (hasBudget) continue
      const line = admitted.filter(({ account }) => account === own[0]?.account)
      const mine = line.flatMap(({ who }, at) => (who === id ? [at] : []))
      for (const [turn, at] of mine.entries()) {
        const between = line.slice(turn === 0 ? 0 : (mine[turn - 1] ?? 0) + 1, at)
        for (const [who, others] of Map.groupBy(between, (each) => each.who))
          assert.ok(
            others.length <= caps.personActive,
            `${who} began ${others.length} times before ${nth}'s turn ${turn}`,
          )
      }
    }
  }

  /** A budget is passed by what was at work when it was used up, each by one step; and what is booked was billed. */
  async function assertBudgets(): Promise<void> {
    const billed = Map.groupBy(world.served, ({ who, at }) => `${dayOf(at)} ${who}`)
    const sums = new Map([...billed].map(([key, all]) => [key, all.reduce((sum, { tokens }) => sum + tokens, 0)]))
    const ofLimited = [...sums].filter(([key]) => team.some((each) => each.isLimited && key.endsWith(` ${each.id}`)))
    for (const [key, tokens] of ofLimited)
      assert.ok(tokens < limit + caps.personActive * mostInAStep, `${key}: ${tokens} of ${limit}`)
    assert.ok(ofLimited.filter(([, tokens]) => tokens >= limit).length >= 4, 'both were used up on some days')
    const booked = new Map<string, number>()
    for (const { person: who, tokens, day: on } of await new DatabaseLedger(db).since(dayOf(begin)))
      booked.set(`${on} ${who}`, (booked.get(`${on} ${who}`) ?? 0) + allTokens(tokens))
    const all = (of: ReadonlyMap<string, number>): number => [...of.values()].reduce((sum, count) => sum + count, 0)
    assert.equal(all(booked), all(sums), 'what is booked was billed, each token once')
    for (const { id } of team) {
      const own = (of: ReadonlyMap<string, number>): number =>
        all(new Map([...of].filter(([key]) => key.endsWith(` ${id}`))))
      assert.equal(own(booked), own(sums), id)
    }
  }

  /** Where a window filled up while everybody worked, a third of the way it was known when, within a tenth. */
  function assertForetold(): void {
    const told = [...foretold.values()].filter(({ resetsAt }) => resetsAt <= (halfAt ?? 0))
    assert.ok(told.length >= 2, `${told.length} windows`)
    for (const { account, resetsAt, fullAt } of told) {
      const own = world.served.filter(
        ({ account: of, at }) => of === account.account && at < resetsAt && at >= resetsAt - window,
      )
      assert.equal(own.length, capacity, 'it filled up')
      const took = (own.at(-1)?.at ?? 0) - (resetsAt - window)
      const off = Math.abs((fullAt ?? resetsAt) - (own.at(-1)?.at ?? 0))
      assert.ok(
        off <= took * 0.1,
        `${account.account}: ${Math.round(off / minute)} of ${Math.round(took / minute)} minutes off`,
      )
    }
  }

  function isLimited(who: PersonId): boolean {
    return world.limited.has(who)
  }

  /** A third of the way through a window is when it is foretold. */
  async function foretell(): Promise<void> {
    for (const account of await life.accounts.all())
      for (const each of forecastsOf(account, world.now)) {
        const key = `${account.account} ${each.resetsAt}`
        if (each.used >= 0.33 && !foretold.has(key)) foretold.set(key, each)
      }
  }
}

await story()
