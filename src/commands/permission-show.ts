import type { PhrasedCommand } from './phrased.ts'
import { personOf } from '../core/option.ts'
import { no, toThem } from '../core/reply.ts'

/** `/permission show user`: what they are here, and which grant decides (SPEC F3). */
export const permissionShow: PhrasedCommand = {
  path: ['permission', 'show'],
  words: 'permission show',
  action: 'permission.show',
  hidden: true,
  options: [{ name: 'user', type: 'user', required: true }],

  async run(call) {
    const about = personOf(call, 'user')
    if (about === null) return no(call, { code: 'option-missing', option: 'user' })
    const found = await call.desk.standing(call.person, call.place, about)
    return found.ok ? toThem(call.say.rights.standing(found.value)) : no(call, found.refusal)
  },
}
