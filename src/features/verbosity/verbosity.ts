import type { Doors } from '../../core/doors.ts'
import { feature, type Feature } from '../../core/feature.ts'
import { textOf } from '../../core/option.ts'
import { refused, toThem } from '../../core/reply.ts'
import { verbosities, verbosityBy, verbosityScopes, type VerbosityScope } from '../../core/verbosity.ts'
import { en, ko } from './words.ts'

/** `/verbosity`: how much of an agent's steps stands under its answers (SPEC F6), from the next prompt on. */
export function verbosity({ gate, vault }: Pick<Doors, 'gate' | 'vault'>): Feature {
  return feature({
    name: 'verbosity',
    rights: { verbosity: 'guest', 'verbosity.here': 'member' },
    words: { en, ko },
    commands: {
      verbosity: {
        right: 'verbosity',
        hidden: true,
        options: [
          {
            name: 'level',
            type: 'text',
            required: false,
            choices: () => [...verbosities, 'unset'].map((value) => ({ name: value, value })),
          },
          {
            name: 'whose',
            type: 'text',
            required: false,
            choices: () => ['here', 'mine'].map((value) => ({ name: value, value })),
          },
        ],
        async run(call, say) {
          const { person, place } = call
          const wanted = textOf(call, 'level')
          const level = verbosities.find((each) => each === wanted) ?? null
          const isMine = textOf(call, 'whose') === 'mine'
          const scope: VerbosityScope = isMine ? `person:${person.id}` : `place:${place.id}`
          if (wanted !== null) {
            const verdict = isMine ? null : await gate.judge(person, 'verbosity.here', place)
            if (verdict?.allowed === false) return refused(call, verdict.refusal)
            await vault.verbosities.set(scope, level)
          }
          const scopes = verbosityScopes(place, person.id)
          const stands = verbosityBy(scopes, await vault.verbosities.of(scopes))
          return toThem(say.stands({ ...stands, changed: wanted === null ? null : { isMine, level } }))
        },
      },
    },
  })
}
