import { sql, type Kysely } from 'kysely'
import type { Clock } from '../../core/clock.ts'
import type { ErrandHandler, Errands } from '../../core/errand.ts'
import { messageOf, Problem } from '../../core/failure.ts'
import type { WorkerId } from '../../core/ids.ts'
import type { Wake } from '../../core/journal.ts'
import type { Log } from '../../core/log.ts'
import { background } from '../../system/background.ts'
import { Rounds } from '../../system/rounds.ts'
import type { Commits } from '../commits.ts'
import { readMachines } from '../machines.ts'
import type { Tables } from '../schema.ts'

export interface ErrandTools {
  readonly db: Kysely<Tables>
  readonly commits: Commits
  readonly wake: Wake
  readonly clock: Clock
  readonly log: Log
}

/** A wake that was lost is made good after this long. */
const lookEveryMs = 1_000

/** By the clock of the database: those of two machines need not agree. */
const now = sql<number>`(extract(epoch from clock_timestamp()) * 1000)::bigint`

interface Answer {
  readonly value?: unknown
  /** What went wrong. */
  readonly error?: string
}

/** Errands as rows that the other side finds. */
export class PostgresErrands implements Errands {
  readonly #tools: ErrandTools

  constructor(tools: ErrandTools) {
    this.#tools = tools
  }

  async ask(to: WorkerId | null, what: string, given: unknown, withinMs: number): Promise<unknown> {
    const { commits, db, wake, clock } = this.#tools
    const seq = await commits.write(async (trx) => {
      const row = { receiver: to ?? '', what, given: JSON.stringify(given ?? null) }
      const kept = trx.insertInto('errands').values({ ...row, expires_at: sql`${now} + ${withinMs}` })
      return (await kept.returning('seq').executeTakeFirstOrThrow()).seq
    })
    const answered = Promise.withResolvers<string | null>()
    const look = async (): Promise<void> => {
      const row = await db.selectFrom('errands').select('answer').where('seq', '=', seq).executeTakeFirst()
      if (row === undefined || row.answer !== null) return answered.resolve(row?.answer ?? null)
      // Nobody waits for one that is not there.
      if (to !== null && !(await readMachines(db)).some(({ id, isHere }) => id === to && isHere)) answered.resolve(null)
    }
    const again = (): void => void look().catch(() => undefined)
    const timers = new Set<Disposable>([clock.after(withinMs, () => answered.resolve(null))])
    const later = (): void => {
      const timer = clock.after(lookEveryMs, () => {
        timers.delete(timer)
        again()
        later()
      })
      timers.add(timer)
    }
    const listening = wake.subscribe(again)
    later()
    again()
    const text = await answered.promise
    for (const each of [listening, ...timers]) each[Symbol.dispose]()
    await commits.write((trx) => trx.deleteFrom('errands').where('seq', '=', seq).execute())
    if (text === null) throw new Problem('wire', `${nameOf(to)} does not answer.`)
    const { value, error } = JSON.parse(text) as Answer
    if (error !== undefined) throw new Problem('wire', error)
    return value
  }

  async leave(to: WorkerId | null, what: string, given: unknown): Promise<void> {
    const row = { receiver: to ?? '', what, given: JSON.stringify(given ?? null), expires_at: null }
    await this.#tools.commits.write((trx) => trx.insertInto('errands').values(row).execute())
  }

  serve(as: WorkerId | null, handlers: Readonly<Record<string, ErrandHandler>>): Disposable {
    const { wake, clock, log } = this.#tools
    const over = new AbortController()
    const books = { begun: new Set<number>(), done: new Set<number>() }
    const work = (): Promise<void> => this.#look(as, handlers, books)
    const rounds = new Rounds({ signal: over.signal, log, name: 'errands', work })
    const listening = wake.subscribe(() => rounds.wake())
    let timer: Disposable | null = null
    const later = (): void => {
      timer = clock.after(lookEveryMs, () => {
        rounds.wake()
        later()
      })
    }
    later()
    rounds.wake()
    return {
      [Symbol.dispose]() {
        over.abort()
        listening[Symbol.dispose]()
        timer?.[Symbol.dispose]()
      },
    }
  }

  /** Begins what has come and is not begun. */
  async #look(
    as: WorkerId | null,
    handlers: Readonly<Record<string, ErrandHandler>>,
    { begun, done }: { readonly begun: Set<number>; readonly done: Set<number> },
  ): Promise<void> {
    // These are no longer among what is read after this moment.
    const over = [...done]
    const { db, commits, log } = this.#tools
    const open = db
      .selectFrom('errands')
      .selectAll()
      .where('receiver', '=', as ?? '')
      .where('answer', 'is', null)
    const rows = await open
      .orderBy('seq')
      .select(sql<boolean>`expires_at < ${now}`.as('late'))
      .execute()
    for (const seq of over) {
      begun.delete(seq)
      done.delete(seq)
    }
    // Whoever asked these has died.
    const late = rows.filter((row) => row.late).map(({ seq }) => seq)
    if (late.length > 0) await commits.write((trx) => trx.deleteFrom('errands').where('seq', 'in', late).execute())
    for (const { seq, what, given, expires_at: until } of rows) {
      if (late.includes(seq) || begun.has(seq)) continue
      begun.add(seq)
      const doing = this.#do(seq, what, handlers[what], JSON.parse(given), until === null)
      background(
        doing.then((isDone) => void (isDone && done.add(seq))),
        log,
        'errand',
      )
    }
  }

  /** False: it is still to be done. */
  async #do(
    seq: number,
    what: string,
    handler: ErrandHandler | undefined,
    given: unknown,
    left: boolean,
  ): Promise<boolean> {
    const { commits, log } = this.#tools
    let answer: Answer
    try {
      if (handler === undefined) throw new Problem('wire', `It is of another version: it knows no ${what}.`)
      answer = { value: await handler(given) }
    } catch (error) {
      log.warn({ errand: what, error: messageOf(error) }, 'errand.failed')
      // What must be done one day is tried again by the next life.
      if (left) return false
      answer = { error: messageOf(error) }
    }
    const text = JSON.stringify(answer)
    await commits.write(async (trx) => {
      if (left) await trx.deleteFrom('errands').where('seq', '=', seq).execute()
      else await trx.updateTable('errands').set({ answer: text }).where('seq', '=', seq).execute()
    })
    return true
  }
}

function nameOf(side: WorkerId | null): string {
  return side === null ? 'The bot' : `The machine ${side}`
}
