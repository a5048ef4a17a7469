import type { PhrasedCommand } from './phrased.ts'
import { textOf } from '../core/option.ts'
import { no, toAll } from '../core/reply.ts'

/** `/skill name [arguments]`: asks the agent here what a file of skills says (SPEC section 4). */
export const skill: PhrasedCommand = {
  path: ['skill'],
  words: 'skill',
  action: 'skill',
  hidden: false,
  options: [
    { name: 'name', type: 'text', required: true, suggests: true },
    { name: 'arguments', type: 'text', required: false },
  ],

  async run(call) {
    const name = textOf(call, 'name')
    if (name === null) return no(call, { code: 'option-missing', option: 'name' })
    const wanted = textOf(call, 'arguments') ?? ''
    const asked = await call.desk.runSkill(call.person, call.place, { key: call.key, skill: name, wanted })
    return asked.ok ? toAll(call.say.skillAsked(name, wanted, call.person.name)) : no(call, asked.refusal)
  },

  async complete(call, option, typed) {
    return option === 'name' ? call.desk.suggestSkills(call.person, call.place, typed) : []
  },
}
