import type { Doors } from '../../core/doors.ts'
import { feature, type Feature } from '../../core/feature.ts'
import { refused, toAll, toThem } from '../../core/reply.ts'
import { sessionAllowed } from '../../core/session-lookup.ts'
import { en, ko } from './words.ts'

/** `/diff [share]`: what the session here has changed since it began, the patch as a file (SPEC F1). */
export function diff(doors: Pick<Doors, 'gate' | 'vault' | 'workspaces'>): Feature {
  return feature({
    name: 'diff',
    rights: { diff: 'member' },
    words: { en, ko },
    commands: {
      diff: {
        right: 'diff',
        hidden: true,
        sharedBy: 'share',
        options: [{ name: 'share', type: 'flag', required: false }],
        async run(call, say) {
          const found = await sessionAllowed(doors, call.person, 'diff', call.place)
          if (!found.ok) return refused(call, found.refusal)
          const session = found.value
          const diff = await doors.workspaces(session.worker).diff(session)
          if (!diff.ok) return refused(call, diff.refusal)
          const { patch } = diff.value
          const text = say.diff(session, diff.value, call.say.whereabouts(session))
          const reply = call.options.get('share') === true ? toAll(text) : toThem(text)
          return patch === '' ? reply : { ...reply, file: { name: `${session.name}.diff`, text: patch } }
        },
      },
    },
  })
}
