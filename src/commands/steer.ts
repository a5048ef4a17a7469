import type { PhrasedCommand } from './phrased.ts'
import { textOf } from '../core/option.ts'
import { refused, toAll } from '../core/reply.ts'

/** `/steer text`: a word to the turn that is at work here (SPEC F4). */
export const steer: PhrasedCommand = {
  path: ['steer'],
  words: 'steer',
  action: 'run.steer',
  hidden: false,
  options: [{ name: 'text', type: 'text', required: true }],

  async run(call) {
    const text = textOf(call, 'text')
    if (text === null) return refused(call, { code: 'option-missing', option: 'text' })
    const steered = await call.desk.steer(call.person, call.place, { key: call.key, text })
    return steered.ok ? toAll(call.say.steered(steered.value)) : refused(call, steered.refusal)
  },
}
