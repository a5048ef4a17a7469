import type { Doors } from '../core/doors.ts'
import type { Feature } from '../core/feature.ts'
import { accounts } from './accounts/accounts.ts'
import { agents } from './agents/agents.ts'
import { approvals } from './approvals/approvals.ts'
import { audit } from './audit/audit.ts'
import { board } from './board/board.ts'
import { branches } from './branches/branches.ts'
import { broadcast } from './broadcast/broadcast.ts'
import { budgets } from './budgets/budgets.ts'
import { diff } from './diff/diff.ts'
import { health } from './health/health.ts'
import { help } from './help/help.ts'
import { identity } from './identity/identity.ts'
import { letters } from './letters/letters.ts'
import { page } from './page/page.ts'
import { panic } from './panic/panic.ts'
import { permissions } from './permissions/permissions.ts'
import { queue } from './queue/queue.ts'
import { runs } from './runs/runs.ts'
import { scratchpad } from './scratchpad/scratchpad.ts'
import { sessions } from './sessions/sessions.ts'
import { skills } from './skills/skills.ts'
import { tasks } from './tasks/tasks.ts'
import { usage } from './usage/usage.ts'
import { trace } from './trace/trace.ts'
import { verbosity } from './verbosity/verbosity.ts'
import { workers } from './workers/workers.ts'
import { transcript } from './transcript/transcript.ts'

/** Everything people can do. */
export function features(doors: Doors): readonly Feature[] {
  return [
    sessions(doors),
    runs(doors),
    approvals(doors),
    queue(doors),
    skills(doors),
    diff(doors),
    branches(doors),
    transcript(doors),
    agents(doors),
    letters(doors),
    tasks(doors),
    scratchpad(doors),
    trace(doors),
    broadcast(doors),
    board(doors),
    verbosity(doors),
    panic(doors),
    permissions(doors),
    audit(doors),
    identity(doors),
    accounts(doors),
    usage(doors),
    budgets(doors),
    page(doors),
    workers(doors),
    health(doors),
    help(doors),
  ]
}
