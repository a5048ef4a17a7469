import type { Command } from '../core/command.ts'
import { textOf } from './option.ts'
import { no, toAll } from './reply.ts'

/** `/session start name runtime [workdir] [model]` (SPEC F1). */
export const sessionStart: Command = {
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
    { name: 'model', type: 'text', required: false },
  ],

  async run(call) {
    const name = textOf(call, 'name')
    if (name === null) return no(call, { code: 'option-missing', option: 'name' })
    const runtime = textOf(call, 'runtime')
    if (runtime === null) return no(call, { code: 'option-missing', option: 'runtime' })
    const wish = { key: call.key, name, runtime, workdir: textOf(call, 'workdir'), model: textOf(call, 'model') }
    const started = await call.desk.startSession(call.person, call.place, wish)
    if (!started.ok) return no(call, started.refusal)
    const title = call.desk.runtimes().find((each) => each.name === started.value.runtime)?.title
    return toAll(call.say.sessionStarted(started.value, title ?? started.value.runtime))
  },

  async complete(call, option, typed) {
    return option === 'workdir' ? call.desk.suggestFolders(call.person, call.place, typed) : []
  },
}
