import type { PhrasedCommand } from './phrased.ts'
import { tiers } from '../core/right.ts'
import { personOf, textOf } from '../core/option.ts'
import { no, toAll } from '../core/reply.ts'

/** From most to least; `none` takes the grant back, so that wider ones count again. */
const choices = [...tiers.toReversed(), 'none'] as const
const scopes = ['here', 'channel', 'global'] as const

/** `/permission set user tier [scope]` (SPEC F3). Without a scope: this channel, for a thread its parent. */
export const permissionSet: PhrasedCommand = {
  path: ['permission', 'set'],
  words: 'permission set',
  action: 'permission.set',
  hidden: false,
  options: [
    { name: 'user', type: 'user', required: true },
    { name: 'tier', type: 'text', required: true, choices: () => choices.map((name) => ({ name, value: name })) },
    { name: 'scope', type: 'text', required: false, choices: () => scopes.map((name) => ({ name, value: name })) },
  ],

  async run(call) {
    const about = personOf(call, 'user')
    if (about === null) return no(call, { code: 'option-missing', option: 'user' })
    const tier = choices.find((each) => each === textOf(call, 'tier'))
    if (tier === undefined) return no(call, { code: 'option-missing', option: 'tier' })
    const typed = textOf(call, 'scope') ?? 'channel'
    const scope = scopes.find((each) => each === typed)
    if (scope === undefined) return no(call, { code: 'option-missing', option: 'scope' })
    const wish = { about, tier: tier === 'none' ? null : tier, scope }
    const changed = await call.desk.setTier(call.person, call.place, wish)
    return changed.ok ? toAll(call.say.rights.changed(changed.value)) : no(call, changed.refusal)
  },
}
