import type { PhrasedCommand } from './phrased.ts'
import { textOf } from '../core/option.ts'
import { refused, toAll } from '../core/reply.ts'

/** `/session start name runtime [workdir] [model] [worktree] [trust]` (SPEC F1). */
export const sessionStart: PhrasedCommand = {
  path: ['session', 'start'],
  words: 'session start',
  action: 'session.start',
  hidden: false,
  options: [
    { name: 'name', type: 'text', required: true },
    {
      name: 'runtime',
      type: 'text',
      required: true,
      choices: (desk) => desk.runtimes().map(({ name, title }) => ({ name: title, value: name })),
    },
    { name: 'workdir', type: 'text', required: false, suggests: true },
    { name: 'model', type: 'text', required: false, suggests: true },
    { name: 'worktree', type: 'flag', required: false },
    { name: 'trust', type: 'flag', required: false },
  ],

  async run(call) {
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
    const started = await call.desk.startSession(call.person, call.place, wish)
    if (!started.ok) return refused(call, started.refusal)
    const { session, takenUp } = started.value
    const title = call.desk.runtimes().find((each) => each.name === session.runtime)?.title
    return toAll(call.say.sessionStarted(session, title ?? session.runtime, takenUp))
  },

  async complete(call, option, typed) {
    if (option === 'workdir') return call.desk.suggestFolders(call.person, call.place, typed)
    return option === 'model' ? call.desk.suggestModels(call.person, call.place, typed, textOf(call, 'runtime')) : []
  },
}
