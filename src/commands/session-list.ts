import type { Clock } from '../core/clock.ts'
import type { PhrasedCommand } from './phrased.ts'
import { refused, toThem } from '../core/reply.ts'

/** `/session list`: everyone's live sessions with what each does now (SPEC F1). */
export function sessionList(clock: Clock): PhrasedCommand {
  return {
    path: ['session', 'list'],
    words: 'session list',
    action: 'session.list',
    hidden: true,
    options: [],

    async run(call) {
      const sessions = await call.desk.sessions(call.person, call.place)
      return sessions.ok ? toThem(call.say.sessionList(sessions.value, clock.now())) : refused(call, sessions.refusal)
    },
  }
}
