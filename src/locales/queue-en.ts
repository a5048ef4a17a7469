import type { LinePlace } from '../core/chat.ts'
import type { QueuePhrases } from '../core/queue-phrases.ts'
import { fitting } from '../core/fitting.ts'
import { jump } from '../core/jump.ts'
import { plain } from '../core/markdown.ts'

const steeredHow = {
  steered: 'Put into the running turn',
  kept: 'Kept for the running turn, which hears it as soon as it can',
  asked: 'Nothing here can take that in now, so it waits as a prompt of its own',
} as const

/** The queue in English. `stands` says where a run is in it. */
export function englishQueue(stands: (line: LinePlace) => string): QueuePhrases {
  return {
    waits(waits) {
      if (waits.length === 0) return 'Nothing of yours waits.'
      const lines = waits.map(({ session, place, message, line }) =>
        [
          `› **${plain(session, 40)}** in <#${place.id}>`,
          line === null ? 'about to start' : stands(line),
          jump(place, message, 'go there'),
        ].join(' · '),
      )
      const head = waits.length === 1 ? 'One prompt of yours waits.' : `${waits.length} prompts of yours wait.`
      return fitting(head, lines, (count) => `and ${count} more`)
    },
    steered: ({ how, text }) => `» ${steeredHow[how]}: ${plain(text, 1_500)}`,
    steerForm: {
      title: 'Steer',
      label: 'A word to the running turn',
      placeholder: 'The agent hears it while it works',
    },
  }
}
