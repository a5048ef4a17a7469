import type { PhrasedCommand } from './phrased.ts'
import { no, toThem } from '../core/reply.ts'

/** `/wait`: where one's own prompts stand in the queue (SPEC F4). */
export const wait: PhrasedCommand = {
  path: ['wait'],
  words: 'wait',
  action: 'wait',
  hidden: true,
  options: [],

  async run(call) {
    const waits = await call.desk.waits(call.person, call.place)
    return waits.ok ? toThem(call.say.queue.waits(waits.value)) : no(call, waits.refusal)
  },
}
