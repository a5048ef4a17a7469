import type { Press } from '../../core/button.ts'
import type { Call, CommandOption } from '../../core/command.ts'
import { formOf } from '../../core/form.ts'
import { feature, type Feature, type NamedButton } from '../../core/feature.ts'
import type { PlaceId } from '../../core/ids.ts'
import { cut } from '../../core/markdown.ts'
import { textOf } from '../../core/option.ts'
import type { Person } from '../../core/person.ts'
import type { Reply } from '../../core/chat.ts'
import { refused, toThem } from '../../core/reply.ts'
import type { Session } from '../../core/session.ts'
import { deedsFor, type TaskDeed } from '../../core/task.ts'
import { nameIn, taskLimits, TaskDesk } from './desk.ts'
import { pageOf, type ListWish } from './list.ts'
import { TaskOffice, type TaskOfficeDoors } from './office.ts'
import { en, ko, type TaskNo, type TaskWords } from './words.ts'

type Answer = Reply<NamedButton<TaskDeed | 'more'>>

/** Work that people give to sessions (SPEC F8): given, accepted, done by the agent, and told where it was given. */
export function tasks(doors: TaskOfficeDoors): Feature {
  const { vault, gate } = doors
  const desk = new TaskDesk(doors)
  const office = new TaskOffice(doors)

  function no(say: TaskWords, why: TaskNo, name: string): Answer {
    return { ...toThem(say.no(why, name)), refused: true }
  }

  async function sessionNamed(by: Person, typed: string): Promise<Session | null> {
    const wanted = /^<#(\d+)>$/.exec(typed)?.[1] ?? typed
    const live = await vault.liveSessions()
    const session = live.find(({ name }) => name === wanted) ?? live.find(({ place }) => place.id === wanted)
    return session !== undefined && (await gate.sees(by, session.place)) ? session : null
  }

  async function assign(call: Call, say: TaskWords): Promise<Answer> {
    const [thread, title, details] = [textOf(call, 'thread'), textOf(call, 'title'), textOf(call, 'details') ?? '']
    if (thread === null) return refused(call, { code: 'option-missing', option: 'thread' })
    if (title === null) return refused(call, { code: 'option-missing', option: 'title' })
    if (title.length > taskLimits.title || details.length > taskLimits.text)
      return { ...toThem(say.tooLong(taskLimits.title, taskLimits.text)), refused: true }
    const session = await sessionNamed(call.person, thread)
    if (session === null) return { ...toThem(say.noSession(thread)), refused: true }
    if (!(await gate.judgeNow(call.person, 'prompt', session.place)).allowed)
      return { ...toThem(say.notThere(session.name)), refused: true }
    return toThem(say.assigned(await desk.assign(call, session, title, details)))
  }

  async function act(
    by: Person,
    name: string,
    deed: TaskDeed,
    { key }: Pick<Call, 'key'>,
    words: string,
    say: TaskWords,
  ) {
    const task = await desk.act(by, name, deed, key, words)
    return typeof task === 'string' ? no(say, task, name) : toThem(say.did(task))
  }

  /** A command that does something about a task. */
  function does(deed: TaskDeed) {
    return {
      right: 'task.answer',
      hidden: true,
      options: [taskOption],
      async run(call: Call, say: TaskWords): Promise<Answer> {
        const name = textOf(call, 'task')
        if (name === null) return refused(call, { code: 'option-missing', option: 'task' })
        return act(call.person, name, deed, call, textOf(call, 'reason') ?? '', say)
      },
      complete: (call: Call, _option: string, typed: string) => suggest(call, typed, deed),
    } as const
  }

  /** A button that does. The gate is asked once more for the place of the session that has it. */
  function presses(deed: TaskDeed) {
    return {
      right: 'task.answer',
      answer: 'in-place',
      act: (press: Press, say: TaskWords) => act(press.person, press.argument, deed, press, press.text, say),
    } as const
  }

  /** Open tasks that fit what was typed, those of this place first. */
  async function suggest({ person, place }: Call, typed: string, deed: TaskDeed | null): Promise<readonly string[]> {
    const wish = { settled: deed === null, before: null, most: 50 }
    const here = await vault.tasks.page({ ...wish, place: place.id })
    const all = [...here, ...(await vault.tasks.page({ ...wish, place: null }))].map(({ task }) => task)
    const needle = typed.trim().toLowerCase()
    const names: string[] = []
    for (const task of new Map(all.map((each) => [each.chain, each])).values()) {
      const name = cut(`${task.chain} ${task.title}`, 100)
      if (!name.toLowerCase().includes(needle) || (deed !== null && !deedsFor(task).includes(deed))) continue
      if (await desk.isSeen(person, task)) names.push(name)
      if (names.length === 25) break
    }
    return names
  }

  async function list(by: Person, wish: ListWish, say: TaskWords): Promise<Answer> {
    const { tasks: shown, next } = await pageOf(
      wish,
      (which) => vault.tasks.page(which),
      (task) => desk.isSeen(by, task),
    )
    const reply = toThem(say.list(shown, wish.place === null))
    if (next === null) return reply
    const argument = [wish.place ?? '', wish.settled ? 'all' : '', next].join('.')
    return { ...reply, buttons: [{ verb: 'more', argument, label: say.buttons.more, style: 'plain' }] }
  }

  return feature({
    name: 'tasks',
    rights: { 'task.assign': 'member', 'task.look': 'member', 'task.answer': 'member' },
    words: { en, ko },
    commands: {
      'task assign': {
        right: 'task.assign',
        hidden: true,
        options: [
          { name: 'thread', type: 'text', required: true, suggests: true },
          { name: 'title', type: 'text', required: true },
          { name: 'details', type: 'text', required: false },
        ],
        run: assign,
        async complete({ person }, _option, typed) {
          const fitting = (await vault.liveSessions()).filter(({ name }) => name.includes(typed.trim()))
          const seen = await Promise.all(fitting.map(({ place }) => gate.sees(person, place)))
          return fitting.flatMap(({ name }, at) => (seen[at] === true ? [name] : [])).slice(0, 25)
        },
      },
      'task status': {
        right: 'task.look',
        hidden: true,
        options: [taskOption],
        async run(call, say) {
          const name = textOf(call, 'task')
          if (name === null) return refused(call, { code: 'option-missing', option: 'task' })
          const task = await desk.find(call.person, name)
          return task === null ? no(say, 'unknown', nameIn(name)) : toThem(say.card(task, false))
        },
        complete: (call, _option, typed) => suggest(call, typed, null),
      },
      'task list': {
        right: 'task.look',
        hidden: true,
        options: [
          { name: 'everywhere', type: 'flag', required: false },
          { name: 'all', type: 'flag', required: false },
        ],
        run(call, say) {
          const place = call.options.get('everywhere') === true ? null : call.place.id
          return list(call.person, { place, settled: call.options.get('all') === true, before: null }, say)
        },
      },
      'task accept': does('accept'),
      'task reject': { ...does('reject'), options: [taskOption, { name: 'reason', type: 'text', required: false }] },
      'task done': does('done'),
      'task cancel': does('cancel'),
    },
    buttons: {
      accept: presses('accept'),
      reject: {
        ...presses('reject'),
        async form({ person, argument }, say) {
          const task = await desk.find(person, argument)
          if (task === null) return { ...toThem(say.no('unknown', argument)), refused: true }
          return formOf(say.form, false)
        },
      },
      done: presses('done'),
      cancel: presses('cancel'),
      more: {
        right: 'task.look',
        answer: 'hidden',
        act({ person, argument }, say) {
          const [place = '', all = '', before = ''] = argument.split('.')
          const wish = {
            place: place === '' ? null : (place as PlaceId),
            settled: all === 'all',
            before: Number(before) || null,
          }
          return list(person, wish, say)
        },
      },
    },
    async start() {
      office.start()
    },
    async placeGone(place) {
      for (const task of await vault.tasks.openAt(place)) {
        if (task.to.place.id === place) await desk.withdraw(task)
        else await desk.moveOrigin(task)
      }
    },
  })
}

const taskOption: CommandOption<'task'> = { name: 'task', type: 'text', required: true, suggests: true }
