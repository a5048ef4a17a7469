import type { PhrasedCommand } from './phrased.ts'
import { refused, toAll } from '../core/reply.ts'

/** `/resume`: the session here goes on where it was stopped, failed or lost (SPEC F1). */
export const resume: PhrasedCommand = {
  path: ['resume'],
  words: 'resume',
  action: 'session.resume',
  hidden: false,
  options: [],

  async run(call) {
    const resumed = await call.desk.resume(call.person, call.place, call.key)
    return resumed.ok ? toAll(call.say.sessions.resumed(resumed.value)) : refused(call, resumed.refusal)
  },
}
