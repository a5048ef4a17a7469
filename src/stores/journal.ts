import { sql, type Kysely, type Selectable, type Transaction } from 'kysely'
import type { Board, Candidate, Crowd } from '../core/admission.ts'
import type { EpochMs } from '../core/clock.ts'
import type { Entry, RunEvent } from '../core/event.ts'
import { Problem, type Refusal } from '../core/failure.ts'
import type { AccountId, PromptKey, RunId, Seq, SessionId, WorkerId } from '../core/ids.ts'
import { endReaders, type AskedAt, type Claimed, type EndReader, type Journal, type OpenRun } from '../core/journal.ts'
import { isLive, step, type State } from '../core/lifecycle.ts'
import { channelOf } from '../core/place.ts'
import type { Prompt } from '../core/prompt.ts'
import type { Cursor } from '../core/runtime.ts'
import type { Effect } from '../core/effect.ts'
import { learnFrom } from './accounts.ts'
import { countLive, countOpen, holdOfPrompt, readBoard, type BoardRules } from './board.ts'
import { passFrom } from './budgets.ts'
import { bookFrom } from './ledger.ts'
import type { Commits } from './commits.ts'
import { keepEffects, StaleEffect } from './effects.ts'
import { isShared, lockBoard } from './locks.ts'
import { firstMessageOf } from './postings.ts'
import { changesOf, conversationAfter, firstRow, keepConversation, project, runOf } from './projection.ts'
import { unheardWords } from './unheard-words.ts'
import { openRunOf, promptOf, rewordedIn, workerOf } from './open-runs.ts'
import { entriesInOrder, entryOf } from './rows.ts'
import type { RunTable, Tables } from './schema.ts'
import type { LocalWake } from './wake.ts'

type RunRow = Selectable<RunTable>

/** SQLite takes 32,766 parameters in one statement; a line of the journal has four. */
const linesAtOnce = 1_000

/**
 * The journal in a database. Transactions never interleave: Kysely hands the one connection to one transaction at a
 * time, and each takes the write lock with its first statement.
 */
export class DatabaseJournal implements Journal {
  readonly #db: Kysely<Tables>
  readonly #commits: Commits
  readonly #wake: LocalWake
  readonly #rules: BoardRules

  constructor(db: Kysely<Tables>, commits: Commits, wake: LocalWake, rules: BoardRules) {
    this.#db = db
    this.#commits = commits
    this.#wake = wake
    this.#rules = rules
  }

  async ask(
    run: RunId,
    prompt: Prompt,
    at: EpochMs,
    refuse: (at: AskedAt) => Refusal | null | Promise<Refusal | null>,
  ): Promise<{ readonly run: RunId; readonly fresh: boolean; readonly entries: readonly Entry[] }> {
    return this.#write(async (trx) => {
      await lockBoard(trx)
      const earlier = await trx.selectFrom('runs').select('id').where('prompt_key', '=', prompt.key).executeTakeFirst()
      if (earlier !== undefined) return { run: earlier.id as RunId, fresh: false, entries: [] }
      const { account, ended_at: endedAt } = await sessionOf(trx, prompt)
      if ((await rowOf(trx, run)) !== undefined) throw new Problem('bug', `The run id ${run} was given out twice.`)
      const hold = await holdOfPrompt(trx, prompt, at, this.#rules)
      const refusal = await refuse({
        isOver: endedAt !== null,
        crowd: await countOpen(trx, { person: prompt.speaker.id, channel: channelOf(prompt.place) }),
        hold,
        board: () => readBoard(trx, at, this.#rules, { asker: prompt.speaker.id }),
      })
      const asked = await insertLine(trx, run, { type: 'asked', prompt }, at)
      const row = firstRow(asked, account)
      await trx.insertInto('runs').values(row).execute()
      await trx.insertInto('messages').values(firstMessageOf(run, prompt)).execute()
      const entries = [asked, ...(refusal === null ? [] : await write(trx, row, [{ type: 'refused', refusal }], at))]
      return { run, fresh: true, entries }
    })
  }

  async append(
    run: RunId,
    events: readonly RunEvent[],
    at: EpochMs,
    options: { readonly cursor?: Cursor; readonly expect?: State; readonly effects?: readonly Effect[] } = {},
  ): Promise<readonly Entry[]> {
    const appended = this.#write(async (trx) => {
      const row = await rowOf(trx, run)
      if (row === undefined) throw new Problem('bug', `There is no run ${run} in the journal to append to.`)
      if (options.expect !== undefined && options.expect !== row.state) return []
      const cursor = isLive(row.state) ? (options.cursor ?? row.cursor) : row.cursor
      const fitting = whatFits(row, events)
      const { effects = [] } = options
      if (effects.length > 0 && fitting.length < events.length) return []
      await keepEffects(trx, effects)
      if (fitting.length === 0 && cursor === row.cursor) return []
      return write(trx, { ...row, cursor }, fitting, at)
    })
    return appended.catch((error: unknown) => {
      if (error instanceof StaleEffect) return []
      throw error
    })
  }

  async claim(
    admit: (board: Board) => readonly RunId[],
    at: EpochMs,
    most = Number.POSITIVE_INFINITY,
  ): Promise<readonly Claimed[]> {
    // The whole queue is read only when somebody in it may start.
    if (Number.isFinite(most) && (await countLive(this.#db)) >= most) return []
    return this.#write(async (trx) => {
      await lockBoard(trx)
      const claimed: Claimed[] = []
      for (const run of admit(await readBoard(trx, at, this.#rules, { firstOnly: true })))
        claimed.push(await claimOne(trx, run, at))
      return claimed
    })
  }

  async board(at: EpochMs): Promise<Board> {
    return this.#db
      .transaction()
      .setAccessMode('read only')
      .execute((trx) => readBoard(trx, at, this.#rules))
  }

  async crowd(of: Pick<Candidate, 'person' | 'channel'>): Promise<Crowd> {
    return countOpen(this.#db, of)
  }

  async read(run: RunId, after?: Seq): Promise<readonly Entry[]> {
    const lines = this.#db.selectFrom('run_events').selectAll().where('run', '=', run).orderBy('seq')
    const rows = await (after === undefined ? lines : lines.where('seq', '>', after)).execute()
    return rows.map(entryOf)
  }

  async after(position: Seq, limit: number, worker?: WorkerId): Promise<readonly Entry[]> {
    const lines = this.#db.selectFrom('run_events').selectAll().where('seq', '>', position).orderBy('seq').limit(limit)
    const theirs = sql<boolean>`exists (
      select 1 from runs join omc_sessions on omc_sessions.id = runs.session
      where runs.id = run_events.run and omc_sessions.worker = ${worker}
    )`
    return (await (worker === undefined ? lines : lines.where(theirs)).execute()).map(entryOf)
  }

  async position(): Promise<Seq> {
    const last = this.#db.selectFrom('run_events').select((line) => line.fn.max('seq').as('seq'))
    return (await last.executeTakeFirst())?.seq ?? 0
  }

  async open(): Promise<readonly OpenRun[]> {
    const rows = await this.#runs().where('state', '<>', sql.lit('over')).orderBy('asked_seq').execute()
    return rows.map(openRunOf)
  }

  async openOf(session: SessionId): Promise<readonly OpenRun[]> {
    const open = this.#runs().where('state', '<>', sql.lit('over')).where('session', '=', session)
    return (await open.orderBy('asked_seq').execute()).map(openRunOf)
  }

  async find(key: PromptKey): Promise<OpenRun | null> {
    const row = await this.#runs().where('prompt_key', '=', key).executeTakeFirst()
    return row === undefined ? null : openRunOf(row)
  }

  async run(run: RunId): Promise<OpenRun | null> {
    const row = await this.#runs().where('runs.id', '=', run).executeTakeFirst()
    return row === undefined ? null : openRunOf(row)
  }

  async unheard(since: EpochMs): Promise<readonly RunId[]> {
    const lately = await this.#steered().where('at', '>=', since).execute()
    const runs = new Set(unheardWords(entriesInOrder(lately)).map(({ run }) => run))
    if (runs.size === 0) return []
    // The clock may have been set between a word and its hearing, so of these few runs everything counts.
    const all = await this.#steered()
      .where('run', 'in', [...runs])
      .execute()
    const said = unheardWords(entriesInOrder(all)).filter(({ at }) => at >= since)
    const keys = said.map(({ key }) => key)
    const asked = this.#db.selectFrom('runs').select('prompt_key').where('prompt_key', 'in', keys)
    const known = new Set(keys.length === 0 ? [] : (await asked.execute()).map((row) => row.prompt_key))
    return [...new Set(said.filter(({ key }) => !known.has(key)).map(({ run }) => run))]
  }

  async ended(reader: EndReader, limit: number): Promise<readonly RunId[]> {
    const unread = this.#db.selectFrom('unread_ends').select('run').where('reader', '=', reader)
    return (await unread.orderBy('seq').limit(limit).execute()).map(({ run }) => run as RunId)
  }

  async doneWith(reader: EndReader, runs: readonly RunId[]): Promise<void> {
    if (runs.length === 0) return
    await this.#commits.write((trx) =>
      trx.deleteFrom('unread_ends').where('reader', '=', reader).where('run', 'in', runs).execute(),
    )
  }

  async lastOf(session: SessionId, limit: number): Promise<readonly RunId[]> {
    const ended = this.#db.selectFrom('runs').select('id').where('ended_seq', 'is not', null)
    const rows = await ended.where('session', '=', session).orderBy('ended_seq', 'desc').limit(limit).execute()
    return rows.map((row) => row.id as RunId)
  }

  async latest(limit: number): Promise<readonly OpenRun[]> {
    const ended = this.#runs().where('ended_seq', 'is not', null).where('started_at', 'is not', null)
    return (await ended.orderBy('ended_seq', 'desc').limit(limit).execute()).map(openRunOf)
  }

  async recentDurations(limit: number): Promise<readonly number[]> {
    const rows = await this.#db
      .selectFrom('runs')
      .select(['started_at', 'ended_at'])
      .where('ended_seq', 'is not', null)
      .where('started_at', 'is not', null)
      // One that was parked says nothing of how long work takes.
      .where('parks', '=', 0)
      .orderBy('ended_seq', 'desc')
      .limit(limit)
      .execute()
    // A clock that was set back must not shorten anybody's expected wait below nothing.
    return rows.map((row) => Math.max(0, (row.ended_at ?? 0) - (row.started_at ?? 0)))
  }

  /** Whoever waits for something new looks as soon as it is on the disk. */
  async #write<Value>(work: (trx: Transaction<Tables>) => Promise<Value>): Promise<Value> {
    const value = await this.#commits.write(work)
    this.#wake.look()
    return value
  }

  /** What people have said into turns, in no order: for one SQLite would walk through all. A literal, for the index. */
  #steered() {
    return this.#db.selectFrom('run_events').selectAll().where('type', '=', sql.lit('steered'))
  }

  /** Runs with the line that asked them, which holds the prompt, and the last one that worded it anew. */
  #runs() {
    return this.#db
      .selectFrom('runs')
      .innerJoin('run_events', 'run_events.seq', 'runs.asked_seq')
      .select([
        'id',
        'session',
        'state',
        'attempt',
        'parks',
        'goes_on',
        'hold',
        'cursor',
        'asked_seq',
        'promoted_seq',
        'json',
      ])
      .select((run) => workerOf(run.ref('runs.session')).as('worker'))
      .select((run) => rewordedIn(run.ref('runs.id')).as('reworded'))
  }
}

/** What the lifecycle allows of these: somebody else may have written to the run meanwhile. */
function whatFits(row: RunRow, events: readonly RunEvent[]): readonly RunEvent[] {
  let run = runOf(row)
  return events.filter((event) => {
    const next = step(run, event)
    run = next ?? run
    return next !== null
  })
}

/** Appends events to a run and carries its projections along. Throws, so that nothing is written, when one cannot be. */
async function write(
  trx: Transaction<Tables>,
  before: RunRow,
  events: readonly RunEvent[],
  at: EpochMs,
): Promise<readonly Entry[]> {
  const entries: Entry[] = []
  for (let from = 0; from < events.length; from += linesAtOnce) {
    entries.push(...(await insertLines(trx, before.id as RunId, events.slice(from, from + linesAtOnce), at)))
  }
  let row = before
  for (const entry of entries) {
    await learnFrom(trx, row, entry)
    await bookFrom(trx, row, entry)
    await passFrom(trx, entry)
    row = project(row, entry)
  }
  await trx.updateTable('runs').set(changesOf(row)).where('id', '=', before.id).execute()
  const { ended_seq: seq } = row
  if (seq !== null && before.ended_seq === null) {
    const unread = endReaders.map((reader) => ({ reader, run: row.id, seq }))
    await trx.insertInto('unread_ends').values(unread).execute()
  }
  for (const event of events) {
    const conversation = conversationAfter(event)
    if (conversation !== undefined) await keepConversation(trx, before.session, conversation)
  }
  return entries
}

async function insertLines(
  trx: Transaction<Tables>,
  run: RunId,
  events: readonly RunEvent[],
  at: EpochMs,
): Promise<readonly Entry[]> {
  const lines = events.map((event) => ({ run, at, type: event.type, json: JSON.stringify(event) }))
  const rows = await trx.insertInto('run_events').values(lines).returning('seq').execute()
  // RETURNING promises no order; the sequence numbers of one statement's lines do have the order of the lines.
  const seqs = rows.map((row) => row.seq).sort((a, b) => a - b)
  return events.map((event, nth) => ({ run, seq: seqs[nth] as Seq, at, event }))
}

async function insertLine(trx: Transaction<Tables>, run: RunId, event: RunEvent, at: EpochMs): Promise<Entry> {
  const [entry] = await insertLines(trx, run, [event], at)
  return entry as Entry
}

async function claimOne(trx: Transaction<Tables>, run: RunId, at: EpochMs): Promise<Claimed> {
  const row = await rowOf(trx, run)
  if (row === undefined) throw new Problem('bug', `Admission chose the run ${run}, which is not in the journal.`)
  const line = trx
    .selectFrom('run_events')
    .select(['json', rewordedIn(sql`${run}`).as('reworded')])
    .where('seq', '=', row.asked_seq)
  const { json, reworded } = await line.executeTakeFirstOrThrow()
  const [entry] = await write(trx, row, [{ type: 'admitted', account: row.account as AccountId }], at)
  return {
    run,
    session: row.session as SessionId,
    prompt: promptOf(json, reworded, row.asked_seq),
    attempt: row.attempt + 1,
    entry: entry as Entry,
  }
}

/** The row of a run, which nobody else changes until the transaction ends. */
async function rowOf(trx: Transaction<Tables>, run: RunId): Promise<RunRow | undefined> {
  const row = trx.selectFrom('runs').selectAll().where('id', '=', run)
  return (isShared(trx) ? row.forUpdate() : row).executeTakeFirst()
}

async function sessionOf(trx: Transaction<Tables>, prompt: Prompt) {
  const rows = trx.selectFrom('omc_sessions').select(['account', 'ended_at']).where('id', '=', prompt.session)
  const session = await rows.executeTakeFirst()
  if (session !== undefined) return session
  throw new Problem('bug', `The prompt ${prompt.key} is for the session ${prompt.session}, which was never kept.`)
}
