import type { PhrasedCommand } from './phrased.ts'
import { no, toThem } from '../core/reply.ts'

/** `/permission list`: every grant there is (SPEC F3). */
export const permissionList: PhrasedCommand = {
  path: ['permission', 'list'],
  words: 'permission list',
  action: 'permission.list',
  hidden: true,
  options: [],

  async run(call) {
    const grants = await call.desk.grants(call.person, call.place)
    return grants.ok ? toThem(call.say.rights.grants(grants.value)) : no(call, grants.refusal)
  },
}
