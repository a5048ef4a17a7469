import type { PhrasedCommand } from './phrased.ts'
import { textOf } from '../core/option.ts'
import { refused, toAll } from '../core/reply.ts'

/** `/model name`: changes the model of the session here, from the next turn on (SPEC F1). */
export const model: PhrasedCommand = {
  path: ['model'],
  words: 'model',
  action: 'session.change',
  hidden: false,
  options: [{ name: 'name', type: 'text', required: true, suggests: true }],

  async run(call) {
    const name = textOf(call, 'name')
    if (name === null) return refused(call, { code: 'option-missing', option: 'name' })
    const changed = await call.desk.changeSession(call.person, call.place, { what: 'model', model: name })
    return changed.ok ? toAll(call.say.sessions.remodelled(changed.value.session)) : refused(call, changed.refusal)
  },

  complete: (call, _option, typed) => call.desk.suggestModels(call.person, call.place, typed, null),
}
