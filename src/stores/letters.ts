import { sql, type Kysely, type Selectable } from 'kysely'
import type { Effect } from '../core/effect.ts'
import type { ChainId, LetterId, RunId, SessionId } from '../core/ids.ts'
import type { Chain, Letter, LetterConsent, LetterState } from '../core/letter.ts'
import type { Letters } from '../core/letters.ts'
import type { Commits } from './commits.ts'
import { keepEffects, StaleEffect } from './effects.ts'
import { parse } from './rows.ts'
import type { LetterTable, Tables } from './schema.ts'

/** Letters and chains in a database. */
export class DatabaseLetters implements Letters {
  readonly #db: Kysely<Tables>
  readonly #commits: Commits

  constructor(db: Kysely<Tables>, commits: Commits) {
    this.#db = db
    this.#commits = commits
  }

  async letter(id: LetterId): Promise<Letter | null> {
    const row = await this.#db.selectFrom('letters').selectAll().where('id', '=', id).executeTakeFirst()
    return row === undefined ? null : letterOf(row)
  }

  async chain(id: ChainId): Promise<Chain | null> {
    return this.#chainWhere('id', id)
  }

  async begunBy(run: RunId): Promise<Chain | null> {
    return this.#chainWhere('run', run)
  }

  async latest(most: number): Promise<readonly Chain[]> {
    const rows = await this.#db.selectFrom('omc_chains').select('body').orderBy('seq', 'desc').limit(most).execute()
    return rows.map(({ body }) => parse(body, 'omc_chains') as Chain)
  }

  async ofChain(chain: ChainId): Promise<readonly Letter[]> {
    const rows = this.#db.selectFrom('letters').selectAll().where('chain', '=', chain).orderBy('seq')
    return (await rows.execute()).map(letterOf)
  }

  async in(states: readonly LetterState[]): Promise<readonly Letter[]> {
    // Literals, so that the partial index serves it.
    const wanted = states.map((state) => sql.lit(state))
    const rows = this.#db.selectFrom('letters').selectAll().where('state', 'in', wanted).orderBy('seq')
    return (await rows.execute()).map(letterOf)
  }

  async lastRequest(from: SessionId, to: SessionId): Promise<Letter | null> {
    const between = this.#from(from).where('to_session', '=', to)
    const row = await between.where('kind', 'in', ['consult', 'delegate']).executeTakeFirst()
    return row === undefined ? null : letterOf(row)
  }

  async lastBroadcast(from: SessionId): Promise<Letter | null> {
    const row = await this.#from(from).where('kind', '=', 'broadcast').executeTakeFirst()
    return row === undefined ? null : letterOf(row)
  }

  /** What a session wrote, latest first. */
  #from(session: SessionId) {
    const letters = this.#db.selectFrom('letters').selectAll().where('from_session', '=', session)
    return letters.orderBy('seq', 'desc').limit(1)
  }

  async keep(effects: readonly Effect[]): Promise<boolean> {
    try {
      await this.#commits.write((trx) => keepEffects(trx, effects))
      return true
    } catch (error) {
      if (error instanceof StaleEffect) return false
      throw error
    }
  }

  async #chainWhere(column: 'id' | 'run', value: string): Promise<Chain | null> {
    const row = await this.#db.selectFrom('omc_chains').select('body').where(column, '=', value).executeTakeFirst()
    return row === undefined ? null : (parse(row.body, 'omc_chains') as Chain)
  }
}

function letterOf(row: Selectable<LetterTable>): Letter {
  const letter = parse(row.body, 'letters') as Letter
  const consent = row.consent === null ? null : (parse(row.consent, 'letters') as LetterConsent)
  return { ...letter, state: row.state as LetterState, consent }
}
