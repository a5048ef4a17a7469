import type { Kysely, Selectable } from 'kysely'
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

  async ofChain(chain: ChainId): Promise<readonly Letter[]> {
    const rows = this.#db.selectFrom('letters').selectAll().where('chain', '=', chain).orderBy('seq')
    return (await rows.execute()).map(letterOf)
  }

  async in(states: readonly LetterState[]): Promise<readonly Letter[]> {
    const rows = this.#db.selectFrom('letters').selectAll().where('state', 'in', states).orderBy('seq')
    return (await rows.execute()).map(letterOf)
  }

  async lastRequest(from: SessionId, to: SessionId): Promise<Letter | null> {
    const row = await this.#db
      .selectFrom('letters')
      .selectAll()
      .where('from_session', '=', from)
      .where('to_session', '=', to)
      .where('kind', 'in', ['consult', 'delegate'])
      .orderBy('seq', 'desc')
      .limit(1)
      .executeTakeFirst()
    return row === undefined ? null : letterOf(row)
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
