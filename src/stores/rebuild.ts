import type { Kysely, Selectable, Transaction } from 'kysely'
import type { Entry, RunEvent } from '../core/event.ts'
import { Problem } from '../core/failure.ts'
import type { Seq } from '../core/ids.ts'
import type { Conversation } from '../core/session.ts'
import { learnFrom } from './accounts.ts'
import { passFrom } from './budgets.ts'
import { bookFrom } from './ledger.ts'
import { conversationAfter, firstRow, keepConversation, project } from './projection.ts'
import { damaged, entryOf } from './rows.ts'
import type { RunTable, Tables } from './schema.ts'

type RunRow = Selectable<RunTable>

/** So many journal lines are in memory at once, and so many rows go into one statement (19 parameters each). */
const linesAtOnce = 1_000

/**
 * Makes the projections anew by folding the whole journal, in one transaction: the tables `runs`, `accounts`, `ledger`, `run_spend`, `window_uses` and `budget_passes`, and
 * the conversation of every session that the journal knows one of. Gives how many runs there are. For a migration that changes what is
 * projected, and to prove that projections and journal agree.
 *
 * Two things are not the journal's to say and are kept as they are: a run's cursor (an offset into a spool), and the
 * conversation a session was added with.
 */
export async function rebuild(db: Kysely<Tables>): Promise<number> {
  return db.transaction().execute(async (trx) => {
    const accounts = new Map<string, string>()
    for (const row of await trx.selectFrom('omc_sessions').select(['id', 'account']).execute()) {
      accounts.set(row.id, row.account)
    }
    const runs = new Map<string, RunRow>()
    const conversations = new Map<string, Conversation | null>()
    await trx.deleteFrom('accounts').execute()
    await trx.deleteFrom('ledger').execute()
    await trx.deleteFrom('run_spend').execute()
    await trx.deleteFrom('window_uses').execute()
    await trx.deleteFrom('budget_passes').execute()
    for await (const entry of journalOf(trx)) {
      const before = runs.get(entry.run)
      const row = before === undefined ? firstRow(entry, accountOf(entry, accounts)) : project(before, entry)
      runs.set(entry.run, row)
      await learnFrom(trx, before ?? row, entry)
      await bookFrom(trx, before ?? row, entry)
      await passFrom(trx, entry)
      const conversation = conversationAfter(entry.event)
      if (conversation !== undefined) conversations.set(row.session, conversation)
    }
    await replaceRuns(trx, runs)
    for (const [id, conversation] of conversations) await keepConversation(trx, id, conversation)
    return runs.size
  })
}

async function* journalOf(trx: Transaction<Tables>): AsyncGenerator<Entry> {
  let after: Seq = 0
  while (true) {
    const lines = trx.selectFrom('run_events').selectAll().where('seq', '>', after)
    const rows = await lines.orderBy('seq').limit(linesAtOnce).execute()
    for (const row of rows) yield entryOf(row)
    const last = rows.at(-1)
    if (last === undefined) return
    after = last.seq
  }
}

async function replaceRuns(trx: Transaction<Tables>, runs: ReadonlyMap<string, RunRow>): Promise<void> {
  const cursors = new Map<string, string | null>()
  for (const row of await trx.selectFrom('runs').select(['id', 'cursor']).execute()) cursors.set(row.id, row.cursor)
  await trx.deleteFrom('runs').execute()
  const rows = [...runs.values()].map((row) => ({ ...row, cursor: cursors.get(row.id) ?? null }))
  for (let from = 0; from < rows.length; from += linesAtOnce) {
    await trx
      .insertInto('runs')
      .values(rows.slice(from, from + linesAtOnce))
      .execute()
  }
}

function accountOf(entry: Entry, accounts: ReadonlyMap<string, string>): string {
  const event: RunEvent = entry.event
  if (event.type !== 'asked')
    throw damaged(`run_events ${entry.seq}`, `is the first of its run but holds ${event.type}`)
  const account = accounts.get(event.prompt.session)
  if (account !== undefined) return account
  throw new Problem('bug', `The row run_events ${entry.seq} names the session ${event.prompt.session}, which is gone.`)
}
