import { feature, type Feature } from '../../core/feature.ts'
import { personOf, placeOf, textOf } from '../../core/option.ts'
import { refused, toThem } from '../../core/reply.ts'
import { tiers } from '../../core/right.ts'
import { en } from './en.ts'
import { ko } from './ko.ts'
import { Permissions, type PermissionDoors } from './service.ts'

/** From most to least; `none` takes the grant back, so that wider ones count again. */
const choices = [...tiers.toReversed(), 'none'] as const
const scopes = ['here', 'channel', 'global'] as const
const asChoices = (names: readonly string[]) => () => names.map((name) => ({ name, value: name }))

/**
 * `/permission set user tier [scope]` (without a scope: this channel, for a thread its parent), `/permission show`,
 * `/permission list` (SPEC F3), and `/why [action] [user] [place]`, which answers as the gate would, because it asks it; without
 * an action it explains what the person was refused last, and so does the button under a refusal.
 */
export function permissions(doors: PermissionDoors): Feature {
  const service = new Permissions(doors)
  return feature({
    name: 'permissions',
    rights: {
      // The scope that is given is judged once more: see `judgeFor`.
      'permission.set': 'owner here',
      'permission.show': 'member',
      'permission.list': 'owner everywhere',
      why: 'public',
      'why.others': 'member',
    },
    words: { en, ko },
    commands: {
      'permission set': {
        right: 'permission.set',
        // What somebody may do is nobody else's business; who has to know reads the audit channel.
        hidden: true,
        options: [
          { name: 'user', type: 'user', required: true },
          { name: 'tier', type: 'text', required: true, choices: asChoices(choices) },
          { name: 'scope', type: 'text', required: false, choices: asChoices(scopes) },
        ],
        async run(call, say) {
          const about = personOf(call, 'user')
          if (about === null) return refused(call, { code: 'option-missing', option: 'user' })
          const tier = choices.find((each) => each === textOf(call, 'tier'))
          if (tier === undefined) return refused(call, { code: 'option-missing', option: 'tier' })
          const typed = textOf(call, 'scope') ?? 'channel'
          const scope = scopes.find((each) => each === typed)
          if (scope === undefined) return refused(call, { code: 'option-missing', option: 'scope' })
          const wish = { about, tier: tier === 'none' ? null : tier, scope }
          const changed = await service.set(call.person, call.place, wish)
          if (!changed.ok) return refused(call, changed.refusal)
          const key = `permission:${call.key}`
          await doors.audit(key, (locale) =>
            (locale === 'ko' ? ko : en).audited(changed.value, call.person, call.place),
          )
          return toThem(say.changed(changed.value))
        },
      },
      'permission show': {
        right: 'permission.show',
        hidden: true,
        options: [{ name: 'user', type: 'user', required: true }],
        async run(call, say) {
          const about = personOf(call, 'user')
          if (about === null) return refused(call, { code: 'option-missing', option: 'user' })
          return toThem(say.standing(await service.show(call.person, call.place, about)))
        },
      },
      'permission list': {
        right: 'permission.list',
        hidden: true,
        options: [],
        run: async (call, say) => toThem(say.grants(await service.list(call.person))),
      },
      why: {
        right: 'why',
        hidden: true,
        options: [
          { name: 'action', type: 'text', required: false, suggests: true },
          { name: 'user', type: 'user', required: false },
          { name: 'place', type: 'place', required: false },
        ],
        async run(call, say) {
          const action = textOf(call, 'action')
          if (action === null) {
            if (call.options.has('user') || call.options.has('place')) {
              return refused(call, { code: 'option-missing', option: 'action' })
            }
            const explained = await service.past(call.person, null)
            return toThem(explained === null ? say.neverRefused : say.explained(explained, call.say))
          }
          const about = call.options.has('user') ? personOf(call, 'user') : call.person
          if (about === null) return refused(call, { code: 'option-missing', option: 'user' })
          const where = call.options.has('place') ? placeOf(call, 'place') : call.place
          if (where === null) return refused(call, { code: 'place-unsupported' })
          const answer = await service.why(call.person, { about, action, where })
          if (!answer.ok) return refused(call, answer.refusal)
          return toThem(say.why(about, call.say.deed(action), where, answer.value))
        },
        async complete(_call, option, typed) {
          const wanted = typed.trim().toLowerCase()
          return option === 'action' ? Object.keys(doors.features().rights).filter((name) => name.includes(wanted)) : []
        },
      },
    },
    buttons: {
      /** Also for whoever is blocked: it tells them of nothing but what they were told. */
      why: {
        right: 'why',
        asksItself: true,
        answer: 'hidden',
        async act(press, say) {
          const explained = await service.past(press.person, press.argument)
          return toThem(explained === null ? say.notYours : say.explained(explained, press.say))
        },
      },
    },
  })
}
