import { sql, type Kysely, type RawBuilder, type SqlBool } from 'kysely'
import { holdOf, restsAt, type AccountState } from '../core/account.ts'
import { waitsForService, type Hold } from '../core/quota.ts'
import type { Board, Candidate, Crowd, Shares, Weight } from '../core/admission.ts'
import type { EpochMs } from '../core/clock.ts'
import type { AccountId, PersonId, PlaceId, RunId, RuntimeName, Seq, SessionId } from '../core/ids.ts'
import { isLive } from '../core/lifecycle.ts'
import type { Prices } from '../core/price.ts'
import type { Prompt } from '../core/prompt.ts'
import { readAccounts } from './accounts.ts'
import { budgetHoldOf, moneyOf } from './money.ts'
import { readFreeze } from './freezes.ts'
import { holdOfMachine, roomsOf } from './rooms.ts'
import { parse } from './rows.ts'
import { reservesOf } from './window-uses.ts'
import type { RunTable, Tables } from './schema.ts'

type BoardRow = Pick<
  RunTable,
  'id' | 'session' | 'person' | 'channel' | 'account' | 'state' | 'hold' | 'attempt' | 'asked_seq' | 'promoted_seq'
>

interface BoardWish {
  /** Somebody who is about to be on the board: `served` has them, too. */
  readonly asker?: PersonId | null
  /** Of what waits for a session only what can be next: nothing behind that can start. */
  readonly firstOnly?: boolean
}

/**
 * What admission looks at. `served` holds everyone who is on the board, and `asker`: it is looked up for these alone, so
 * it costs the same after a year as on the first day.
 */
export async function readBoard(
  db: Kysely<Tables>,
  at: EpochMs,
  rules: BoardRules,
  { asker = null, firstOnly = false }: BoardWish = {},
): Promise<Board> {
  if (!firstOnly) return boardOf(db, at, rules, asker, sql`1 = 1`)
  const board = await boardOf(db, at, rules, asker, sql`asked_seq in ${firstOfEach}`)
  const passed = board.waiting.flatMap(({ session, alone }) => (alone === true ? [session] : []))
  if (passed.length === 0) return board
  return boardOf(db, at, rules, asker, sql`(asked_seq in ${firstOfEach} or session in (${sql.join(passed)}))`)
}

/** `meant`: which of the open runs. */
async function boardOf(
  db: Kysely<Tables>,
  at: EpochMs,
  rules: BoardRules,
  asker: PersonId | null,
  meant: RawBuilder<SqlBool>,
): Promise<Board> {
  const { prices, shares, reserve, agentsHere = true } = rules
  const open = db
    .selectFrom('runs')
    .select([
      'id',
      'session',
      'person',
      'channel',
      'account',
      'state',
      'hold',
      'attempt',
      'roles',
      'chain',
      'asked_seq',
      'promoted_seq',
      'admitted_seq',
    ])
    // A literal, not a parameter: SQLite uses a partial index only when it can see the condition.
    .where('state', '<>', sql.lit('over'))
    .orderBy('asked_seq')
  const rows = await open.where(meant).execute()
  const heldBack = await holdsOf(db, at, reserve)
  const money = await moneyOf(db, rows, at, prices)
  const rooms = await roomsOf(db, rows, agentsHere, money?.purses.length ?? 0)
  const pursesOf = (row: BoardRow): readonly number[] | undefined =>
    rooms === null ? money?.pursesOf(row.id) : [...(money?.pursesOf(row.id) ?? []), ...rooms.pursesOf(row.session)]
  const holdOf = (row: BoardRow): Hold | null =>
    rooms?.holdOf(row.session) ?? heldBack(row) ?? money?.holdOf(row.id) ?? null
  const waiting = rows.filter((row) => !isLive(row.state)).map((row) => candidateOf(row, holdOf(row), pursesOf(row)))
  const atWork = rows.filter((row) => isLive(row.state))
  const live = atWork.sort((a, b) => (a.admitted_seq ?? 0) - (b.admitted_seq ?? 0))
  return {
    waiting,
    live: live.map((row) => candidateOf(row, null)),
    served: await servedOf(db, asker),
    ...(money === null && rooms === null ? {} : { purses: [...(money?.purses ?? []), ...(rooms?.purses ?? [])] }),
    ...(Object.keys(shares).length === 0 ? {} : { weights: await weightsOf(db, rows, shares) }),
    frozen: (await readFreeze(db)) !== null,
  }
}

/** The first open run of each session, and those at work. */
const firstOfEach = sql<number>`(
  select min(asked_seq) from runs where state <> 'over' group by session
  union all
  select asked_seq from runs where state in ('starting', 'running', 'asking', 'stopping')
)`

/** What the operator configured that admission goes by. */
export interface BoardRules {
  readonly prices: Prices
  readonly shares: Shares
  /** Which part of each window of a quota is kept for each person, 0 to 1. */
  readonly reserve: number
  /** False: the bot's own machine has no agents. Left out: it has. */
  readonly agentsHere?: boolean
}

/** Who on the board gets more turns than one, by themselves or by a role that they had when they asked. */
async function weightsOf(
  db: Kysely<Tables>,
  rows: readonly { readonly person: string; readonly roles: string }[],
  shares: Shares,
): Promise<ReadonlyMap<PersonId, Weight>> {
  const turns = new Map<string, number>()
  const seen = new Set<string>()
  for (const { person, roles } of rows) {
    const who = `${person} ${roles}`
    if (seen.has(who)) continue
    seen.add(who)
    const ids = [person, ...(parse(roles, `roles of ${person}`) as readonly string[])]
    turns.set(person, Math.max(turns.get(person) ?? 1, ...ids.map((id) => shares[id] ?? 1)))
  }
  const weights = new Map<PersonId, Weight>()
  for (const [person, count] of turns) {
    if (count <= 1) continue
    const last = db
      .selectFrom('runs')
      .select('admitted_seq')
      .where('person', '=', person)
      .where('admitted_seq', 'is not', null)
      .orderBy('admitted_seq', 'desc')
      .limit(count)
    const recent = (await last.execute()).map((row) => row.admitted_seq ?? 0).reverse()
    weights.set(person as PersonId, { turns: count, recent })
  }
  return weights
}

/** How many runs are at work: an index of a handful of lines. */
export async function countLive(db: Kysely<Tables>): Promise<number> {
  const { rows } = await sql<{ readonly live: number }>`
    select count(*) as live from runs where state in ('starting', 'running', 'asking', 'stopping')`.execute(db)
  return rows[0]?.live ?? 0
}

/** How many wait and are at work, in all and of one person in one channel: by indexes of what is open. */
export async function countOpen(
  db: Kysely<Tables>,
  { person, channel }: Pick<Candidate, 'person' | 'channel'>,
): Promise<Crowd> {
  const live = sql`state in ('starting', 'running', 'asking', 'stopping')`
  const own = sql`person = ${person} and channel = ${channel}`
  const { rows } = await sql<{
    readonly open: number
    readonly live: number
    readonly own: number
    readonly ownLive: number
  }>`
    select (select count(*) from runs where state <> 'over') as open,
      (select count(*) from runs where ${live}) as live,
      (select count(*) from runs where state <> 'over' and ${own}) as own,
      (select count(*) from runs where ${live} and ${own}) as ${sql.ref('ownLive')}`.execute(db)
  const [counted = { open: 0, live: 0, own: 0, ownLive: 0 }] = rows
  return {
    waiting: counted.open - counted.live,
    live: counted.live,
    own: { waiting: counted.own - counted.ownLive, live: counted.ownLive },
  }
}

/** What holds a prompt back at that moment. */
export async function holdOfPrompt(
  db: Kysely<Tables>,
  prompt: Prompt,
  at: EpochMs,
  rules: BoardRules,
): Promise<Hold | null> {
  return (
    (await holdOfMachine(db, prompt.session, rules.agentsHere ?? true)) ??
    (await holdOfSession(db, prompt, at, rules.reserve)) ??
    budgetHoldOf(db, prompt, at, rules.prices)
  )
}

async function holdOfSession(
  db: Kysely<Tables>,
  { session, speaker }: Prompt,
  at: EpochMs,
  reserve: number,
): Promise<Hold | null> {
  const accounts = await readAccounts(db)
  const reserves = await reservesOf(db, accounts, at, reserve)
  const resting = accounts.filter((each) => isResting(each, at))
  if (resting.length === 0 && reserves === null) return null
  const rows = db.selectFrom('omc_sessions').select(['runtime', 'account', 'model']).where('id', '=', session)
  const row = await rows.executeTakeFirst()
  if (row === undefined) return null
  const state = find(resting, row)
  return (
    (state === undefined ? null : holdOf(state, row.model, at)) ?? reserves?.({ ...row, person: speaker.id }) ?? null
  )
}

/** Says of each run that waits what holds it back. Where no account is short of anything, nothing is looked up for it. */
async function holdsOf(db: Kysely<Tables>, at: EpochMs, reserve: number): Promise<(row: BoardRow) => Hold | null> {
  const accounts = await readAccounts(db)
  const reserves = await reservesOf(db, accounts, at, reserve)
  const resting = accounts.filter((each) => isResting(each, at))
  if (resting.length === 0 && reserves === null) return (row) => ownHold(row, at)
  const sessions = await db
    .selectFrom('omc_sessions')
    .select(['id', 'runtime', 'model'])
    .where('id', 'in', db.selectFrom('runs').select('session').where('state', '<>', sql.lit('over')))
    .execute()
  const known = new Map(sessions.map((each) => [each.id, each]))
  return (row) => {
    const own = ownHold(row, at)
    if (own !== null) return own
    const session = known.get(row.session)
    if (session === undefined) return null
    const { runtime, model } = session
    const rest = restHold(find(resting, { runtime, account: row.account }), row, model, at)
    // What has begun is not kept waiting for others.
    if (rest !== null || row.attempt > 0) return rest
    return reserves?.({ runtime, model, account: row.account, person: row.person }) ?? null
  }
}

function restHold(state: AccountState | undefined, row: BoardRow, model: string | null, at: EpochMs): Hold | null {
  if (state === undefined) return null
  const refused = row.state === 'parked' && row.hold !== null ? (parse(row.hold, `runs ${row.id}`) as Hold) : null
  // It was refused itself: what is true of its model counts, whatever its session calls it.
  return holdOf(state, refused === null || refused.budget !== undefined ? model : refused.model, at)
}

/** Money and shares are somebody's; a quota, a machine and a service in trouble hold back whoever comes. */
function isOwnAlone({ budget, reserve }: Hold): boolean {
  return budget !== undefined || reserve !== undefined
}

/** What holds one run back alone: it waits for the model's service. */
function ownHold({ id, state, hold }: BoardRow, at: EpochMs): Hold | null {
  if (state !== 'parked' || hold === null) return null
  const own = parse(hold, `runs ${id}`) as Hold
  return waitsForService(own, at) ? own : null
}

function find(
  states: readonly AccountState[],
  of: { readonly runtime: string; readonly account: string },
): AccountState | undefined {
  return states.find(({ runtime, account }) => runtime === (of.runtime as RuntimeName) && account === of.account)
}

function isResting(state: AccountState, at: EpochMs): boolean {
  return restsAt(state, at).length > 0
}

/**
 * One query for everyone. Each person's latest is the last of theirs in an index, however often they were served; and who
 * is on the board is found from one to the next in an index, however much each has there.
 */
async function servedOf(db: Kysely<Tables>, asker: PersonId | null): Promise<ReadonlyMap<PersonId, Seq>> {
  const { rows } = await sql<{ readonly person: PersonId; readonly seq: Seq | null }>`
    with recursive people(person) as (
      select (select min(person) from runs where state <> 'over')
      union all
      select (select min(runs.person) from runs where state <> 'over' and runs.person > people.person)
      from people where people.person is not null
    )
    select person, (
      select max(admitted_seq) from runs where runs.person = everybody.person and admitted_seq is not null
    ) as seq
    from (select person from people union select ${asker}) as everybody
    where person is not null`.execute(db)
  return new Map(rows.flatMap(({ person, seq }) => (seq === null ? [] : [[person, seq] as const])))
}

function candidateOf(row: BoardRow, hold: Hold | null, purses?: readonly number[]): Candidate {
  return {
    run: row.id as RunId,
    session: row.session as SessionId,
    person: row.person as PersonId,
    channel: row.channel as PlaceId,
    account: row.account as AccountId,
    asked: row.asked_seq,
    hold,
    ...(hold !== null && isOwnAlone(hold) && row.attempt === 0 ? { alone: true } : {}),
    ...(row.promoted_seq === null ? {} : { promoted: row.promoted_seq }),
    ...(purses === undefined ? {} : { purses }),
  }
}
