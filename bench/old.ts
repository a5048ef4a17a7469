import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { databaseName } from '../src/stores/sqlite/database.ts'
import type { SeenPlace } from 'loopback-discord'
import { moment, repeat, type Figure, type Measurement, type Size } from './figure.ts'
import { markAt, Stage } from './stage.ts'

interface Age {
  readonly start: readonly number[]
  readonly first: readonly number[]
  readonly list: readonly number[]
}

/** What a database costs that has kept a hundred thousand runs, beside one that has kept one. */
export const oldDatabase: Measurement = {
  name: 'A database of 100,000 runs',
  async run(size: Size): Promise<readonly Figure[]> {
    const [runs, times] = size === 'full' ? [100_000, 7] : [20_000, 3]
    await using stage = await Stage.open({ OMC_MAX_ACTIVE_CLIS: '24', OMC_PER_USER_MAX_ACTIVE: '24' })
    const bot = await stage.startBot()
    const person = await stage.person()
    const thread = await stage.session('old', 'echo')
    await person.says(thread, '!say the one that all others are like')
    await answered(stage, thread, 'all others')
    await stage.allSettled()
    await bot.terminate()
    const young = await measured(stage, 'young', times)
    grow(join(stage.data, databaseName), runs)
    const old = await measured(stage, 'old', times)
    const figure = (what: string, pick: keyof Age): Figure => ({
      what: `${what}, ${runs} runs kept`,
      unit: 'ms',
      values: old[pick],
      against: { what: 'a handful', values: young[pick] },
    })
    return [
      figure('start → ready', 'start'),
      figure('first prompt of a session → first words', 'first'),
      figure('/session list', 'list'),
    ]
  },
}

async function measured(stage: Stage, name: string, times: number): Promise<Age> {
  const start = await repeat(times, 60_000, async () => {
    const from = moment()
    const bot = stage.spawnBot()
    await bot.ready()
    const took = markAt(bot, 'ready') - from
    await bot.terminate()
    return took
  })
  const bot = await stage.startBot()
  const person = await stage.person()
  const first = await repeat(times, 30_000, async (nth) => {
    const thread = await stage.session(`${name}-${nth}`, 'echo')
    const from = moment()
    await person.says(thread, `!say first-${name}-${nth}.`)
    await answered(stage, thread, `first-${name}-${nth}.`)
    return moment() - from
  })
  const list = await repeat(times, 30_000, async () => {
    const from = moment()
    await (await person.runs('general', '/session list')).settled(30_000)
    return moment() - from
  })
  await stage.allSettled()
  await bot.terminate()
  return { start, first, list }
}

async function answered(stage: Stage, thread: SeenPlace, words: string): Promise<void> {
  const person = await stage.person()
  const isIt = (each: { readonly author: { readonly id: string }; readonly content: string }): boolean =>
    each.author.id === person.botId && each.content.includes(words)
  await person.sees(thread, isIt, { within: 30_000 })
}

/** The last run that is over, so many times more, each with what was kept of it. */
function grow(path: string, runs: number): void {
  const db = new DatabaseSync(path)
  const columns = (table: string): string[] =>
    db
      .prepare(`select name from pragma_table_info('${table}')`)
      .all()
      .map((row) => String(row['name']))
  const [one] = db.prepare("select id from runs where state = 'over' order by ended_seq desc limit 1").all()
  const [span] = db.prepare('select max(seq) last from run_events').all()
  if (one === undefined || span === undefined) throw new Error('No run is over.')
  const [id, last] = [String(one['id']), Number(span['last'])]
  const each = `with recursive c(n) as (select 1 union all select n + 1 from c where n < ${runs})`
  const clone = (table: string, of: string, changed: Readonly<Record<string, string>>): void => {
    const names = columns(table).filter((name) => !(table === 'messages' && name === 'seq'))
    db.exec(`${each} insert into ${table} (${names.join()})
      select ${names.map((name) => changed[name] ?? `old.${name}`).join()} from c, ${table} as old where old.${of}`)
  }
  const later = (name: string): string => `old.${name} + n * ${last}`
  // Its words come before it.
  db.exec('pragma synchronous = off; pragma foreign_keys = off; begin')
  clone('runs', `id = '${id}'`, {
    id: "old.id || '-' || n",
    prompt_key: "old.prompt_key || '-' || n",
    asked_seq: later('asked_seq'),
    admitted_seq: later('admitted_seq'),
    ended_seq: later('ended_seq'),
  })
  clone('run_events', `run = '${id}'`, { seq: later('seq'), run: "old.run || '-' || n" })
  clone('messages', `owner = 'run:${id}'`, { owner: "old.owner || '-' || n", nonce: "old.nonce || '-' || n" })
  db.exec('commit')
  db.close()
}
