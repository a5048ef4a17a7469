import { buttonId, parseButtonId, type Button, type Press } from './button.ts'
import type { Reply, DrawnButton, Shown } from './chat.ts'
import type { Call, Command, CommandOption, CommandText } from './command.ts'
import { Problem } from './failure.ts'
import type { Form } from './form.ts'
import type { PlaceId } from './ids.ts'
import type { Locale, Localised } from './person.ts'
import type { ActionName, Requirement, RightsTable } from './right.ts'
import type { Tool } from './tool.ts'

/**
 * One thing people can do, as one value: its rights, its commands, its buttons, and their words in every language. Discord's
 * registration, the gate's table, the buttons' routing and the names of what may be done are folds over the list of these.
 */
export interface Feature {
  readonly name: string
  readonly rights: RightsTable
  /** What each right allows, as it goes on behind "may": `start sessions`. */
  readonly deeds: Localised<Readonly<Record<ActionName, string>>>
  /** Descriptions of commands that have only subcommands. */
  readonly groups: Localised<Readonly<Record<string, string>>>
  readonly commands: readonly Command[]
  /** By verb. */
  readonly buttons: ReadonlyMap<string, Button>
  /** What agents can do by it. */
  readonly tools: readonly Tool[]
  /** Called when the engine is taken up again, before Discord is connected. */
  start?(): Promise<void>
  /** A place was deleted. May be called again for the same one. */
  placeGone?(place: PlaceId): Promise<void>
}

/** The words that every feature has; its own ones stand beside them. */
export interface FeatureWords {
  readonly deeds: Readonly<Record<string, string>>
  readonly commands: Readonly<Record<string, CommandText>>
  readonly groups?: Readonly<Record<string, string>>
}

/** A feature as it is written down: what is missing in one of its languages does not compile. */
export interface Definition<Right extends string, Words extends FeatureWords, Verb extends string> extends Pick<
  Feature,
  'name' | 'start' | 'placeGone'
> {
  readonly rights: Readonly<Record<Right, Requirement>>
  /** The first language says which words there are. */
  readonly words: { readonly en: Words } & Localised<NoInfer<Words & Deeds<Right>>>
  /** By path: `'session start'` is a subcommand. */
  readonly commands: {
    readonly [Path in keyof Words['commands']]: FeatureCommand<
      NoInfer<Right>,
      Words,
      OptionOf<Words, Path>,
      NoInfer<Verb>
    >
  }
  /** For agents. Their words are English: they are a model's. */
  readonly tools?: readonly (Tool & { readonly right: NoInfer<Right> })[]
  /** By verb. */
  readonly buttons?: Readonly<Record<Verb, FeatureButton<NoInfer<Right>, Words, NoInfer<Verb>>>>
}

/** A command of a feature; `say` is the feature's own words in the person's language. */
export interface FeatureCommand<Right extends string, Words, Option extends string, Verb extends string> extends Pick<
  Command,
  'hidden' | 'sharedBy' | 'apart'
> {
  readonly right: Right
  readonly options: readonly CommandOption<Option>[]
  /** The form that it answers with comes back to this feature's button of that verb. */
  readonly opens?: { readonly verb: Verb; form(call: Call, say: Words): Promise<Form | Reply<never>> }
  /** Left out where it opens a form. */
  run?(call: Call, say: Words): Promise<Reply<NamedButton<Verb>>>
  complete?(call: Call, option: Option, typed: string): Promise<readonly string[]>
}

/** A button of a feature; `say` is the feature's own words in the person's language. */
export interface FeatureButton<Right extends string, Words, Verb extends string> extends Pick<
  Button,
  'asksItself' | 'answer' | 'secret'
> {
  readonly right: Right
  form?(press: Press, say: Words): Promise<Form | Reply<never>>
  act(press: Press, say: Words): Promise<Reply<NamedButton<Verb>> | Shown>
}

/** A button of this very feature, as it stands under a reply. */
export interface NamedButton<Verb extends string> extends Omit<DrawnButton, 'id'> {
  readonly verb: Verb
  readonly argument: string
}

type Deeds<Right extends string> = { readonly deeds: Readonly<Record<Right, string>> }
type OptionOf<
  Words extends FeatureWords,
  Path extends keyof Words['commands'],
> = keyof Words['commands'][Path]['options'] & string

/** Makes a feature of its definition. */
export function feature<Right extends string, Words extends FeatureWords, Verb extends string = never>(
  definition: Definition<Right, Words, Verb>,
): Feature {
  const { words, ...rest } = definition
  const { name } = rest
  const inAll = <Value>(find: (each: Words) => Value): Localised<Value> => ({ en: find(words.en), ko: find(words.ko) })
  const commands: Readonly<Record<string, FeatureCommand<Right, Words, string, Verb>>> = definition.commands
  const buttons: Readonly<Record<string, FeatureButton<Right, Words, Verb>>> = definition.buttons ?? {}
  return {
    ...rest,
    tools: definition.tools ?? [],
    deeds: inAll(({ deeds }) => deeds),
    groups: inAll(({ groups }) => groups ?? {}),
    commands: Object.entries(commands).map(([path, { opens, ...command }]): Command => ({
      ...command,
      path: pathOf(path),
      text: inAll(({ commands: texts }) => texts[path] ?? { description: path, options: {} }),
      ...(opens === undefined
        ? {}
        : {
            opens: {
              button: buttonId({ feature: name, verb: opens.verb, argument: '' }),
              form: (call: Call) => opens.form(call, words[call.person.locale]),
            },
          }),
      async run(call) {
        if (command.run === undefined) throw new Problem('bug', `/${path} opens a form and does nothing else.`)
        return withIds(name, await command.run(call, words[call.person.locale]))
      },
    })),
    buttons: new Map(Object.entries(buttons).map(([verb, button]) => [verb, buttonOf(name, button, words)])),
  }
}

function buttonOf<Right extends string, Words, Verb extends string>(
  feature: string,
  button: FeatureButton<Right, Words, Verb>,
  words: Localised<Words>,
): Button {
  const { right, asksItself = false, answer, secret } = button
  const speaks = (press: Press): Words => words[press.person.locale]
  const form = button.form?.bind(button)
  return {
    right,
    asksItself,
    answer,
    ...(secret === true ? { secret } : {}),
    async act(press) {
      const done = await button.act(press, speaks(press))
      return 'rendering' in done ? done : withIds(feature, done)
    },
    ...(form === undefined ? {} : { form: (press: Press) => form(press, speaks(press)) }),
  }
}

/** A reply whose buttons know whose they are. */
function withIds(feature: string, { buttons, list, ...reply }: Reply<NamedButton<string>>): Reply {
  const named = ({ verb, argument, label, style }: NamedButton<string>): DrawnButton => {
    return { id: buttonId({ feature, verb, argument }), label, style }
  }
  const items = list?.items.map(({ text, button }) =>
    button === undefined ? { text } : { text, button: named(button) },
  )
  return {
    ...reply,
    ...(buttons === undefined ? {} : { buttons: buttons.map(named) }),
    ...(list === undefined || items === undefined ? {} : { list: { head: list.head, items } }),
  }
}

function pathOf(path: string): Command['path'] {
  const [name = '', sub] = path.split(' ')
  return sub === undefined ? [name] : [name, sub]
}

/** Everything that follows from the list of features. */
export class Features {
  readonly all: readonly Feature[]
  /** The gate's table. */
  readonly rights: RightsTable
  readonly commands: readonly Command[]
  /** What every agent is offered. */
  readonly tools: readonly Tool[]

  /** Throws when two features claim the same name: that is a fault of whoever wrote the list. */
  constructor(all: readonly Feature[]) {
    this.all = all
    this.commands = all.flatMap(({ commands }) => commands)
    only(
      'command',
      this.commands.map(({ path }) => path.join(' ')),
    )
    this.tools = all.flatMap(({ tools }) => tools)
    only(
      'tool',
      this.tools.map(({ name }) => name),
    )
    only(
      'feature',
      all.map(({ name }) => name),
    )
    only(
      'right',
      all.flatMap(({ rights }) => Object.keys(rights)),
    )
    this.rights = Object.assign({}, ...all.map(({ rights }) => rights)) as RightsTable
  }

  /** The button behind an id in Discord, with what the id says to it; null: it is none of ours any more. */
  button(id: string): { readonly button: Button; readonly argument: string } | null {
    const parsed = parseButtonId(id)
    const button = this.all.find(({ name }) => name === parsed?.feature)?.buttons.get(parsed?.verb ?? '')
    return parsed === null || button === undefined ? null : { button, argument: parsed.argument }
  }

  /** At the start of a life. */
  async start(): Promise<void> {
    for (const each of this.all) await each.start?.()
  }

  /** A place was deleted. */
  async placeGone(place: PlaceId): Promise<void> {
    for (const each of this.all) await each.placeGone?.(place)
  }

  /** What an action is, as it goes on behind "may". */
  deed(action: ActionName, locale: Locale): string {
    for (const { deeds } of this.all) {
      const deed = deeds[locale][action]
      if (deed !== undefined) return deed
    }
    return action
  }

  /** The description of a command that has only subcommands. */
  group(name: string, locale: Locale): string {
    for (const { groups } of this.all) {
      const group = groups[locale][name]
      if (group !== undefined) return group
    }
    return name
  }
}

function only(what: string, names: readonly string[]): void {
  const twice = names.find((name, at) => names.indexOf(name) !== at)
  if (twice !== undefined) throw new Problem('bug', `Two features claim the ${what} ${twice}.`)
}
