import assert from 'node:assert/strict'
import { join } from 'node:path'
import { Kysely } from 'kysely'
import { databaseName } from '../../src/stores/sqlite/database.ts'
import { rebuild } from '../../src/stores/rebuild.ts'
import type { Tables } from '../../src/stores/schema.ts'
import { openSqlite } from '../../src/stores/sqlite/sqlite.ts'

/** Looks into a closed store's folder: what its tables say must be what folding its journal gives. Gives the runs. */
export async function assertProjectionsEqualFold(folder: string): Promise<number> {
  const db = new Kysely<Tables>({ dialect: openSqlite(join(folder, databaseName)).dialect })
  try {
    const kept = await projections(db)
    const runs = await rebuild(db)
    assert.deepEqual(kept, await projections(db))
    assert.equal(kept.runs.length, runs)
    return runs
  } finally {
    await db.destroy()
  }
}

async function projections(db: Kysely<Tables>) {
  return {
    accounts: await db.selectFrom('accounts').selectAll().orderBy('runtime').execute(),
    passes: await db.selectFrom('budget_passes').selectAll().execute(),
    spend: await db.selectFrom('run_spend').selectAll().execute(),
    uses: await db.selectFrom('window_uses').selectAll().execute(),
    ledger: await db.selectFrom('ledger').selectAll().execute(),
    runs: await db.selectFrom('runs').selectAll().orderBy('id').execute(),
    sessions: await db.selectFrom('omc_sessions').selectAll().orderBy('seq').execute(),
  }
}
