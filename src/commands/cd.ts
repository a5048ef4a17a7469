import type { PhrasedCommand } from './phrased.ts'
import { textOf } from '../core/option.ts'
import { refused, toAll } from '../core/reply.ts'

/** `/cd path`: changes the folder of the session here, from the next turn on (SPEC F1). */
export const cd: PhrasedCommand = {
  path: ['cd'],
  words: 'cd',
  action: 'session.change',
  hidden: false,
  options: [{ name: 'path', type: 'text', required: true, suggests: true }],

  async run(call) {
    const typed = textOf(call, 'path')
    if (typed === null) return refused(call, { code: 'option-missing', option: 'path' })
    const changed = await call.desk.changeSession(call.person, call.place, { what: 'folder', typed })
    return changed.ok ? toAll(call.say.sessions.moved(changed.value)) : refused(call, changed.refusal)
  },

  complete: (call, _option, typed) => call.desk.suggestFolders(call.person, call.place, typed),
}
