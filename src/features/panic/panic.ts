import type { NamedButton } from '../../core/feature.ts'
import { feature, type Feature } from '../../core/feature.ts'
import { buttonId, type Press } from '../../core/button.ts'
import type { Reply } from '../../core/chat.ts'
import type { Call } from '../../core/command.ts'
import type { Doors } from '../../core/doors.ts'
import { toAll, toThem } from '../../core/reply.ts'
import { en, ko, type Ran } from './words.ts'

/**
 * `/panic` (SPEC F19): everything stops and nothing begins, in this life and the next, until an owner lifts it. What
 * waits keeps its place, and what is asked meanwhile waits as well.
 */
export function panic(doors: Pick<Doors, 'panic' | 'vault' | 'gate' | 'audit' | 'keep'>): Feature {
  const { panic: standstill, vault, gate, audit, keep } = doors
  return feature({
    name: 'panic',
    rights: { panic: 'owner everywhere' },
    words: { en, ko },
    commands: {
      panic: {
        right: 'panic',
        hidden: true,
        sharedBy: 'lift',
        options: [{ name: 'lift', type: 'flag', required: false }],
        run: (call, say) => (call.options.get('lift') === true ? lift(call, null, say) : freeze(call, say)),
      },
    },
    buttons: {
      /** Its argument is the moment of the standstill: an old button lifts no later one. */
      lift: {
        right: 'panic',
        answer: 'for-all',
        act: (press, say) => lift(press, Number(press.argument), say),
      },
    },
  })

  /** What ran is named to whoever may see it; its place is told how much it was. */
  async function freeze(call: Call, say: typeof en): Promise<Reply<NamedButton<'lift'>>> {
    const { freeze: standing, ran } = await standstill.freeze(call.person, call.memo)
    const seen: Ran[] = []
    for (const { session: id, prompt } of ran) {
      const session = await vault.session(id)
      if (session === null || !(await gate.sees(call.person, prompt.place))) continue
      seen.push({ session: session.name, place: prompt.place.id, by: prompt.speaker.name, text: prompt.text })
    }
    await audit(`panic:${standing.at}`, (locale) => (locale === 'ko' ? ko : en).frozenBy(standing))
    const argument = String(standing.at)
    const { key, place, person } = call
    if (place.kind !== 'dm') {
      const panel = {
        key: `panic:${key}`,
        place,
        text: say.frozen(standing, [], ran.length),
        locale: person.locale,
        buttons: [{ id: buttonId({ feature: 'panic', verb: 'lift', argument }), label: say.lift, style: 'bad' }],
        mention: null,
        card: 'failed',
      } as const
      await keep([{ kind: 'panel', panel }])
    }
    return {
      ...toThem(say.frozen(standing, seen, ran.length)),
      buttons: [{ verb: 'lift', argument, label: say.lift, style: 'bad' }],
    }
  }

  async function lift(
    { person, key, memo }: Pick<Call | Press, 'person' | 'key' | 'memo'>,
    only: number | null,
    say: typeof en,
  ): Promise<Reply<never>> {
    const standing = await standstill.now()
    // A second try finds that the first one has lifted it.
    if (memo.read() === null) {
      if (standing === null) return toAll(say.nothingStands)
      if (only !== null && only !== standing.at) return toThem(say.anotherStands(standing))
      await memo.keep(String(standing.at))
    }
    if (standing === null || memo.read() === String(standing.at)) await standstill.lift()
    await audit(`panic:${key}`, (locale) => (locale === 'ko' ? ko : en).lifted(person.name))
    return toAll(say.lifted(person.name))
  }
}
