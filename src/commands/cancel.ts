import type { PhrasedCommand } from './phrased.ts'
import { refused, toAll } from '../core/reply.ts'

/** `/cancel`: stops what runs in the place at once, or takes a waiting prompt of it out of the queue (SPEC F1). */
export const cancel: PhrasedCommand = {
  path: ['cancel'],
  words: 'cancel',
  action: 'run.stop',
  hidden: false,
  options: [],

  async run(call) {
    const stopped = await call.desk.stop(call.person, call.place)
    return stopped.ok ? toAll(call.say.stopped(stopped.value)) : refused(call, stopped.refusal)
  },
}
