import type { PhrasedCommand } from './phrased.ts'
import { refused, toThem } from '../core/reply.ts'

/** `/session export`: what was said here, as a file of JSON lines (SPEC F11). */
export const sessionExport: PhrasedCommand = {
  path: ['session', 'export'],
  words: 'session export',
  action: 'session.export',
  hidden: true,
  options: [],

  async run(call) {
    const found = await call.desk.transcript(call.person, call.place)
    if (!found.ok) return refused(call, found.refusal)
    const { name, text, cut } = found.value
    return {
      ...toThem(call.say.sessions.exported(text.split('\n').length - 1, cut)),
      file: { name: `${name}.jsonl`, text },
    }
  },
}
