import type { Command } from '../../core/command.ts'
import type { Doors } from '../../core/doors.ts'
import { feature, type Feature, type Features } from '../../core/feature.ts'
import type { Locale } from '../../core/person.ts'
import { toThem } from '../../core/reply.ts'
import { en, ko, type Helped } from './words.ts'

/** In one line each: a command, or those of a group together, where it has several. */
function helpedBy(allowed: readonly Command[], all: Pick<Features, 'group'>, locale: Locale): readonly Helped[] {
  const names = new Map<string, Command[]>()
  for (const command of allowed) names.set(command.path[0], [...(names.get(command.path[0]) ?? []), command])
  return [...names].flatMap(([name, commands]): Helped[] => {
    const [first] = commands
    if (first === undefined) return []
    if (commands.length === 1)
      return [{ name: first.path.join(' '), subcommands: [], description: first.text[locale].description }]
    const subcommands = commands.flatMap(({ path }) => path[1] ?? [])
    return [{ name, subcommands, description: all.group(name, locale) }]
  })
}

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
          const all = features()
          const verdicts = await Promise.all(all.commands.map(({ right }) => gate.judge(person, right, place)))
          const allowed = all.commands.filter((_command, at) => verdicts[at]?.allowed === true)
          return toThem(say.help(prompt.tier, prompt.allowed, helpedBy(allowed, all, person.locale)))
        },
      },
    },
  })
}
