import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { RunEvent } from '../src/core/event.ts'
import type { RunId } from '../src/core/ids.ts'
import type { Store } from '../src/stores/open.ts'
import { databaseName } from '../src/stores/sqlite/database.ts'
import { hostClock } from '../src/system/host.ts'
import { events, person, prompt, runId, session, thread } from '../test/stores/cast.ts'

const [people, sessions] = [100, 500]

/** So many wait for a hundred people, and one is at work, which is given back. Asking ten thousand times takes minutes. */
export async function fillQueue(
  { journal, vault }: Store,
  folder: string,
  waiting: number,
  said: readonly RunEvent[] = [],
): Promise<RunId> {
  for (let nth = 0; nth < sessions; nth++) await vault.addSession(session(`s${nth}`, thread(String(20_000 + nth))))
  const now = hostClock.now()
  const one = session('s0', thread('20000'))
  await journal.ask(runId('r0'), prompt('100000', one, person('700000')), now, () => null)
  await journal.claim(() => [runId('r0')], now)
  await journal.append(runId('r0'), [events.started, ...said], now)
  await journal.ask(runId('r1'), prompt('100001', one, person('700001')), now, () => null)
  const db = new DatabaseSync(join(folder, databaseName))
  const columns = db
    .prepare("select name from pragma_table_info('runs')")
    .all()
    .map((row) => String(row['name']))
  const changed: Readonly<Record<string, string>> = {
    id: "'r' || n",
    prompt_key: "'' || (100000 + n)",
    person: `'' || (700000 + n % ${people})`,
    session: `(select id from omc_sessions where seq = 1 + n % ${sessions})`,
    asked_seq: '1000 + n',
  }
  const many = `with recursive c(n) as (select 2 union all select n + 1 from c where n < ${waiting})`
  db.exec(`${many} insert into run_events (seq, run, at, type, json)
    select 1000 + n, 'r' || n, at, type, json from c, run_events where run = 'r1' and type = 'asked'`)
  db.exec(`${many} insert into runs (${columns.join()})
    select ${columns.map((name) => changed[name] ?? name).join()} from c, runs where id = 'r1'`)
  db.close()
  return runId('r0')
}
