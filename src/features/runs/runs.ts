import type { Press } from '../../core/button.ts'
import type { Doors } from '../../core/doors.ts'
import { feature, type Feature } from '../../core/feature.ts'
import { formOf } from '../../core/form.ts'
import type { RunId } from '../../core/ids.ts'
import { textOf } from '../../core/option.ts'
import { refused, toAll, toThem } from '../../core/reply.ts'
import { en, ko } from './words.ts'

/**
 * Asking, and what may be done about a run: `/cancel` stops what runs in the place at once, or takes a waiting prompt
 * of it out of the queue (SPEC F1); `/steer text` is a word to the turn that is at work here (SPEC F4).
 */
export function runs(desk: Pick<Doors, 'stop' | 'stopByButton' | 'steer'>): Feature {
  return feature({
    name: 'runs',
    rights: { prompt: 'guest', 'run.stop': 'member', 'run.stop-own': 'guest', 'run.steer': 'member' },
    words: { en, ko },
    commands: {
      cancel: {
        right: 'run.stop',
        hidden: false,
        options: [],
        async run(call, say) {
          const stopped = await desk.stop(call.person, call.place, call.memo)
          return stopped.ok ? toAll(say.stopped(stopped.value)) : refused(call, stopped.refusal)
        },
      },
      steer: {
        right: 'run.steer',
        hidden: false,
        options: [{ name: 'text', type: 'text', required: true }],
        async run(call, say) {
          const text = textOf(call, 'text')
          if (text === null) return refused(call, { code: 'option-missing', option: 'text' })
          const steered = await desk.steer(call.person, call.place, { key: call.key, text, memo: call.memo })
          return steered.ok ? toAll(say.steered(steered.value, call.person.name)) : refused(call, steered.refusal)
        },
      },
    },
    buttons: {
      /** On the card. Whoever asked for the run may always stop it; the gate is asked for the run's place. */
      stop: {
        right: 'run.stop-own',
        asksItself: true,
        answer: 'hidden',
        async act(press, say) {
          const stopped = await desk.stopByButton(press.person, press.place, runOf(press), press.memo)
          return stopped.ok ? toThem(say.stopped(stopped.value)) : refused(press, stopped.refusal)
        },
      },
      steer: {
        right: 'run.steer',
        answer: 'for-all',
        form: async (_press, say) => formOf(say.steerForm, true),
        async act(press, say) {
          const { person, place, key, text, memo } = press
          // Another run may be at work by the time the form is sent.
          const steered = await desk.steer(person, place, { key, text, run: runOf(press), memo })
          return steered.ok ? toAll(say.steered(steered.value, person.name)) : refused(press, steered.refusal)
        },
      },
    },
  })
}

/** The argument names a part of a run: `<run>.<part>`. */
function runOf({ argument }: Press): RunId {
  return argument.slice(0, argument.lastIndexOf('.')) as RunId
}
