import { journalAndVault } from './0001-journal-and-vault.ts'
import { aTeam } from './0002-a-team.ts'
import { messages } from './0003-messages.ts'
import { inbox } from './0004-inbox.ts'
import { words } from './0005-words.ts'
import { accounts } from './0006-accounts.ts'
import { runsOfASession } from './0007-runs-of-a-session.ts'
import { tools } from './0008-tools.ts'
import { ledger } from './0009-ledger.ts'
import { letters } from './0010-letters.ts'
import { pastRefusals } from './0011-past-refusals.ts'
import { whatRuns } from './0012-what-runs.ts'
import { tasks } from './0013-tasks.ts'
import { budgets } from './0014-budgets.ts'
import { listsOfApprovals } from './0015-lists-of-approvals.ts'
import { copiesOfApprovals } from './0016-copies-of-approvals.ts'
import { freezes } from './0017-freezes.ts'
import { scratchpads } from './0018-scratchpads.ts'
import { identities } from './0019-identities.ts'
import { verbosityLevels } from './0023-verbosities.ts'
import { unreadEnds } from './0020-unread-ends.ts'
import { longQueues } from './0021-long-queues.ts'
import { accountRests } from './0022-account-rests.ts'
import { windowUses } from './0024-window-uses.ts'
import { workers } from './0025-workers.ts'
import { promoted } from './0026-promoted.ts'
import { branchConsents } from './0027-branch-consents.ts'

/** Every migration in order, as SQL for SQLite. The schema's version is how many of them a database has seen. */
export const migrations: readonly string[] = [
  journalAndVault,
  aTeam,
  messages,
  inbox,
  words,
  accounts,
  runsOfASession,
  tools,
  ledger,
  letters,
  pastRefusals,
  whatRuns,
  tasks,
  budgets,
  listsOfApprovals,
  copiesOfApprovals,
  freezes,
  scratchpads,
  identities,
  unreadEnds,
  longQueues,
  accountRests,
  verbosityLevels,
  windowUses,
  workers,
  promoted,
  branchConsents,
]
