import type { Press } from '../../core/button.ts'
import { turning } from '../../core/list-page.ts'
import type { Call } from '../../core/command.ts'
import type { Doors } from '../../core/doors.ts'
import { feature, type Feature } from '../../core/feature.ts'
import type { Localised } from '../../core/person.ts'
import type { Runtime } from '../../core/runtime.ts'
import { textOf } from '../../core/option.ts'
import { refused, toAll, toList } from '../../core/reply.ts'
import { background } from '../../system/background.ts'
import { Mutex } from '../../system/mutex.ts'
import { attach } from './attaching.ts'
import { Changing } from './changing.ts'
import { english } from './en.ts'
import { korean } from './ko.ts'
import { resume } from './resuming.ts'
import { Sessions, type SessionDoors } from './service.ts'
import { accountNames, folders, foldersHere, machines, models, names } from './suggesting.ts'

type NeededDoors = Omit<SessionDoors, 'order'> & Pick<Doors, 'ask' | 'home' | 'health' | 'lendsTo'>

/** Sessions from their start to their end, and what changes between (SPEC F1). */
export function sessions(doors: NeededDoors): Feature {
  const { runtimes, clock, log, home } = doors
  const words = { en: english(home), ko: korean(home) }
  const order = new Mutex()
  const service = new Sessions({ ...doors, order })
  const changing = new Changing({ ...doors, order })

  /** A page of what the person can see; the same again by the buttons that turn it. */
  async function listed(asked: Call | Press, page: number, say: ReturnType<typeof english>) {
    const shown = await service.list(asked.person, page)
    const items = shown.items.map((each) => ({ text: say.listed(each, clock.now(), asked.say) }))
    return toList(say.listHead(shown), items, turning(shown, asked.say))
  }

  return feature({
    name: 'sessions',
    rights: {
      'session.start': 'member',
      'session.stop': 'member',
      'session.list': 'member',
      'session.change': 'member',
      'session.attach': 'member',
      'session.resume': 'member',
      'session.trust': 'owner here',
    },
    words,

    /** What an earlier life had ended and not yet stopped; then a look at what lies about. */
    async start() {
      await service.stopLeft()
      background(service.reportLeftovers(), log, 'session.leftovers')
    },
    placeGone: (place) => service.placeGone(place),

    buttons: {
      page: {
        right: 'session.list',
        answer: 'in-place',
        act: (press, say) => listed(press, Number(press.argument), say),
      },
    },
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
            choices: () => choicesOf([...runtimes.values()], words),
          },
          { name: 'workdir', type: 'text', required: false, suggests: true },
          { name: 'model', type: 'text', required: false, suggests: true },
          { name: 'account', type: 'text', required: false, suggests: true },
          { name: 'worktree', type: 'flag', required: false },
          { name: 'trust', type: 'flag', required: false },
          { name: 'worker', type: 'text', required: false, suggests: true },
        ],
        async run(call, say) {
          const name = textOf(call, 'name')?.normalize('NFC') ?? null
          if (name === null) return refused(call, { code: 'option-missing', option: 'name' })
          const runtime = textOf(call, 'runtime')
          if (runtime === null) return refused(call, { code: 'option-missing', option: 'runtime' })
          const wish = {
            key: call.key,
            name,
            runtime,
            workdir: textOf(call, 'workdir'),
            model: textOf(call, 'model'),
            account: textOf(call, 'account'),
            worktree: call.options.get('worktree') !== false,
            trust: call.options.get('trust') === true,
            worker: textOf(call, 'worker'),
          }
          const started = await service.start(call.person, call.place, wish)
          if (!started.ok) return refused(call, started.refusal)
          const { session } = started.value
          const title = runtimes.get(session.runtime)?.title ?? session.runtime
          const { machine } = started.value
          const boxed = machine === null ? (await doors.health()).box.boxed : machine.boxed
          const isLent = machine === null || doors.lendsTo(machine)
          const about = { ...started.value, boxed, isLent }
          return toAll(say.started(session, title, about, call.say.whereabouts(session)))
        },
        async complete(call, option, typed) {
          if (option === 'workdir') return folders(doors, typed, textOf(call, 'worker'))
          if (option === 'worker') return machines(doors, typed)
          if (option === 'account') {
            return accountNames(doors, typed, { runtime: textOf(call, 'runtime'), worker: textOf(call, 'worker') })
          }
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
        run: (call, say) => listed(call, 1, say),
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
          const changed = await changing.change(call.person, call.place, { what: 'folder', typed }, call.memo)
          if (!changed.ok) return refused(call, changed.refusal)
          return toAll(say.moved(changed.value, call.say.whereabouts(changed.value.session)))
        },
        complete: (call: Call, _option, typed) => foldersHere(doors, call.place, typed),
      },
      model: {
        right: 'session.change',
        hidden: false,
        options: [{ name: 'name', type: 'text', required: true, suggests: true }],
        async run(call, say) {
          const name = textOf(call, 'name')
          if (name === null) return refused(call, { code: 'option-missing', option: 'name' })
          const changed = await changing.change(call.person, call.place, { what: 'model', model: name }, call.memo)
          return changed.ok ? toAll(say.remodelled(changed.value.session)) : refused(call, changed.refusal)
        },
        complete: (call, _option, typed) => models(doors, call.place, typed, null),
      },
    },
  })
}

/** The agents that one can begin with; those whose program is not on the machine say so, and stand last. */
function choicesOf(
  runtimes: readonly Runtime[],
  { en, ko }: Localised<Pick<ReturnType<typeof english>, 'notInstalled'>>,
): readonly { readonly name: string | Localised<string>; readonly value: string }[] {
  const there = runtimes.filter((runtime) => runtime.isInstalled())
  const missing = runtimes.filter((runtime) => !runtime.isInstalled())
  return [
    ...there.map(({ name, title }) => ({ name: title, value: name })),
    ...missing.map(({ name, title }) => ({
      name: { en: en.notInstalled(title), ko: ko.notInstalled(title) },
      value: name,
    })),
  ]
}
