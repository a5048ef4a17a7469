import type { Doors } from '../../core/doors.ts'
import { feature, type Feature } from '../../core/feature.ts'
import type { RunId } from '../../core/ids.ts'
import { isQueued } from '../../core/lifecycle.ts'
import type { Person } from '../../core/person.ts'
import { refused, toThem } from '../../core/reply.ts'
import { en, ko, type Wait } from './words.ts'

/** Discord takes five rows of five. */
const mostButtons = 25

/** `/wait`: where one's own prompts stand in the queue, wherever they were written, each with a button that takes it back. */
export function queue(doors: Pick<Doors, 'journal' | 'vault' | 'line' | 'stopByButton'>): Feature {
  const { journal, vault, line, stopByButton } = doors

  async function waitsOf({ id }: Person): Promise<readonly Wait[]> {
    const mine = (await journal.open()).filter(({ state, prompt }) => isQueued(state) && prompt.speaker.id === id)
    const waits = mine.map(async ({ run, session, prompt }) => ({
      run,
      session: (await vault.session(session))?.name ?? '',
      place: prompt.place,
      message: prompt.message,
      line: line(run),
    }))
    return Promise.all(waits)
  }

  return feature({
    name: 'queue',
    rights: { wait: 'member' },
    words: { en, ko },
    commands: {
      wait: {
        right: 'wait',
        hidden: true,
        options: [],
        async run(call, say) {
          const waits = await waitsOf(call.person)
          const reply = toThem(say.waits(waits, (line) => call.say.stands(line)))
          if (waits.length === 0) return reply
          const buttons = waits.slice(0, mostButtons).map((wait) => {
            return { verb: 'withdraw', argument: wait.run, label: say.withdraw(wait), style: 'plain' } as const
          })
          return { ...reply, buttons }
        },
      },
    },
    buttons: {
      /** The gate is asked once more for the place where the prompt was written. */
      withdraw: {
        right: 'wait',
        answer: 'hidden',
        async act(press, say) {
          const stopped = await stopByButton(press.person, press.place, press.argument as RunId, press.memo)
          return stopped.ok ? toThem(say.withdrawn(stopped.value)) : refused(press, stopped.refusal)
        },
      },
    },
  })
}
