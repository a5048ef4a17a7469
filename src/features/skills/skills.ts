import type { Doors } from '../../core/doors.ts'
import { feature, type Feature } from '../../core/feature.ts'
import { textOf } from '../../core/option.ts'
import type { Person } from '../../core/person.ts'
import type { Place } from '../../core/place.ts'
import { refused, toAll } from '../../core/reply.ts'
import { sessionSeen } from '../../core/session-lookup.ts'
import { promptOfSkill } from '../../core/skill.ts'
import { en, ko } from './words.ts'

/** So many are offered at once. */
const offered = 25

interface SkillDoors extends Pick<Doors, 'vault' | 'skills' | 'ask'> {
  readonly gate: Pick<Doors['gate'], 'sees'>
}

/**
 * `/skill name [arguments]`: asks the agent here what a file of skills says (SPEC section 4). The prompt's key is the
 * interaction, so a replayed one asks nothing.
 */
export function skills({ gate, vault, skills, ask }: SkillDoors): Feature {
  /** The skills of a place's session whose names hold what was typed, those that begin with it first. */
  async function suggest(by: Person, place: Place, typed: string): Promise<readonly string[]> {
    const session = await sessionSeen({ gate, vault }, by, place)
    if (session === null) return []
    const wanted = typed.trim().toLowerCase()
    const names = (await skills.list(session)).filter((name) => name.toLowerCase().includes(wanted))
    const first = names.filter((name) => name.toLowerCase().startsWith(wanted))
    return [...first, ...names.filter((name) => !first.includes(name))].slice(0, offered)
  }

  return feature({
    name: 'skills',
    rights: { skill: 'member' },
    words: { en, ko },
    commands: {
      skill: {
        right: 'skill',
        hidden: false,
        options: [
          { name: 'name', type: 'text', required: true, suggests: true },
          { name: 'arguments', type: 'text', required: false },
        ],
        async run(call, say) {
          const { key, place, person } = call
          const name = textOf(call, 'name')
          if (name === null) return refused(call, { code: 'option-missing', option: 'name' })
          const wanted = textOf(call, 'arguments') ?? ''
          const session = await sessionSeen({ gate, vault }, person, place)
          if (session === null) return refused(call, { code: 'no-session' })
          const text = await skills.read(session, name)
          if (text === null) {
            return refused(call, { code: 'skill-unknown', skill: name, known: await skills.list(session) })
          }
          const prompt = promptOfSkill(text, wanted)
          const asked = await ask({ key, place, speaker: person, text: prompt, message: null })
          return asked.kind === 'refused' ? refused(call, asked.refusal) : toAll(say.asked(name, wanted, person.name))
        },
        complete: async (call, option, typed) => (option === 'name' ? suggest(call.person, call.place, typed) : []),
      },
    },
  })
}
