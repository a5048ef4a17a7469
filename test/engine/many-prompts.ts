import type { Kysely } from 'kysely'
import { admit, type Caps } from '../../src/core/admission.ts'
import { holdAfter } from '../../src/core/account.ts'
import type { EpochMs } from '../../src/core/clock.ts'
import { noUsage, type RunEvent } from '../../src/core/event.ts'
import type { AccountId, PersonId, RunId, SessionId } from '../../src/core/ids.ts'
import type { Claimed } from '../../src/core/journal.ts'
import { isLive } from '../../src/core/lifecycle.ts'
import { budgetHold, type QuotaReading } from '../../src/core/quota.ts'
import type { Cursor } from '../../src/core/runtime.ts'
import type { Session } from '../../src/core/session.ts'
import { noTokens } from '../../src/core/spending.ts'
import { DatabaseAccounts } from '../../src/stores/accounts.ts'
import { DatabaseBudgets } from '../../src/stores/budgets.ts'
import { Commits } from '../../src/stores/commits.ts'
import { DatabaseJournal } from '../../src/stores/journal.ts'
import type { Tables } from '../../src/stores/schema.ts'
import { LocalWake } from '../../src/stores/wake.ts'
import { Chance } from '../random.ts'
import { events, person, prompt, runId } from '../stores/cast.ts'

const [second, hour] = [1000, 3_600_000]
export const window = 5 * hour

/** A turn as its process has it, whether or not a bot is there to listen. */
interface Work {
  readonly run: RunId
  readonly who: PersonId
  readonly session: Session
  readonly steps: readonly number[]
  /** Steps that were done before this attempt, and are done by now. */
  readonly before: number
  done: number
  /** When the step at work is done; null: it stands still until it is let on, or has ended. */
  until: EpochMs | null
  isRefused: boolean
}

/** One request to the model that was served. */
export interface Served {
  readonly run: RunId
  readonly who: PersonId
  readonly session: SessionId
  readonly account: AccountId
  readonly at: EpochMs
  readonly step: number
  readonly tokens: number
}

/** What outlives every bot: people with what they still want, the service with its quotas, and processes at work. */
export class World {
  now: EpochMs
  readonly begin: EpochMs
  readonly chance: Chance
  /** Requests that an account serves in a window. */
  readonly capacity: number
  /** Who has a budget. */
  readonly limited: ReadonlySet<PersonId>
  readonly works = new Map<SessionId, Work>()
  readonly served: Served[] = []
  readonly #perWindow = new Map<string, number>()
  readonly #done = new Map<RunId, number>()
  readonly #told = new Map<AccountId, number>()

  constructor(begin: EpochMs, capacity: number, limited: ReadonlySet<PersonId>, chance: Chance) {
    this.limited = limited
    this.begin = begin
    this.now = begin
    this.capacity = capacity
    this.chance = chance
  }

  start(run: RunId, session: Session, who: PersonId): Work {
    const there = this.works.get(session.id)
    if (there !== undefined) throw new Error(`${session.name} has two turns at once`)
    const before = this.#done.get(run) ?? 0
    const work: Work = {
      run,
      who,
      session,
      steps: stepsOf(run, this.limited.has(who)),
      before,
      done: before,
      until: null,
      isRefused: false,
    }
    this.works.set(session.id, work)
    this.letOn(work)
    return work
  }

  letOn(work: Work): void {
    work.until = this.now + this.chance.between(20, 180) * second
  }

  /** The step's request: it is served and billed, or refused because the account's window is full. */
  step(work: Work): void {
    const { account, id } = work.session
    const of = `${account} ${this.resetsAt}`
    const count = this.#perWindow.get(of) ?? 0
    work.until = null
    if (count >= this.capacity) {
      work.isRefused = true
      return
    }
    this.#perWindow.set(of, count + 1)
    const tokens = work.steps[work.done] ?? 0
    this.served.push({ run: work.run, who: work.who, session: id, account, at: this.now, step: work.done, tokens })
    this.#done.set(work.run, ++work.done)
  }

  get resetsAt(): EpochMs {
    return this.begin + (Math.floor((this.now - this.begin) / window) + 1) * window
  }

  /** What a CLI tells of its account when it has changed: in whole percents. */
  readingFor(account: AccountId): QuotaReading | null {
    const percent = Math.floor((100 * (this.#perWindow.get(`${account} ${this.resetsAt}`) ?? 0)) / this.capacity)
    if (this.#told.get(account) === percent) return null
    this.#told.set(account, percent)
    const used = percent / 100
    return { windows: [{ name: 'five_hour', used, resetsAt: this.resetsAt }], request: 'served', window: 'five_hour' }
  }
}

/** The same for a run in every life: how many tokens each of its requests takes. */
export function stepsOf(run: RunId, isLimited: boolean): readonly number[] {
  const chance = new Chance(Number(run.slice(1)))
  // Where no budget can stop it in between, one request is as good as many.
  const length = isLimited ? chance.between(2, 4) : 1
  return Array.from({ length }, () => chance.between(500, mostInAStep))
}
export const mostInAStep = 1500

/** What a person wants next of a session, and has not heard a yes to. */
export interface Wish {
  readonly key: number
  readonly session: Session
  readonly who: PersonId
}

/** Thrown where a bot is killed. */
export class Killed extends Error {}

/**
 * One life of a bot on the store, without processes and timers of its own: it asks, admits, books, parks and ends as the
 * engine does. `mayDie` is called wherever a kill makes a difference, and throws then.
 */
export class Life {
  readonly journal: DatabaseJournal
  readonly accounts: DatabaseAccounts
  readonly budgets: DatabaseBudgets
  readonly #world: World
  readonly #caps: Caps
  readonly #sessions: ReadonlyMap<SessionId, Session>
  readonly #mayDie: () => void
  /** How many steps of a run's attempt are in the journal. */
  readonly #told = new Map<RunId, number>()

  constructor(
    db: Kysely<Tables>,
    world: World,
    caps: Caps,
    sessions: ReadonlyMap<SessionId, Session>,
    mayDie: () => void,
  ) {
    const commits = new Commits(db)
    this.journal = new DatabaseJournal(db, commits, new LocalWake(), { prices: {}, shares: {}, reserve: 0 })
    this.accounts = new DatabaseAccounts(db, commits, 0)
    this.budgets = new DatabaseBudgets(db, commits, {})
    this.#world = world
    this.#caps = caps
    this.#sessions = sessions
    this.#mayDie = mayDie
  }

  /** Takes up what an earlier life left: processes at work are heard from where it had come, what has none is lost. */
  async recover(): Promise<void> {
    const atWork = (await this.journal.open()).filter(({ state }) => isLive(state))
    const live = new Set(atWork.map(({ run }) => run))
    // Its end was kept already.
    for (const [session, { run }] of this.#world.works) if (!live.has(run)) this.#world.works.delete(session)
    for (const open of atWork) {
      const work = this.#world.works.get(open.session)
      if (work?.run !== open.run) {
        await this.#append(open.run, [{ type: 'lost', detail: 'its process never began' }])
        continue
      }
      this.#told.set(open.run, Number(open.cursor ?? work.before))
      if (open.state === 'starting') await this.#append(open.run, [events.started])
      if (work.until === null) await this.hear(work)
    }
  }

  /** Keeps a prompt; a second time it is the same one. */
  async ask({ key, session, who }: Wish): Promise<void> {
    const asked = { ...prompt(String(10_000 + key), session, person(who)), askedAt: this.#world.now }
    await this.journal.ask(runId(`r${key}`), asked, this.#world.now, () => null)
    this.#mayDie()
  }

  async admit(): Promise<void> {
    const claimed = await this.journal.claim((board) => admit(board, this.#caps), this.#world.now, this.#caps.active)
    this.#mayDie()
    for (const each of claimed) await this.#start(each)
  }

  async #start({ run, session: id, prompt: { speaker } }: Claimed): Promise<void> {
    const session = this.#sessions.get(id)
    if (session === undefined) throw new Error(`${id} is nobody's`)
    const { before } = this.#world.start(run, session, speaker.id)
    this.#told.set(run, before)
    this.#mayDie()
    await this.#append(run, [events.started])
    this.#mayDie()
  }

  /** Takes in what a process has told, and lets it on, or not. */
  async hear(work: Work): Promise<void> {
    const { run, session } = work
    const news = work.steps.slice(this.#told.get(run) ?? work.before, work.done).flatMap((output): RunEvent[] => {
      const reading = this.#world.readingFor(session.account)
      return [
        ...(reading === null ? [] : [{ type: 'metered', reading } as const]),
        { type: 'used', spend: { model: 'm', tokens: { ...noTokens, output }, costUsd: null, estimated: false } },
      ]
    })
    const over: RunEvent[] = work.done === work.steps.length ? [events.done] : []
    await this.#append(run, [...news, ...over], String(work.done) as Cursor)
    this.#told.set(run, work.done)
    this.#mayDie()
    if (over.length > 0) return void this.#world.works.delete(session.id)
    if (work.isRefused) {
      const refusal = { window: 'five_hour', until: this.#world.resetsAt }
      const known = await this.accounts.of(session.runtime, session.account)
      return this.#park(work, { type: 'parked', hold: holdAfter(known, refusal, this.#world.now), usage: noUsage })
    }
    // Nothing is looked up for whom nothing limits.
    if (!this.#world.limited.has(work.who)) return this.#world.letOn(work)
    const hold = budgetHold(await this.budgets.of(run, this.#world.now), session.runtime, this.#world.now)
    if (hold === null) return this.#world.letOn(work)
    await this.#append(run, [{ type: 'held', hold }])
    this.#mayDie()
    await this.#park(work, { type: 'parked', hold, usage: noUsage })
  }

  async #park({ run, session }: Work, parked: RunEvent): Promise<void> {
    await this.#append(run, [parked])
    this.#mayDie()
    this.#world.works.delete(session.id)
  }

  async #append(run: RunId, news: readonly RunEvent[], cursor?: Cursor): Promise<void> {
    await this.journal.append(run, news, this.#world.now, cursor === undefined ? {} : { cursor })
  }
}
