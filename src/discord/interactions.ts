import type { RawFile, REST } from '@discordjs/rest'
import {
  MessageFlags,
  Routes,
  ApplicationCommandOptionType,
  ApplicationCommandType,
  InteractionResponseType,
  InteractionType,
  type APIApplicationCommandAutocompleteInteraction,
  type APIApplicationCommandInteraction,
  type APIChatInputApplicationCommandInteraction,
  type APIInteraction,
  type APIMessageComponentInteraction,
  type APIModalSubmitInteraction,
} from 'discord-api-types/v10'
import type { Button, Press } from '../core/button.ts'
import type { Reply, Shown } from '../core/chat.ts'
import type { Clock } from '../core/clock.ts'
import type { Call, Command, OptionValue } from '../core/command.ts'
import type { Desk } from '../core/desk.ts'
import { messageOf } from '../core/failure.ts'
import type { Features } from '../core/feature.ts'
import type { PromptKey } from '../core/ids.ts'
import type { Log } from '../core/log.ts'
import type { Person } from '../core/person.ts'
import type { Catalogue, Phrases } from '../core/phrases.ts'
import type { Place } from '../core/place.ts'
import type { ActionName } from '../core/right.ts'
import type { Atlas, ChannelFacts } from './atlas.ts'
import { isKeptFromUs, meaningOf, type Lanes } from './lanes.ts'
import type { People } from './people.ts'
import { modalOf, textIn } from './components.ts'
import { filesOf, wordsOf } from './outbound.ts'
import { messageLimit, split } from './split.ts'

/** Discord waits 3 s for the list of an autocomplete; what is not there by then is not offered. */
const suggestWithinMs = 2000
const mostChoices = 25
/** A replayed interaction is answered once: this many ids are remembered. */
const remembered = 2000

export interface InteractionsOptions {
  readonly rest: REST
  readonly lanes: Lanes
  readonly atlas: Atlas
  readonly people: People
  readonly features: Features
  readonly desk: () => Desk
  readonly catalogue: Catalogue
  readonly clock: Clock
  readonly log: Log
}

/** Who did something where, in their language. */
interface Scene {
  readonly id: string
  readonly token: string
  readonly application: string
  readonly person: Person
  readonly place: Place
  readonly say: Phrases
}

/**
 * Slash commands, buttons, selects, forms and autocomplete. Each is acknowledged before it is worked on: Discord waits 3 s for the
 * acknowledgement and 15 min for the answer. Nothing here throws.
 */
export class Interactions {
  readonly #with: InteractionsOptions
  readonly #seen = new Set<string>()

  constructor(options: InteractionsOptions) {
    this.#with = options
  }

  async take(interaction: APIInteraction): Promise<void> {
    if (this.#seen.has(interaction.id)) return
    this.#remember(interaction.id)
    try {
      if (interaction.type === InteractionType.ApplicationCommand) await this.#command(interaction)
      else if (interaction.type === InteractionType.ApplicationCommandAutocomplete) await this.#suggest(interaction)
      else if (interaction.type === InteractionType.MessageComponent) await this.#press(interaction)
      else if (interaction.type === InteractionType.ModalSubmit) await this.#submit(interaction)
    } catch (error) {
      this.#with.log.error({ interaction: interaction.id, error: messageOf(error) }, 'discord.interaction-failed')
    }
  }

  async #command(interaction: APIApplicationCommandInteraction): Promise<void> {
    const scene = this.#scene(interaction)
    if (scene === null) return
    const { log } = this.#with
    const { data } = interaction
    const found = data.type === ApplicationCommandType.ChatInput ? this.#find(data, interaction) : null
    if (found === null) {
      log.warn({ command: interaction.data.name }, 'command.unknown')
      await this.#answerAtOnce(scene, scene.say.internalError())
      return
    }
    const { command, options } = found
    const verdict = await this.#judge(scene, command.right)
    if (verdict !== null) {
      await this.#answerAtOnce(scene, verdict)
      return
    }
    const call: Call = {
      key: scene.id as PromptKey,
      person: scene.person,
      place: scene.place,
      options,
      say: scene.say,
    }
    await this.#work(scene, command.hidden, () => command.run(call), command.path.join(' '))
  }

  async #press(interaction: APIMessageComponentInteraction): Promise<void> {
    const { data, message } = interaction
    await this.#use(interaction, { customId: data.custom_id, chosen: 'values' in data ? data.values : [] }, message)
  }

  async #submit(interaction: APIModalSubmitInteraction): Promise<void> {
    const { data, message } = interaction
    await this.#use(interaction, { customId: data.custom_id, text: textIn(data.components) }, message)
  }

  /** A button that was pressed, or (with `text`) its form that was sent. */
  async #use(
    interaction: APIMessageComponentInteraction | APIModalSubmitInteraction,
    used: { readonly customId: string; readonly chosen?: readonly string[]; readonly text?: string },
    message: { readonly flags?: number } | undefined,
  ): Promise<void> {
    const scene = this.#scene(interaction)
    if (scene === null) return
    const { customId, chosen = [], text } = used
    const found = this.#with.features.button(customId)
    if (found === null) return this.#unknown(scene, customId)
    const { button, argument } = found
    const { id, person, place, say } = scene
    const press = { key: id as PromptKey, person, place, argument, chosen, text: text ?? '', say }
    const no = button.asksItself === true ? null : await this.#judge(scene, button.right)
    if (no !== null) return this.#answerAtOnce(scene, no)
    if (button.form !== undefined && text === undefined) return this.#open(scene, customId, button, press)
    const work = (): Promise<Reply | Shown> => button.act(press)
    if (button.answer === 'in-place') await this.#react(scene, isPrivate(message), work)
    else await this.#work(scene, button.answer === 'hidden', work, customId)
  }

  /** Nothing may go before a form, so the gate is asked within Discord's 3 s. */
  async #open(scene: Scene, customId: string, button: Button, press: Press): Promise<void> {
    const form = await button.form?.(press)
    if (form === undefined) return
    if (!('title' in form)) return this.#answerAtOnce(scene, form.text)
    await this.#callback(scene, { type: InteractionResponseType.Modal, data: modalOf(customId, form) })
  }

  async #unknown(scene: Scene, button: string): Promise<void> {
    this.#with.log.warn({ button }, 'button.unknown')
    await this.#answerAtOnce(scene, scene.say.internalError())
  }

  /**
   * Works on a button whose message shows by itself what came of it; a copy for this person alone is shown anew here.
   * Only a no needs words of its own.
   */
  async #react(scene: Scene, isCopy: boolean, work: () => Promise<Reply | Shown>): Promise<void> {
    if (!(await this.#callback(scene, { type: InteractionResponseType.DeferredMessageUpdate }))) return
    const answer = await this.#attempt(scene, work, 'react')
    const { rest, lanes, log } = this.#with
    const { application, token } = scene
    const call = (): Promise<unknown> => {
      if (!('sheet' in answer)) {
        const body = { content: answer.text, flags: MessageFlags.Ephemeral, allowed_mentions: { parse: [] } }
        return rest.post(Routes.webhook(application, token), { auth: false, body })
      }
      const { sheet } = answer
      const route = Routes.webhookMessage(application, token, '@original')
      return rest.patch(route, { auth: false, body: wordsOf(sheet, null), files: filesOf(sheet) })
    }
    if ('sheet' in answer && !isCopy) return
    const done = await lanes.attempt(`interaction ${scene.id}`, call)
    if (!done.ok) log.warn({ interaction: scene.id, error: messageOf(done.error) }, 'discord.answer-late')
  }

  async #suggest(interaction: APIApplicationCommandAutocompleteInteraction): Promise<void> {
    const scene = this.#scene(interaction)
    const found = scene === null ? null : this.#find(interaction.data as Typed, interaction)
    if (scene === null) return
    const { clock, log } = this.#with
    let choices: readonly string[] = []
    if (found !== null && found.focused !== null && (await this.#judge(scene, found.command.right)) === null) {
      const { command, options, focused } = found
      const call: Call = {
        key: scene.id as PromptKey,
        person: scene.person,
        place: scene.place,
        options,
        say: scene.say,
      }
      const timeout = Promise.withResolvers<readonly string[]>()
      const timer = clock.after(suggestWithinMs, () => timeout.resolve([]))
      try {
        choices = await Promise.race([command.complete?.(call, focused.name, focused.typed) ?? [], timeout.promise])
      } catch (error) {
        log.warn({ command: command.path.join(' '), error: messageOf(error) }, 'command.suggest-failed')
      } finally {
        timer[Symbol.dispose]()
      }
    }
    const fitting = choices.filter((choice) => choice !== '' && choice.length <= 100).slice(0, mostChoices)
    await this.#callback(scene, {
      type: InteractionResponseType.ApplicationCommandAutocompleteResult,
      data: { choices: fitting.map((choice) => ({ name: choice, value: choice })) },
    })
  }

  /** Acknowledges, works, shows the answer. `hidden`: the waiting sign is seen by the person only. */
  async #work(scene: Scene, hidden: boolean, work: () => Promise<Reply | Shown>, deed: string): Promise<void> {
    const acknowledged = await this.#callback(scene, {
      type: InteractionResponseType.DeferredChannelMessageWithSource,
      data: { flags: hidden ? MessageFlags.Ephemeral : 0 },
    })
    // The person was told that it failed and will do it again: working now would do it twice.
    if (!acknowledged) return
    const reply = await this.#attempt(scene, work, deed)
    if ('sheet' in reply) await this.#showSheet(scene, reply)
    else await this.#show(scene, hidden, reply)
  }

  async #attempt(scene: Scene, work: () => Promise<Reply | Shown>, deed: string): Promise<Reply | Shown> {
    try {
      return await work()
    } catch (error) {
      this.#with.log.error({ deed, interaction: scene.id, error: messageOf(error) }, 'command.failed')
      return { text: scene.say.internalError(), hidden: true }
    }
  }

  /** For the person alone, where the waiting sign is. */
  async #showSheet({ application, token, id }: Scene, { sheet }: Shown): Promise<void> {
    const { rest, lanes, log } = this.#with
    const route = Routes.webhookMessage(application, token, '@original')
    const options = { auth: false, body: wordsOf(sheet, null), files: filesOf(sheet) }
    const done = await lanes.attempt(`interaction ${id}`, () => rest.patch(route, options))
    if (!done.ok) log.warn({ interaction: id, error: messageOf(done.error) }, 'discord.answer-late')
  }

  /** Puts the answer where the waiting sign is; one that others may not see (or should) goes beside it instead. */
  async #show(scene: Scene, hidden: boolean, reply: Reply): Promise<void> {
    const { rest, lanes, log } = this.#with
    const original = Routes.webhookMessage(scene.application, scene.token, '@original')
    const webhook = Routes.webhook(scene.application, scene.token)
    const parts = split(reply.text, { limit: messageLimit, frozen: [], most: 5 }).map((slice) => slice.drawn)
    const same = reply.hidden === hidden
    const flags = reply.hidden ? MessageFlags.Ephemeral : 0
    const steps = parts.map((content, index) => () => {
      const body = { content, allowed_mentions: { parse: [] } }
      const files = index === parts.length - 1 ? fileOf(reply) : []
      if (index === 0 && same) return rest.patch(original, { auth: false, body, files })
      return rest.post(webhook, { auth: false, body: { ...body, flags }, files })
    })
    if (!same) steps.unshift(() => rest.delete(original, { auth: false }))
    for (const step of steps) {
      const done = await lanes.attempt(`interaction ${scene.id}`, step)
      if (done.ok) continue
      log.warn({ interaction: scene.id, error: messageOf(done.error) }, 'discord.answer-late')
      if (meaningOf(done.error).kind === 'expired' || isKeptFromUs(done.error))
        await this.#sayInPlace(scene, reply, parts)
      return
    }
  }

  /** After 15 min the interaction takes no answer any more. What only the person may see is not said aloud. */
  async #sayInPlace(scene: Scene, reply: Reply, parts: readonly string[]): Promise<void> {
    if (reply.hidden) return
    const { rest, lanes, log } = this.#with
    for (const [index, content] of parts.entries()) {
      const body = {
        content,
        allowed_mentions: { parse: [] },
        flags: MessageFlags.SuppressNotifications,
        nonce: `${scene.id}-${index}`,
        enforce_nonce: true,
      }
      const files = index === parts.length - 1 ? fileOf(reply) : []
      const route = Routes.channelMessages(scene.place.id)
      const done = await lanes.run(scene.place.id, () => rest.post(route, { body, files }))
      if (!done.ok) log.warn({ interaction: scene.id, error: messageOf(done.error) }, 'discord.answer-lost')
    }
  }

  async #answerAtOnce(scene: Scene, text: string): Promise<void> {
    const content = split(text, { limit: messageLimit, frozen: [], most: 1 })[0]?.drawn ?? text
    await this.#callback(scene, {
      type: InteractionResponseType.ChannelMessageWithSource,
      data: { content, flags: MessageFlags.Ephemeral, allowed_mentions: { parse: [] } },
    })
  }

  /** The first answer; false when Discord no longer takes one. */
  async #callback(scene: Scene, body: object): Promise<boolean> {
    const { rest, lanes, log } = this.#with
    const route = Routes.interactionCallback(scene.id, scene.token)
    const done = await lanes.attempt(`interaction ${scene.id}`, () => rest.post(route, { auth: false, body }))
    // A repeated try may find that the first one had arrived.
    if (done.ok || isAnswered(done.error)) return true
    log.warn({ interaction: scene.id, error: messageOf(done.error) }, 'discord.interaction-expired')
    return false
  }

  /** Why the gate says no, in the person's words; null when it says yes. */
  async #judge(scene: Scene, right: ActionName): Promise<string | null> {
    const verdict = await this.#with.desk().judge(scene.person, right, scene.place)
    return verdict.allowed ? null : scene.say.refusal(verdict.refusal)
  }

  #scene(interaction: Exclude<APIInteraction, { type: InteractionType.Ping }>): Scene | null {
    const { atlas, people, catalogue, log } = this.#with
    const user = interaction.member?.user ?? interaction.user
    const { channel } = interaction
    if (user === undefined || channel === undefined) return null
    people.remember(user.id, interaction.locale)
    const place = atlas.add({ ...(channel as ChannelFacts), guild_id: interaction.guild_id })
    if (place === null) {
      log.warn({ channel: channel.id }, 'discord.place-unknown')
      return null
    }
    const person = people.person(user, interaction.member ?? null, interaction.guild_locale)
    const { id, token, application_id: application } = interaction
    return { id, token, application, person, place, say: catalogue[person.locale] }
  }

  /** The command that was used, with its options. */
  #find(data: Typed, from: From): Found | null {
    const [first] = data.options ?? []
    const isSub = first?.type === ApplicationCommandOptionType.Subcommand
    const path = isSub ? [data.name, first.name] : [data.name]
    const command = this.#with.features.commands.find(
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
    const { people, atlas } = this.#with
    const id = String(value)
    if (type === ApplicationCommandOptionType.User) {
      const user = data.resolved?.users?.[id]
      return user === undefined ? '' : people.person(user, data.resolved?.members?.[id] ?? null, from.guild_locale)
    }
    if (type === ApplicationCommandOptionType.Channel) {
      const channel = data.resolved?.channels?.[id]
      if (channel === undefined) return ''
      return atlas.add({ ...(channel as ChannelFacts), guild_id: from.guild_id }) ?? atlas.known(id) ?? ''
    }
    return typeof value === 'boolean' ? value : id
  }

  #remember(id: string): void {
    this.#seen.add(id)
    const [oldest] = this.#seen
    if (this.#seen.size > remembered && oldest !== undefined) this.#seen.delete(oldest)
  }
}

type Typed = APIChatInputApplicationCommandInteraction['data']
type From = Pick<APIInteraction, 'guild_id' | 'guild_locale'>

interface Found {
  readonly command: Command
  readonly options: ReadonlyMap<string, OptionValue>
  readonly focused: { readonly name: string; readonly typed: string } | null
}

/** Whether only one person sees this message. */
function isPrivate(message: { readonly flags?: number } | undefined): boolean {
  return ((message?.flags ?? 0) & MessageFlags.Ephemeral) !== 0
}

function fileOf({ file }: Reply): RawFile[] {
  return file === undefined ? [] : [{ name: file.name, data: Buffer.from(file.text) }]
}

/** 40060: already acknowledged. */
function isAnswered(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 40_060
}
