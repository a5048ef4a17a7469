import type { Kysely } from 'kysely'
import type { Identities } from '../core/identity.ts'
import type { Books } from '../core/vault.ts'
import { DatabaseAccounts } from './accounts.ts'
import { DatabaseApprovals } from './approvals.ts'
import { DatabaseAttachedPlaces } from './attached-places.ts'
import type { BoardRules } from './board.ts'
import { DatabaseBudgets } from './budgets.ts'
import { DatabaseBranchConsents } from './branch-consents.ts'
import type { Commits } from './commits.ts'
import { DatabaseFreezes } from './freezes.ts'
import { DatabaseGrants } from './grants.ts'
import { DatabaseLedger } from './ledger.ts'
import { DatabaseLetters } from './letters.ts'
import { DatabaseMachines } from './machines.ts'
import { DatabasePastRefusals } from './past-refusals.ts'
import { DatabasePostings } from './postings.ts'
import type { Tables } from './schema.ts'
import { DatabaseScratchpads } from './scratchpads.ts'
import { DatabaseTasks } from './tasks.ts'
import { DatabaseVerbosities } from './verbosities.ts'
import { DatabaseWallboards } from './wallboards.ts'

/** Every kind of thing that is kept, in a database. */
export function booksIn(
  db: Kysely<Tables>,
  commits: Commits,
  identities: Identities,
  { prices, reserve }: BoardRules,
): Books {
  return {
    postings: new DatabasePostings(db, commits),
    grants: new DatabaseGrants(db, commits),
    approvals: new DatabaseApprovals(db, commits),
    boards: new DatabaseWallboards(db, commits),
    attachedPlaces: new DatabaseAttachedPlaces(db, commits),
    letters: new DatabaseLetters(db, commits),
    tasks: new DatabaseTasks(db),
    scratchpads: new DatabaseScratchpads(db),
    accounts: new DatabaseAccounts(db, commits, reserve),
    ledger: new DatabaseLedger(db),
    refusals: new DatabasePastRefusals(db, commits),
    budgets: new DatabaseBudgets(db, commits, prices),
    branchConsents: new DatabaseBranchConsents(db, commits),
    freezes: new DatabaseFreezes(db, commits),
    identities,
    verbosities: new DatabaseVerbosities(db, commits),
    machines: new DatabaseMachines(db, commits),
  }
}
