import { isInPlace } from '../../core/confinement.ts'
import type { Doors } from '../../core/doors.ts'
import { feature, type Feature } from '../../core/feature.ts'
import type { FormField } from '../../core/form.ts'
import { gitOriginOf, gitPersonOf } from '../../core/identity.ts'
import { code } from '../../core/markdown.ts'
import { textOf } from '../../core/option.ts'
import { toThem } from '../../core/reply.ts'
import { fields, readForm } from './filled.ts'
import { en, hostsOf, ko } from './words.ts'

/**
 * `/identity link`, `show` and `unlink` (SPEC F23): how somebody commits, and their tokens for git servers. Everybody deals
 * with their own, by a form that nobody else sees.
 */
export function identity({
  vault,
  log,
  health,
  lendsTo,
}: Pick<Doors, 'vault' | 'log' | 'health' | 'lendsTo'>): Feature {
  /** The machines on which it is not used. */
  const elsewhere = async (): Promise<readonly string[]> =>
    (await vault.machines.all()).filter((each) => !lendsTo(each)).map(({ id }) => id)
  return feature({
    name: 'identity',
    rights: { 'identity.link': 'member', identity: 'public' },
    words: { en, ko },
    commands: {
      'identity link': {
        right: 'identity.link',
        hidden: true,
        options: [],
        opens: {
          verb: 'link',
          async form({ person }, say) {
            const { name, email } = gitPersonOf(person, await vault.identities.of(person.id))
            const { form } = say
            const field = (
              at: keyof typeof fields,
              more: Pick<FormField, 'required' | 'long' | 'value'>,
            ): FormField => ({
              name: fields[at],
              ...form[at],
              ...more,
            })
            return {
              title: form.title,
              fields: [
                field('name', { required: true, long: false, value: name }),
                field('address', { required: true, long: false, value: email }),
                // What is there stays, and is shown to nobody.
                field('tokens', { required: false, long: true }),
              ],
            }
          },
        },
      },
      'identity show': {
        right: 'identity',
        hidden: true,
        options: [],
        async run({ person }, say) {
          const linked = await vault.identities.of(person.id)
          if (linked !== null) return toThem(say.shown(linked, await elsewhere()))
          const { name, email } = gitPersonOf(person, null)
          return toThem(say.nothing(name, email))
        },
      },
      'identity unlink': {
        right: 'identity',
        hidden: true,
        options: [{ name: 'host', type: 'text', required: false, suggests: true }],
        async run(call, say) {
          const { person } = call
          const typed = textOf(call, 'host')
          const origin = typed === null ? null : gitOriginOf(typed)
          const host = code((typed ?? '').slice(0, 100))
          if (typed !== null && origin === null) return { ...toThem(say.noToken(host)), refused: true }
          const before = await vault.identities.unlink(person.id, origin)
          log.info({ person: person.id, origin }, 'identity.unlinked')
          if (before === null) {
            const { name, email } = gitPersonOf(person, null)
            return toThem(say.nothing(name, email))
          }
          if (origin === null) return toThem(say.unlinked(hostsOf(before.tokens)))
          return before.tokens[origin] === undefined
            ? { ...toThem(say.noToken(host)), refused: true }
            : toThem(say.tokenGone(host))
        },
        async complete({ person }, _option, typed) {
          const origins = Object.keys((await vault.identities.of(person.id))?.tokens ?? {})
          const hosts = origins.map((origin) => origin.replace(/^https:\/\//, ''))
          return hosts.filter((host) => host.includes(typed.trim().toLowerCase())).sort()
        },
      },
    },
    buttons: {
      /** The form comes back here. */
      link: {
        right: 'identity.link',
        answer: 'hidden',
        secret: true,
        async act({ person, written }, say) {
          const read = readForm(written)
          if ('what' in read) return { ...toThem(say.fault(read)), refused: true }
          await vault.identities.link(person.id, read)
          log.info({ person: person.id, origins: Object.keys(read.tokens) }, 'identity.linked')
          const { box } = await health()
          const boxed = box.boxed && !isInPlace(box)
          return toThem(say.linked((await vault.identities.of(person.id)) ?? read, boxed, await elsewhere()))
        },
      },
    },
  })
}
