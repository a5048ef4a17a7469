import type { Doors } from '../core/doors.ts'
import type { Feature } from '../core/feature.ts'
import { agents } from './agents/agents.ts'
import { approvals } from './approvals/approvals.ts'
import { board } from './board/board.ts'
import { broadcast } from './broadcast/broadcast.ts'
import { diff } from './diff/diff.ts'
import { health } from './health/health.ts'
import { help } from './help/help.ts'
import { letters } from './letters/letters.ts'
import { permissions } from './permissions/permissions.ts'
import { queue } from './queue/queue.ts'
import { runs } from './runs/runs.ts'
import { sessions } from './sessions/sessions.ts'
import { skills } from './skills/skills.ts'
import { usage } from './usage/usage.ts'
import { trace } from './trace/trace.ts'
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
    transcript(doors),
    agents(doors),
    letters(doors),
    trace(doors),
    broadcast(doors),
    board(doors),
    permissions(doors),
    usage(doors),
    health(doors),
    help(doors),
  ]
}
