import type { Doors } from '../../core/doors.ts'
import { feature, type Feature } from '../../core/feature.ts'
import type { Person } from '../../core/person.ts'
import { toThem } from '../../core/reply.ts'
import { en, ko, type Wait } from './words.ts'

/** `/wait`: where one's own prompts stand in the queue, wherever they were written (SPEC F4). */
export function queue({ journal, vault, line }: Pick<Doors, 'journal' | 'vault' | 'line'>): Feature {
  async function waitsOf({ id }: Person): Promise<readonly Wait[]> {
    const mine = (await journal.open()).filter(({ state, prompt }) => state === 'waiting' && prompt.speaker.id === id)
    const waits = mine.map(async ({ run, session, prompt }) => ({
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
        run: async (call, say) => toThem(say.waits(await waitsOf(call.person), (line) => call.say.stands(line))),
      },
    },
  })
}
