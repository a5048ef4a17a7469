import type { Doors } from '../../core/doors.ts'
import { feature, type Feature } from '../../core/feature.ts'
import { channelOf } from '../../core/place.ts'
import { refused, toThem } from '../../core/reply.ts'
import { en, ko } from './words.ts'

/** `/board`: one message in the channel that shows what runs, waits and asks there; used again it moves to the end. */
export function board({ putUpBoard }: Pick<Doors, 'putUpBoard'>): Feature {
  return feature({
    name: 'board',
    rights: { board: 'member' },
    words: { en, ko },
    commands: {
      board: {
        right: 'board',
        hidden: true,
        options: [],
        async run(call, say) {
          const { place, person, key } = call
          if (place.kind === 'dm') return refused(call, { code: 'place-unsupported' })
          const channel = { kind: 'channel', id: channelOf(place), guild: place.guild } as const
          const put = await putUpBoard(channel, person, key)
          return put === 'gone' ? refused(call, { code: 'place-unsupported' }) : toThem(say[put])
        },
      },
    },
  })
}
