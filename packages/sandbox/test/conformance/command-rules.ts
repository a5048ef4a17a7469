import assert from 'node:assert/strict'
import { after, before, describe } from 'node:test'
import { Routes } from 'discord.js'
import { code } from '../refusals.ts'
import { HandClock } from '../stage.ts'
import { check, text, times, upTo } from './rules.ts'
import type { Stage } from '../stage.ts'
import type { Rule } from './rules.ts'
import type { Steps } from './steps.ts'

const command = (over: object = {}) => ({ name: 'ruled', description: 'd', ...over })
const option = (index: number, over: object = {}) => ({ type: 3, name: `o${index}`, description: 'd', ...over })
const choices = (count: number, length = 1) =>
  times(count, (index) => ({ name: `${index}`.padEnd(length, 'n'), value: `${index}`.padEnd(length, 'v') }))
const misnamed = (name: string): Rule => ({
  what: `name: not "${name}"`,
  breaks: command({ name }),
  at: 'name',
  complaint: 'APPLICATION_COMMAND_INVALID_NAME',
})

/** https://discord.com/developers/docs/interactions/application-commands */
const RULES: readonly Rule[] = [
  upTo(32, 'name', 'name', (size) => command({ name: text(size) })),
  ...['Upper', 'two words', 'dot.ted', 'a/b'].map(misnamed),
  { what: 'name: of any script', fits: command({ name: '세션' }), breaks: command({ name: '세션 시작' }) },
  upTo(100, 'description', 'description', (size) => command({ description: text(size) })),
  {
    what: 'description: some',
    breaks: command({ description: '' }),
    at: 'description',
    complaint: 'BASE_TYPE_MIN_LENGTH',
  },
  upTo(25, 'options', 'options', (size) => command({ options: times(size, (index) => option(index)) })),
  upTo(25, 'choices', 'options.0.choices', (size) => command({ options: [option(0, { choices: choices(size) })] })),
  {
    what: 'text in all: 8000',
    fits: command({ options: [option(0, { choices: choices(25, 100) })] }),
    breaks: command({ options: times(2, (index) => option(index, { choices: choices(25, 100) })) }),
    at: '',
    complaint: 'APPLICATION_COMMAND_TOO_LARGE',
  },
  {
    what: 'required options: first',
    breaks: command({ options: [option(0), option(1, { required: true })] }),
    at: 'options.1',
    complaint: 'APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID',
  },
  {
    what: 'option names: each once',
    breaks: command({ options: [option(0), option(0)] }),
    at: 'options.1.name',
    complaint: 'APPLICATION_COMMAND_OPTIONS_NAME_INVALID',
  },
  {
    what: 'subcommands: only among themselves',
    breaks: command({ options: [{ type: 1, name: 's', description: 'd' }, option(0)] }),
    at: 'options',
    complaint: 'APPLICATION_COMMAND_OPTIONS_TYPE_INVALID',
  },
  {
    what: 'choices, or autocomplete',
    breaks: command({ options: [option(0, { autocomplete: true, choices: choices(1) })] }),
    at: 'options.0.choices',
    complaint: 'APPLICATION_COMMAND_OPTIONS_CHOICES_AUTOCOMPLETE_EXCLUSIVE',
  },
]

export function commandRules({ step, open, close }: Steps): void {
  describe('what a command may be', () => {
    const clock = new HandClock()
    let stage: Stage
    before(async () => {
      stage = await open({ clock })
    })
    after(() => close(stage))
    const ofGuild = () => Routes.applicationGuildCommands(stage.sandbox.bot.id, stage.sandbox.guildId)
    const put = (type: number, count: number) =>
      stage.client.rest.put(ofGuild(), {
        body: times(count, (index) => (type === 1 ? command({ name: `c${index}` }) : { type, name: `M ${index}` })),
      })

    for (const rule of RULES) {
      step(rule.what, () =>
        check(rule, (body) => stage.client.rest.post(Routes.applicationCommands(stage.sandbox.bot.id), { body })),
      )
    }
    for (const [what, type, most] of [
      ['user menus: 15', 2, 15],
      ['message menus: 15', 3, 15],
      ['slash commands: 100', 1, 100],
    ] as const) {
      step(what, async () => {
        await put(type, most)
        await assert.rejects(put(type, most + 1), code(30032, 400))
      })
    }
    step('new ones: 200 a day', async () => {
      const create = (name: string) => stage.client.rest.post(ofGuild(), { body: command({ name }) })
      await put(1, 0)
      // 130 were created above.
      await put(1, 70)
      await assert.rejects(create('one-more'), code(30034, 400))
      await create('c0')
      clock.ms += 24 * 3_600_000 + 1
      await create('one-more')
    })
  })
}
