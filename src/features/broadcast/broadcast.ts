import type { Doors } from '../../core/doors.ts'
import { feature, type Feature } from '../../core/feature.ts'
import type { PromptKey } from '../../core/ids.ts'
import { textOf } from '../../core/option.ts'
import { refused, toThem } from '../../core/reply.ts'
import { en, ko } from './words.ts'

/**
 * `/broadcast`: one prompt to every live session in places that the owner can see, each answered in its own place. Its
 * keys are made of the interaction, so a second try asks nobody twice.
 */
export function broadcast({ gate, vault, ask }: Pick<Doors, 'gate' | 'vault' | 'ask'>): Feature {
  return feature({
    name: 'broadcast',
    rights: { broadcast: 'owner everywhere' },
    words: { en, ko },
    commands: {
      broadcast: {
        right: 'broadcast',
        hidden: true,
        options: [{ name: 'text', type: 'text', required: true }],
        async run(call, say) {
          const { person } = call
          const text = textOf(call, 'text')
          if (text === null) return refused(call, { code: 'option-missing', option: 'text' })
          const reached: string[] = []
          const missed: string[] = []
          for (const { id, name, place } of await vault.liveSessions()) {
            if (!(await gate.sees(person, place))) continue
            const key = `${call.key}:${id}` as PromptKey
            const asked = await ask({ key, place, speaker: person, text, message: null, session: id })
            if (asked.kind === 'refused') missed.push(name)
            else reached.push(name)
          }
          return toThem(say.sent(reached, missed, text))
        },
      },
    },
  })
}
