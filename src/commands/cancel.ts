import type { Command } from '../core/command.ts'
import { no, toAll } from './reply.ts'

/** `/cancel`: stops what runs in the place at once, or takes a waiting prompt of it out of the queue (SPEC F1). */
export const cancel: Command = {
  path: ['cancel'],
  words: 'cancel',
  action: 'run.stop',
  hidden: false,
  options: [],

  async run(call) {
    const stopped = await call.desk.stop(call.person, call.place)
    return stopped.ok ? toAll(call.say.stopped(stopped.value)) : no(call, stopped.refusal)
  },
}
