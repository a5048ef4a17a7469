import {
  ApplicationCommandOptionType,
  ApplicationCommandType,
  InteractionType,
  MessageFlags,
  type APIApplicationCommandAutocompleteInteraction,
  type APIApplicationCommandInteraction,
  type APIChatInputApplicationCommandInteraction,
  type APIInteraction,
} from 'discord-api-types/v10'
import type { Button } from '../core/button.ts'
import type { Reply, Shown } from '../core/chat.ts'
import type { Call, Command, OptionValue } from '../core/command.ts'
import type { Features } from '../core/feature.ts'
import { wordsField, type Form } from '../core/form.ts'
import type { PromptKey } from '../core/ids.ts'
import type { Memo } from '../core/interaction.ts'
import { appOf } from '../core/option.ts'
import { refused } from '../core/reply.ts'
import type { ActionName } from '../core/right.ts'
import type { Sign } from './answers.ts'
import type { ChannelCache, ChannelFacts } from './channel-cache.ts'
import { writtenIn } from './components.ts'
import type { AskedCommand, Scene } from './interaction-scene.ts'
import type { People } from './people.ts'

export interface RoutingTools {
  readonly channelCache: ChannelCache
  readonly people: People
  readonly features: Features
}

/** What an interaction asks for. `right` is asked of the gate before anything else; null: whoever does it asks. */
export type Errand =
  | {
      readonly kind: 'work'
      /** For the log: `session start`, `approvals:approve`. */
      readonly what: string
      readonly sign: Sign
      readonly right: ActionName | null
      readonly apart?: true
      /** See `Button.secret`. */
      readonly secret?: true
      run(memo: Memo): Promise<Reply | Shown>
    }
  /** Nothing may go before a form: it is the answer itself. */
  | {
      readonly kind: 'form'
      readonly customId: string
      readonly right: ActionName | null
      open(): Promise<Reply | Form>
    }
  | { readonly kind: 'suggest'; readonly right: ActionName; choices(): Promise<readonly string[]> }
  | { readonly kind: 'unknown'; readonly what: string }

/** Says what an interaction asks for; the same for one that was kept by an earlier life. */
export class Routing {
  readonly #tools: RoutingTools

  constructor(tools: RoutingTools) {
    this.#tools = tools
  }

  errandOf(interaction: AskedCommand, scene: Scene): Errand {
    switch (interaction.type) {
      case InteractionType.ApplicationCommand:
        return this.#command(interaction, scene)
      case InteractionType.ApplicationCommandAutocomplete:
        return this.#suggest(interaction, scene)
      case InteractionType.MessageComponent: {
        const { data, message } = interaction
        return this.#button({ customId: data.custom_id, chosen: 'values' in data ? data.values : [] }, message, scene)
      }
      case InteractionType.ModalSubmit: {
        const { data, message } = interaction
        return this.#button({ customId: data.custom_id, written: writtenIn(data.components) }, message, scene)
      }
    }
  }

  #command(interaction: APIApplicationCommandInteraction, scene: Scene): Errand {
    const { data } = interaction
    const found = data.type === ApplicationCommandType.ChatInput ? this.#find(data, interaction) : null
    if (found === null) return { kind: 'unknown', what: data.name }
    const { command, options } = found
    const { opens } = command
    if (opens !== undefined) {
      const open = (): Promise<Reply | Form> => opens.form(callOf(scene, options, forgetful))
      return { kind: 'form', customId: opens.button, right: command.right, open }
    }
    return {
      kind: 'work',
      what: command.path.join(' '),
      sign: command.hidden && options.get(command.sharedBy ?? '') !== true ? 'hidden' : 'public',
      right: command.right,
      ...(command.apart === true ? { apart: true } : {}),
      run: (memo) => run(command, callOf(scene, options, memo)),
    }
  }

  #suggest(interaction: APIApplicationCommandAutocompleteInteraction, scene: Scene): Errand {
    const found = this.#find(interaction.data as Typed, interaction)
    if (found === null || found.focused === null) return { kind: 'unknown', what: interaction.data.name }
    const { command, options, focused } = found
    return {
      kind: 'suggest',
      right: command.right,
      choices: async () =>
        (await command.complete?.(callOf(scene, options, forgetful), focused.name, focused.typed)) ?? [],
    }
  }

  /** A button that was pressed, or (with `written`) its form that was sent. */
  #button(
    { customId, chosen = [], written }: Used,
    message: { readonly flags?: number } | undefined,
    { id, person, place, say }: Scene,
  ): Errand {
    const found = this.#tools.features.button(customId)
    if (found === null) return { kind: 'unknown', what: customId }
    const { button, argument } = found
    const texts = { text: written?.[wordsField] ?? '', written: written ?? {} }
    const press = { key: id as PromptKey, person, place, argument, chosen, ...texts, say }
    const right = button.asksItself === true ? null : button.right
    if (button.form !== undefined && written === undefined) {
      const open = async (): Promise<Reply | Form> => {
        const form = await button.form?.({ ...press, memo: forgetful })
        return form ?? { text: say.internalError(), hidden: true }
      }
      return { kind: 'form', customId, right, open }
    }
    const what = customId.split(':').slice(0, 2).join(':')
    const secret = button.secret === true ? ({ secret: true } as const) : {}
    const run = (memo: Memo): Promise<Reply | Shown> => button.act({ ...press, memo })
    return { kind: 'work', what, sign: signOf(button, message), right, ...secret, run }
  }

  /** The command that was used, with its options. */
  #find(data: Typed, from: From): Found | null {
    const [first] = data.options ?? []
    const isSub = first?.type === ApplicationCommandOptionType.Subcommand
    const path = isSub ? [data.name, first.name] : [data.name]
    const command = this.#tools.features.commands.find(
      (each) => each.path.length === path.length && each.path.every((name, index) => name === path[index]),
    )
    if (command === undefined) return null
    const options = new Map<string, OptionValue>()
    let focused: Found['focused'] = null
    for (const option of (isSub ? first.options : data.options) ?? []) {
      if (!('value' in option)) continue
      options.set(option.name, this.#valueOf(option.type, option.value, data, from))
      if ('focused' in option && option.focused) focused = { name: option.name, typed: String(option.value) }
    }
    return { command, options, focused }
  }

  /** Whom or what an option names, as Discord resolved it; '' when it is nothing we know (a category, say). */
  #valueOf(type: ApplicationCommandOptionType, value: unknown, data: Typed, from: From): OptionValue {
    const { people, channelCache } = this.#tools
    const id = String(value)
    if (type === ApplicationCommandOptionType.User) {
      const user = data.resolved?.users?.[id]
      if (user === undefined) return ''
      const person = people.person(user, data.resolved?.members?.[id] ?? null, from.guild_locale)
      return user.bot === true || user.system === true ? { app: person.name } : person
    }
    if (type === ApplicationCommandOptionType.Channel) {
      const channel = data.resolved?.channels?.[id]
      if (channel === undefined) return ''
      return channelCache.add({ ...(channel as ChannelFacts), guild_id: from.guild_id }) ?? channelCache.known(id) ?? ''
    }
    return typeof value === 'boolean' ? value : id
  }
}

/** An app never asks for anything, so nothing that is about people can be about one. */
function run(command: Command, call: Call): Promise<Reply> {
  const app = appOf(call)
  return app === null ? command.run(call) : Promise.resolve(refused(call, { code: 'person-is-app', name: app }))
}

function callOf({ id, person, place, say }: Scene, options: Call['options'], memo: Memo): Call {
  return { key: id as PromptKey, person, place, options, say, memo }
}

/** An interaction as it is kept: without what nobody reads again, above all the message whose button was pressed. */
export function trimmed(interaction: AskedCommand): object {
  const { message, ...rest } = interaction
  return message === undefined ? rest : { ...rest, message: { id: message.id, flags: message.flags } }
}

const forgetful: Memo = { read: () => null, keep: () => Promise.resolve() }

type Typed = APIChatInputApplicationCommandInteraction['data']
type From = Pick<APIInteraction, 'guild_id' | 'guild_locale'>

interface Used {
  readonly customId: string
  readonly chosen?: readonly string[]
  readonly written?: Readonly<Record<string, string>>
}

interface Found {
  readonly command: Command
  readonly options: ReadonlyMap<string, OptionValue>
  readonly focused: { readonly name: string; readonly typed: string } | null
}

function signOf({ answer }: Button, message: { readonly flags?: number } | undefined): Sign {
  if (answer !== 'in-place') return answer === 'hidden' ? 'hidden' : 'public'
  // Whether only one person sees the message that was acted upon.
  return ((message?.flags ?? 0) & MessageFlags.Ephemeral) === 0 ? 'message' : 'copy'
}
