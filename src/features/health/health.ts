import type { Doors } from '../../core/doors.ts'
import { feature, type Feature } from '../../core/feature.ts'
import { toThem } from '../../core/reply.ts'
import { reaches } from '../../core/right.ts'
import { en, ko } from './words.ts'

/** `/health`: a short version of what /healthz says (SPEC F10). */
export function health(doors: Pick<Doors, 'health' | 'gate' | 'clock'>): Feature {
  return feature({
    name: 'health',
    rights: { health: 'public', 'health.all': 'owner everywhere' },
    words: { en, ko },
    commands: {
      health: {
        right: 'health',
        hidden: true,
        apart: true,
        options: [],
        async run({ person, place, say: general }, say) {
          const [now, { tier }, all] = await Promise.all([
            doors.health(),
            doors.gate.judge(person, 'health', place),
            doors.gate.judge(person, 'health.all', place),
          ])
          const accounts = reaches(tier, 'member') ? now.accounts : []
          const lines = accounts.map((account) => general.account(account, doors.clock.now()))
          return toThem([say.health(now, all.allowed), ...lines].join('\n'))
        },
      },
    },
  })
}
