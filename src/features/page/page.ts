import type { Doors } from '../../core/doors.ts'
import { feature, type Feature } from '../../core/feature.ts'
import { guildOf } from '../../core/page.ts'
import { toThem } from '../../core/reply.ts'
import { en, ko } from './words.ts'

/** `/page`: a link that opens the operator's page once, for the owner who asked. The page itself is in web/page. */
export function page({ page: links, audit }: Pick<Doors, 'page' | 'audit'>): Feature {
  return feature({
    name: 'page',
    rights: { page: 'owner everywhere' },
    words: { en, ko },
    commands: {
      page: {
        right: 'page',
        hidden: true,
        options: [],
        async run(call, say) {
          const { person, place, key } = call
          const link = await links.link({ person: { ...person, roles: [] }, place: guildOf(place) })
          if (link === null) return { ...toThem(say.off), refused: true } as const
          await audit(`page:${key}`, (locale) => (locale === 'ko' ? ko : en).audited(person.name))
          return toThem(say.link(link))
        },
      },
    },
  })
}
