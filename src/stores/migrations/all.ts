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
]
