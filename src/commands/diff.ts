import type { PhrasedCommand } from './phrased.ts'
import { refused, toThem } from '../core/reply.ts'

/** `/diff`: what the session here has changed since it began, the patch as a file (SPEC F1). */
export const diff: PhrasedCommand = {
  path: ['diff'],
  words: 'diff',
  action: 'diff',
  hidden: true,
  options: [],

  async run(call) {
    const found = await call.desk.diff(call.person, call.place)
    if (!found.ok) return refused(call, found.refusal)
    const { session, diff } = found.value
    const reply = toThem(call.say.sessions.diff(session, diff))
    return diff.patch === '' ? reply : { ...reply, file: { name: `${session.name}.diff`, text: diff.patch } }
  },
}
