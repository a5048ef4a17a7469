import type { Doors } from '../../core/doors.ts'
import { feature, type Feature } from '../../core/feature.ts'
import { refused, toThem } from '../../core/reply.ts'
import { sessionAllowed } from '../../core/session-lookup.ts'
import { en, ko } from './words.ts'

/** `/diff`: what the session here has changed since it began, the patch as a file (SPEC F1). */
export function diff(doors: Pick<Doors, 'gate' | 'vault' | 'workspaces'>): Feature {
  return feature({
    name: 'diff',
    rights: { diff: 'member' },
    words: { en, ko },
    commands: {
      diff: {
        right: 'diff',
        hidden: true,
        options: [],
        async run(call, say) {
          const found = await sessionAllowed(doors, call.person, 'diff', call.place)
          if (!found.ok) return refused(call, found.refusal)
          const session = found.value
          const diff = await doors.workspaces.diff(session)
          if (!diff.ok) return refused(call, diff.refusal)
          const { patch } = diff.value
          const reply = toThem(say.diff(session, diff.value, call.say.whereabouts(session)))
          return patch === '' ? reply : { ...reply, file: { name: `${session.name}.diff`, text: patch } }
        },
      },
    },
  })
}
