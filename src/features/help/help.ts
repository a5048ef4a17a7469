import type { Doors } from '../../core/doors.ts'
import { feature, type Feature } from '../../core/feature.ts'
import { toThem } from '../../core/reply.ts'
import { en, ko } from './words.ts'

/** `/help`: what the person may do here, and nothing that they may not; it is made from the list of features. */
export function help({ gate, features }: Pick<Doors, 'gate' | 'features'>): Feature {
  return feature({
    name: 'help',
    rights: { help: 'public' },
    words: { en, ko },
    commands: {
      help: {
        right: 'help',
        hidden: true,
        options: [],
        async run({ person, place }, say) {
          const prompt = await gate.judge(person, 'prompt', place)
          const { commands } = features()
          const verdicts = await Promise.all(commands.map(({ right }) => gate.judge(person, right, place)))
          const allowed = commands.filter((_command, at) => verdicts[at]?.allowed === true)
          const shown = allowed.map(({ path, text }) => ({
            name: path.join(' '),
            description: text[person.locale].description,
          }))
          return toThem(say.help(prompt.tier, prompt.allowed, shown))
        },
      },
    },
  })
}
