import type { Doors } from '../../core/doors.ts'
import { feature, type Feature } from '../../core/feature.ts'
import { composeSessionKey } from '../../core/place.ts'
import { refused, toThem } from '../../core/reply.ts'
import { bindingAt } from '../../core/session-lookup.ts'
import { en, ko } from './words.ts'

/** Discord takes files of 10 MiB. */
const mostBytes = 8 * 1024 * 1024

/** `/session export`: what was said here, the latest that fits a file of JSON lines (SPEC F11). */
export function transcript({ gate, vault, transcripts }: Pick<Doors, 'gate' | 'vault' | 'transcripts'>): Feature {
  return feature({
    name: 'transcript',
    rights: { 'session.export': 'member' },
    words: { en, ko },
    commands: {
      'session export': {
        right: 'session.export',
        hidden: true,
        options: [],
        async run(call, say) {
          const { person, place } = call
          const here = composeSessionKey(place)
          // Also when the session has ended: what was said here stays this place's.
          const session = (await bindingAt(vault, place))?.session ?? null
          if (session !== null && session.key !== here) {
            if (!(await gate.sees(person, session.place))) return refused(call, { code: 'no-session' })
            const there = await gate.judge(person, 'session.export', session.place)
            if (!there.allowed) return refused(call, there.refusal)
          }
          const found = await transcripts.read(session?.key ?? here, mostBytes)
          if (found === null) return refused(call, { code: 'nothing-to-export' })
          const { text, cut } = found
          const reply = toThem(say.exported(text.split('\n').length - 1, cut))
          return { ...reply, file: { name: `${session?.name ?? 'transcript'}.jsonl`, text } }
        },
      },
    },
  })
}
