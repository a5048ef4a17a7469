import type { PhrasedCommand } from './phrased.ts'
import { no, toThem } from '../core/reply.ts'

/** `/board`: one message in the channel that shows what runs, waits and asks there; used again it moves to the end. */
export const board: PhrasedCommand = {
  path: ['board'],
  words: 'board',
  action: 'board',
  hidden: true,
  options: [],

  async run(call) {
    const put = await call.desk.putUpBoard(call.person, call.place, call.key)
    return put.ok ? toThem(call.say.boardStands(put.value)) : no(call, put.refusal)
  },
}
