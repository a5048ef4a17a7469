import type { Kysely, Transaction } from 'kysely'
import type { Identities, Identity } from '../core/identity.ts'
import type { PersonId } from '../core/ids.ts'
import type { Log } from '../core/log.ts'
import type { Commits } from './commits.ts'
import type { Tables } from './schema.ts'
import type { Seal } from './seal.ts'

/** What people have linked, sealed in a database. */
export class DatabaseIdentities implements Identities {
  readonly #db: Kysely<Tables>
  readonly #commits: Commits
  readonly #seal: Seal
  #secrets: readonly string[] = []

  private constructor(db: Kysely<Tables>, commits: Commits, seal: Seal) {
    this.#db = db
    this.#commits = commits
    this.#seal = seal
  }

  /** `log` null: a machine, which has no key and is to read none. */
  static async open(db: Kysely<Tables>, commits: Commits, seal: Seal, log: Log | null): Promise<DatabaseIdentities> {
    const opened = new DatabaseIdentities(db, commits, seal)
    const lost = await opened.#readSecrets()
    if (lost > 0) log?.error({ people: lost }, 'identity.key-lost')
    return opened
  }

  of(person: PersonId): Promise<Identity | null> {
    return this.#read(this.#db, person)
  }

  async link(person: PersonId, { name, email, tokens }: Identity): Promise<void> {
    await this.#commits.write(async (trx) => {
      const before = await this.#read(trx, person)
      await this.#write(trx, person, { name, email, tokens: { ...before?.tokens, ...tokens } })
    })
    await this.#readSecrets()
  }

  async unlink(person: PersonId, origin: string | null): Promise<Identity | null> {
    const before = await this.#commits.write(async (trx) => {
      const found = await this.#read(trx, person)
      if (found === null || origin === null) {
        await trx.deleteFrom('identities').where('person', '=', person).execute()
        return found
      }
      const { [origin]: _, ...tokens } = found.tokens
      await this.#write(trx, person, { ...found, tokens })
      return found
    })
    await this.#readSecrets()
    return before
  }

  secrets(): readonly string[] {
    return this.#secrets
  }

  async #read(db: Kysely<Tables>, person: PersonId): Promise<Identity | null> {
    const row = await db.selectFrom('identities').select('sealed').where('person', '=', person).executeTakeFirst()
    const text = row === undefined ? null : this.#seal.open(row.sealed, purposeOf(person))
    return text === null ? null : (JSON.parse(text) as Identity)
  }

  async #write(trx: Transaction<Tables>, person: PersonId, identity: Identity): Promise<void> {
    const sealed = this.#seal.close(JSON.stringify(identity), purposeOf(person))
    await trx
      .insertInto('identities')
      .values({ person, sealed })
      .onConflict((known) => known.column('person').doUpdateSet({ sealed }))
      .execute()
  }

  /** Gives how many cannot be read. */
  async #readSecrets(): Promise<number> {
    const rows = await this.#db.selectFrom('identities').selectAll().orderBy('person').execute()
    const texts = rows.map(({ person, sealed }) => this.#seal.open(sealed, purposeOf(person as PersonId)))
    const found = texts.flatMap((text) => (text === null ? [] : Object.values((JSON.parse(text) as Identity).tokens)))
    this.#secrets = found.map(({ secret }) => secret)
    return texts.filter((text) => text === null).length
  }
}

/** So that nobody who can write to the database gives one person's tokens to another. */
function purposeOf(person: PersonId): string {
  return `identity ${person}`
}
