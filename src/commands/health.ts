import type { Clock } from '../core/clock.ts'
import type { Command } from '../core/command.ts'
import { no, toThem } from './reply.ts'

/** `/health`: a short version of what /healthz says (SPEC F10). */
export function health(clock: Clock): Command {
  return {
    path: ['health'],
    words: 'health',
    action: 'health',
    hidden: true,
    options: [],

    async run(call) {
      const found = await call.desk.health(call.person, call.place)
      return found.ok ? toThem(call.say.health(found.value, clock.now())) : no(call, found.refusal)
    },
  }
}
