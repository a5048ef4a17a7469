import type { PhrasedCommand } from './phrased.ts'
import { textOf } from '../core/option.ts'
import { refused, toAll } from '../core/reply.ts'

/** `/attach session`: prompts typed here go to the session of another place; answers come here (SPEC F1). */
export const attach: PhrasedCommand = {
  path: ['attach'],
  words: 'attach',
  action: 'session.attach',
  hidden: false,
  options: [{ name: 'session', type: 'text', required: true, suggests: true }],

  async run(call) {
    const to = textOf(call, 'session')
    if (to === null) return refused(call, { code: 'option-missing', option: 'session' })
    const attached = await call.desk.attach(call.person, call.place, call.key, to)
    return attached.ok ? toAll(call.say.sessions.attached(attached.value)) : refused(call, attached.refusal)
  },

  complete: (call, _option, typed) => call.desk.suggestSessions(call.person, call.place, typed),
}
