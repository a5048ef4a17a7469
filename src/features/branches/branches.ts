import type { Doors } from '../../core/doors.ts'
import { feature, type Feature } from '../../core/feature.ts'
import type { SessionId } from '../../core/ids.ts'
import { plain } from '../../core/markdown.ts'
import { toThem } from '../../core/reply.ts'
import { en, ko } from './words.ts'

/**
 * The button under commits that wait because they change what other programs obey (SPEC F7): an owner lets in just what it
 * names, however it was written. Whoever wants to keep it out presses nothing.
 */
export function branches({
  vault,
  gate,
  takeBranch,
  audit,
}: Pick<Doors, 'vault' | 'gate' | 'takeBranch' | 'audit'>): Feature {
  return feature({
    name: 'branches',
    rights: { 'branch.take': 'owner here' },
    words: { en, ko },
    commands: {},
    buttons: {
      /** Its argument is the session and the commit. The gate is asked once more for the place where the session lives. */
      take: {
        right: 'branch.take',
        answer: 'hidden',
        async act({ person, argument, key }, say) {
          const [id = '', commit = ''] = argument.split('.')
          const session = await vault.session(id as SessionId)
          if (session === null) return { ...toThem(say.gone), refused: true }
          const { place, name } = session
          const may = (await gate.sees(person, place)) && (await gate.judgeNow(person, 'branch.take', place)).allowed
          if (!may) return { ...toThem(say.notYours), refused: true }
          const outcome = await takeBranch(session.id, commit, { key, person })
          if (outcome.kind !== 'taken') return { ...toThem(say[outcome.kind]), refused: true }
          if (outcome.by !== null) return { ...toThem(say.already(plain(outcome.by, 60))), refused: true }
          const by = plain(person.name, 60)
          await audit(`branch:${key}`, (locale) => (locale === 'ko' ? ko : en).audited(by, plain(name, 60)))
          return toThem(say.taken)
        },
      },
    },
  })
}
