import type { Call } from '../../core/command.ts'
import type { Doors } from '../../core/doors.ts'
import { feature, type Feature } from '../../core/feature.ts'
import type { Runtime } from '../../core/runtime.ts'
import { textOf } from '../../core/option.ts'
import { refused, toAll, toThem } from '../../core/reply.ts'
import { background } from '../../system/background.ts'
import { Mutex } from '../../system/mutex.ts'
import { attach } from './attaching.ts'
import { Changing } from './changing.ts'
import { english } from './en.ts'
import { korean } from './ko.ts'
import { resume } from './resuming.ts'
import { Sessions, type SessionDoors } from './service.ts'
import { models, names } from './suggesting.ts'

type NeededDoors = Omit<SessionDoors, 'order'> & Pick<Doors, 'ask' | 'home' | 'health'>

/** Sessions from their start to their end, and what changes between (SPEC F1). */
export function sessions(doors: NeededDoors): Feature {
  const { runtimes, workspaces, clock, log, home } = doors
  const order = new Mutex()
  const service = new Sessions({ ...doors, order })
  const changing = new Changing({ ...doors, order })
  const suggestFolders = (typed: string): Promise<readonly string[]> => workspaces.suggest(typed)

  return feature({
    name: 'sessions',
    rights: {
      'session.start': 'member',
      'session.stop': 'member',
      'session.list': 'member',
      'session.change': 'member',
      'session.attach': 'member',
      'session.resume': 'member',
      'session.trust': 'owner',
    },
    words: { en: english(home), ko: korean(home) },

    /** What an earlier life had ended and not yet stopped; then a look at what lies about. */
    async start() {
      await service.stopLeft()
      background(service.reportLeftovers(), log, 'session.leftovers')
    },
    placeGone: (place) => service.placeGone(place),

    commands: {
      'session start': {
        right: 'session.start',
        hidden: false,
        options: [
          { name: 'name', type: 'text', required: true },
          {
            name: 'runtime',
            type: 'text',
            required: true,
            choices: () => choicesOf([...runtimes.values()]),
          },
          { name: 'workdir', type: 'text', required: false, suggests: true },
          { name: 'model', type: 'text', required: false, suggests: true },
          { name: 'worktree', type: 'flag', required: false },
          { name: 'trust', type: 'flag', required: false },
        ],
        async run(call, say) {
          const name = textOf(call, 'name')
          if (name === null) return refused(call, { code: 'option-missing', option: 'name' })
          const runtime = textOf(call, 'runtime')
          if (runtime === null) return refused(call, { code: 'option-missing', option: 'runtime' })
          const wish = {
            key: call.key,
            name,
            runtime,
            workdir: textOf(call, 'workdir'),
            model: textOf(call, 'model'),
            worktree: call.options.get('worktree') !== false,
            trust: call.options.get('trust') === true,
          }
          const started = await service.start(call.person, call.place, wish)
          if (!started.ok) return refused(call, started.refusal)
          const { session } = started.value
          const title = runtimes.get(session.runtime)?.title ?? session.runtime
          const { boxed } = (await doors.health()).box
          return toAll(say.started(session, title, { ...started.value, boxed }, call.say.whereabouts(session)))
        },
        async complete(call, option, typed) {
          if (option === 'workdir') return suggestFolders(typed)
          return option === 'model' ? models(doors, call.place, typed, textOf(call, 'runtime')) : []
        },
      },
      /** Work in its worktree stays. In an attached place it only detaches. */
      'session stop': {
        right: 'session.stop',
        hidden: false,
        options: [],
        async run(call, say) {
          const ended = await service.stop(call.person, call.place, call.memo)
          return ended.ok ? toAll(say.ended(ended.value)) : refused(call, ended.refusal)
        },
      },
      /** Everyone's live sessions with what each does now. */
      'session list': {
        right: 'session.list',
        hidden: true,
        options: [],
        run: async (call, say) => toThem(say.list(await service.list(call.person), clock.now(), call.say)),
      },
      /** Prompts typed here go to the session of another place; answers come here. */
      attach: {
        right: 'session.attach',
        hidden: false,
        options: [{ name: 'session', type: 'text', required: true, suggests: true }],
        async run(call, say) {
          const to = textOf(call, 'session')
          if (to === null) return refused(call, { code: 'option-missing', option: 'session' })
          const attached = await attach(doors, call.person, call.place, call.key, to)
          return attached.ok ? toAll(say.attached(attached.value)) : refused(call, attached.refusal)
        },
        complete: (call, _option, typed) => names(doors, call.person, call.place, typed),
      },
      resume: {
        right: 'session.resume',
        hidden: false,
        options: [],
        async run(call, say) {
          const resumed = await resume(doors, call.person, call.place, call.key)
          return resumed.ok ? toAll(say.resumed(resumed.value)) : refused(call, resumed.refusal)
        },
      },
      cd: {
        right: 'session.change',
        hidden: false,
        options: [{ name: 'path', type: 'text', required: true, suggests: true }],
        async run(call, say) {
          const typed = textOf(call, 'path')
          if (typed === null) return refused(call, { code: 'option-missing', option: 'path' })
          const changed = await changing.change(call.person, call.place, { what: 'folder', typed })
          if (!changed.ok) return refused(call, changed.refusal)
          return toAll(say.moved(changed.value, call.say.whereabouts(changed.value.session)))
        },
        complete: (_call: Call, _option, typed) => suggestFolders(typed),
      },
      model: {
        right: 'session.change',
        hidden: false,
        options: [{ name: 'name', type: 'text', required: true, suggests: true }],
        async run(call, say) {
          const name = textOf(call, 'name')
          if (name === null) return refused(call, { code: 'option-missing', option: 'name' })
          const changed = await changing.change(call.person, call.place, { what: 'model', model: name })
          return changed.ok ? toAll(say.remodelled(changed.value.session)) : refused(call, changed.refusal)
        },
        complete: (call, _option, typed) => models(doors, call.place, typed, null),
      },
    },
  })
}

/** The agents that one can begin with; those whose program is not on the machine say so, and stand last. */
function choicesOf(runtimes: readonly Runtime[]): readonly { readonly name: string; readonly value: string }[] {
  const there = runtimes.filter((runtime) => runtime.isInstalled())
  const missing = runtimes.filter((runtime) => !runtime.isInstalled())
  return [
    ...there.map(({ name, title }) => ({ name: title, value: name })),
    ...missing.map(({ name, title }) => ({ name: `${title} (not installed)`, value: name })),
  ]
}
