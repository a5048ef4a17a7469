import type { PhrasedCommand } from './phrased.ts'
import { refused, toAll } from '../core/reply.ts'

/**
 * `/session stop`: ends the session of the place; work in its worktree stays. In an attached place it only detaches
 * (SPEC F1).
 */
export const sessionStop: PhrasedCommand = {
  path: ['session', 'stop'],
  words: 'session stop',
  action: 'session.stop',
  hidden: false,
  options: [],

  async run(call) {
    const ended = await call.desk.stopSession(call.person, call.place)
    return ended.ok ? toAll(call.say.sessionStopped(ended.value)) : refused(call, ended.refusal)
  },
}
