import type { PhrasedCommand } from './phrased.ts'
import { personOf, placeOf, textOf } from '../core/option.ts'
import { no, toThem } from '../core/reply.ts'

/** `/why action [user] [place]`: answers as the gate would, because it asks the gate. */
export const why = (actions: () => readonly string[]): PhrasedCommand => ({
  path: ['why'],
  words: 'why',
  action: 'why',
  hidden: true,
  options: [
    { name: 'action', type: 'text', required: true, suggests: true },
    { name: 'user', type: 'user', required: false },
    { name: 'place', type: 'place', required: false },
  ],

  async run(call) {
    const action = textOf(call, 'action')
    if (action === null) return no(call, { code: 'option-missing', option: 'action' })
    const about = call.options.has('user') ? personOf(call, 'user') : call.person
    if (about === null) return no(call, { code: 'option-missing', option: 'user' })
    const where = call.options.has('place') ? placeOf(call, 'place') : call.place
    if (where === null) return no(call, { code: 'place-unsupported' })
    const answer = await call.desk.why(call.person, call.place, { about, action, where })
    if (!answer.ok) return no(call, answer.refusal)
    return toThem(call.say.rights.why(about, action, where, answer.value))
  },

  async complete(_call, option, typed) {
    return option === 'action' ? actions().filter((name) => name.includes(typed.trim().toLowerCase())) : []
  },
})
