import type { Doors } from '../../core/doors.ts'
import type { Press } from '../../core/button.ts'
import type { Call } from '../../core/command.ts'
import { feature, type Feature, type NamedButton } from '../../core/feature.ts'
import { pageOf, turning } from '../../core/list-page.ts'
import type { RunId } from '../../core/ids.ts'
import { isQueued } from '../../core/lifecycle.ts'
import type { Person } from '../../core/person.ts'
import { refused, toList, toThem } from '../../core/reply.ts'
import { en, ko, type Wait } from './words.ts'

const shownAtOnce = 10

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

  async function listed(asked: Call | Press, wanted: number, say: typeof en) {
    const page = pageOf(await waitsOf(asked.person), wanted, shownAtOnce)
    const items = page.items.map((wait) => {
      const button = {
        verb: 'withdraw',
        argument: wait.run,
        label: asked.say.buttons.withdraw,
        style: 'plain',
      } as const
      return { text: say.waiting(wait, (line) => asked.say.stands(line)), button }
    })
    return toList<NamedButton<'withdraw' | 'page'>>(say.waits(page), items, turning(page, asked.say))
  }

  return feature({
    name: 'queue',
    rights: { wait: 'member', 'queue.first': 'owner everywhere' },
    words: { en, ko },
    commands: {
      wait: {
        right: 'wait',
        hidden: true,
        options: [],
        run: (call, say) => listed(call, 1, say),
      },
    },
    buttons: {
      page: { right: 'wait', answer: 'in-place', act: (press, say) => listed(press, Number(press.argument), say) },
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
