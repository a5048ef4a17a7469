import { fillOptions, findCommand } from './command-line.ts'
import { PersonConnection } from './connection.ts'
import { Dealings, usualPatienceMs } from './dealings.ts'
import { Eyes } from './eyes.ts'
import { componentsOf } from './view.ts'
import type { IndexedCommand, OptionValues } from './command-line.ts'
import type { AttachedFile } from './connection.ts'
import type { Place, SeenPlace, WireChannel } from './eyes.ts'
import type { OpenModal, Outcome, Suggestion } from './outcome.ts'
import type { ChannelView, SeenMessage, ViewedComponent, WireMessage } from './view.ts'

export type { AttachedFile, OpenModal, Outcome, OptionValues, Place, SeenMessage, SeenPlace, Suggestion }

/** What to look for: a part of the text (embeds included), a pattern, or a test of one's own. */
export type Seeing = string | RegExp | ((message: SeenMessage) => boolean)

/** How much history a look back takes in; Discord's most. */
const PAGE = 100

interface SeeingOptions<Gone extends boolean> {
  /** milliseconds, default a minute */
  within?: number
  /** wait until no message fits any more */
  gone?: Gone
}

/**
 * A person of a test's story. Everything goes over the sandbox's real sockets and REST, as their Discord client would;
 * what they see is folded from what their own connection was told.
 */
export class Actor {
  readonly botId: string
  readonly #eyes = new Eyes()
  readonly #patienceMs: number
  readonly #dealings: Dealings
  #connection!: PersonConnection

  private constructor(botId: string, patienceMs: number) {
    this.botId = botId
    this.#patienceMs = patienceMs
    this.#dealings = new Dealings(this.#eyes, botId, () => this.#connection, patienceMs)
  }

  /**
   * Connects as the person with this token; resolves once they see their guild. `patienceMs`: how long they wait for
   * anything unless told otherwise.
   */
  static async connect(origin: string, token: string, botId: string, patienceMs = usualPatienceMs): Promise<Actor> {
    const actor = new Actor(botId, patienceMs)
    const hear = (name: string, data: Record<string, unknown>) => {
      actor.#eyes.hear(name, data)
      actor.#dealings.hear(name, data)
      actor.#eyes.stir()
    }
    actor.#connection = await PersonConnection.open(origin, token, hear, () => void actor.#catchUp())
    return actor
  }

  get id(): string {
    return this.#eyes.id
  }

  get name(): string {
    return this.#eyes.name
  }

  get guildId(): string {
    return this.#eyes.guildId
  }

  close(): void {
    this.#connection.close()
  }

  // ——— what they say and do ———

  async says(
    place: Place,
    text: string,
    extra: {
      replyTo?: { id: string }
      forwards?: { id: string; channelId: string }
      files?: readonly AttachedFile[]
      poll?: { question: { text: string }; answers: readonly { poll_media: { text: string } }[] }
    } = {},
  ): Promise<SeenMessage> {
    const channelId = this.place(place).id
    const { replyTo, forwards, poll } = extra
    const body = {
      content: text,
      nonce: this.#dealings.nextNonce(),
      ...(replyTo ? { message_reference: { message_id: replyTo.id } } : {}),
      ...(forwards ? { message_reference: { type: 1, message_id: forwards.id, channel_id: forwards.channelId } } : {}),
      ...(poll ? { poll } : {}),
    }
    const sent = await this.call<object>('POST', `/channels/${channelId}/messages`, body, extra.files)
    return this.#eyes.view(channelId).take(sent)
  }

  async edits(message: { id: string; channelId: string }, text: string): Promise<void> {
    await this.call('PATCH', `/channels/${message.channelId}/messages/${message.id}`, { content: text })
  }

  async deletes(message: { id: string; channelId: string }): Promise<void> {
    await this.call('DELETE', `/channels/${message.channelId}/messages/${message.id}`)
  }

  async reacts(message: { id: string; channelId: string }, emoji: string): Promise<void> {
    const path = `/channels/${message.channelId}/messages/${message.id}/reactions/${encodeURIComponent(emoji)}/@me`
    await this.call('PUT', path)
  }

  async typing(place: Place): Promise<void> {
    await this.call('POST', `/channels/${this.place(place).id}/typing`)
  }

  /** Starts a public thread in a channel, or from a message. */
  async opensThread(from: Place | SeenMessage, name: string): Promise<SeenPlace> {
    const path =
      typeof from === 'object' && 'channelId' in from
        ? `/channels/${from.channelId}/messages/${from.id}/threads`
        : `/channels/${this.place(from).id}/threads`
    return this.#eyes.learn(await this.call<WireChannel>('POST', path, { name, type: 11, auto_archive_duration: 1440 }))
  }

  async archives(thread: Place, locked = false): Promise<void> {
    await this.call('PATCH', `/channels/${this.place(thread).id}`, { archived: true, ...(locked ? { locked } : {}) })
  }

  /** Opens the DM with somebody; the bot by default. */
  async opensDm(userId: string = this.botId): Promise<SeenPlace> {
    return this.#eyes.learn(await this.call<WireChannel>('POST', '/users/@me/channels', { recipient_id: userId }))
  }

  /** How this person writes a mention of the bot, or of anybody. */
  mentions(userId: string = this.botId): string {
    return `<@${userId}>`
  }

  // ——— commands, components, forms ———

  /** Runs a slash command, e.g. `runs('general', '/session start', { name: 'shop' })`; resolves with its first answer. */
  async runs(place: Place, commandLine: string, options: OptionValues = {}): Promise<Outcome> {
    const channel = this.place(place)
    const { command, path } = findCommand(await this.commands(channel), commandLine)
    const { filled, files } = fillOptions(command, path, options)
    const data = { id: command.id, name: command.name, type: command.type, version: command.version, options: filled }
    return this.#dealings.deal(2, channel, data, undefined, files)
  }

  /** Opens a context menu command on a message or a user. */
  async opens(place: Place, commandName: string, targetId: string): Promise<Outcome> {
    const channel = this.place(place)
    const { command } = findCommand(await this.commands(channel), commandName)
    const data = { id: command.id, name: command.name, type: command.type, target_id: targetId }
    return this.#dealings.deal(2, channel, data)
  }

  /** Types into an option and returns what autocomplete offers. */
  async completes(place: Place, commandLine: string, options: OptionValues, focused: string): Promise<Suggestion[]> {
    const channel = this.place(place)
    const { command, path } = findCommand(await this.commands(channel), commandLine)
    const { filled } = fillOptions(command, path, { ...options, [focused]: options[focused] ?? '' }, focused)
    return this.#dealings.complete(channel, { id: command.id, name: command.name, type: command.type, options: filled })
  }

  /** The commands that this person is offered in a place. */
  async commands(place: Place): Promise<IndexedCommand[]> {
    const channel = this.place(place)
    const where = channel.guildId === null ? `/channels/${channel.id}` : `/guilds/${channel.guildId}`
    const index = await this.call<{ application_commands: IndexedCommand[] }>(
      'GET',
      `${where}/application-command-index`,
    )
    return index.application_commands
  }

  /** Presses a button by its label or custom id. */
  async clicks(message: SeenMessage, button: string): Promise<Outcome> {
    const found = this.#component(message, button, (type) => type === 2)
    const data = { component_type: 2, custom_id: found.custom_id }
    return this.#dealings.deal(3, this.place({ id: message.channelId }), data, message)
  }

  /** Chooses from a select by its custom id or placeholder; values may be given by label. */
  async chooses(message: SeenMessage, select: string, values: readonly string[]): Promise<Outcome> {
    const found = this.#component(message, select, (type) => type === 3 || (type >= 5 && type <= 8))
    const chosen = values.map((value) => found.options?.find((option) => option.label === value)?.value ?? value)
    const data = { component_type: found.type, custom_id: found.custom_id, values: chosen }
    return this.#dealings.deal(3, this.place({ id: message.channelId }), data, message)
  }

  /** Sends a form; `values` by custom id or label of the fields. */
  async submits(modal: OpenModal, values: Record<string, string | readonly string[]>): Promise<Outcome> {
    const components = modal.components.flatMap((outer) => {
      const field = outer.components?.[0] ?? (outer['component'] as ViewedComponent | undefined)
      if (!field?.custom_id) return []
      const preset = typeof field['value'] === 'string' ? field['value'] : []
      const given = values[field.custom_id] ?? values[String(field.label ?? outer.label)] ?? preset
      const filled = {
        type: field.type,
        id: field.id,
        custom_id: field.custom_id,
        ...(field.type === 4 ? { value: [given].flat().join('') } : { values: [given].flat() }),
      }
      const { type, id } = outer
      return type === 1 ? { type, id, components: [filled] } : { type, id, component: filled }
    })
    const data = { id: modal.id, custom_id: modal.customId, components }
    return this.#dealings.deal(5, this.place({ id: modal.channelId }), data)
  }

  // ——— what they see ———

  /** What this person sees in a place now, oldest first: live, with ephemerals to them and edit history. */
  async messages(place: Place): Promise<SeenMessage[]> {
    return (await this.#loaded(this.place(place).id)).present()
  }

  /** Waits until a message fits; fails after `within` with what the person saw instead. */
  async sees(place: Place, what: Seeing, options?: SeeingOptions<false>): Promise<SeenMessage>
  async sees(place: Place, what: Seeing, options: SeeingOptions<true>): Promise<undefined>
  async sees(place: Place, what: Seeing, options: SeeingOptions<boolean> = {}): Promise<SeenMessage | undefined> {
    const { id } = this.place(place)
    const view = await this.#loaded(id)
    const fits = matcher(what)
    const look = () => view.present().findLast((message) => fits(message))
    const within = options.within ?? this.#patienceMs
    const story = (verb: string) => () =>
      `${this.name} ${verb} ${String(what)} in ${this.#eyes.nameOf(id)}:\n${view.text()}`
    if (options.gone !== true) return this.#eyes.until(look, within, story('does not see'))
    await this.#eyes.until(() => look() === undefined, within, story('still sees'))
    return undefined
  }

  /** Waits until somebody (the bot) types in a place; `since` leaves out earlier typing. */
  async seesTyping(place: Place, options: { userId?: string; within?: number; since?: number } = {}): Promise<void> {
    const { id } = this.place(place)
    const userId = options.userId ?? this.botId
    await this.#eyes.until(
      () => this.#eyes.sawTyping(id, userId, options.since ?? 0),
      options.within ?? this.#patienceMs,
      () => `${this.name} does not see ${userId} typing in ${this.#eyes.nameOf(id)}`,
    )
  }

  /** Waits for a channel or thread by name. */
  async seesPlace(name: string, within: number = this.#patienceMs): Promise<SeenPlace> {
    const look = () => this.places().findLast((one) => one.name === name)
    return this.#eyes.until(look, within, () => `${this.name} sees no place "${name}"`)
  }

  /** Every channel, thread and DM this person sees. */
  places(): SeenPlace[] {
    return this.#eyes.places()
  }

  place(place: Place): SeenPlace {
    return this.#eyes.place(place)
  }

  /** What this person sees of a place, as text. */
  story(place: Place): string {
    return this.#eyes.view(this.place(place).id).text()
  }

  /** Waits until a question about what this person sees has an answer; looks again after each dispatch. */
  async waits<T>(
    question: () => T | null | undefined | false,
    within: number = this.#patienceMs,
    story = () => 'what was waited for did not come',
  ): Promise<T> {
    return this.#eyes.until(question, within, story)
  }

  /** Any REST call as this person; throws `Refused`. */
  call<T>(method: string, path: string, body?: object, files?: readonly AttachedFile[]): Promise<T> {
    return this.#connection.call<T>(method, path, body, files)
  }

  /** The view with history read once. */
  async #loaded(channelId: string): Promise<ChannelView> {
    const view = this.#eyes.view(channelId)
    if (!view.loaded) await this.#read(channelId)
    return view
  }

  async #read(channelId: string): Promise<void> {
    const view = this.#eyes.view(channelId)
    view.expectPage()
    view.takePage(await this.call<WireMessage[]>('GET', `/channels/${channelId}/messages?limit=${PAGE}`), PAGE)
    view.loaded = true
  }

  /** A new session knows nothing of what was said in between: history is read again. */
  async #catchUp(): Promise<void> {
    for (const channelId of this.#eyes.loadedViews()) {
      // Whoever waits meanwhile goes on waiting; a place that is gone has nothing to read.
      await this.#read(channelId).catch(() => {
        this.#eyes.view(channelId).loaded = false
      })
      this.#eyes.stir()
    }
  }

  #component(message: SeenMessage, wanted: string, fits: (type: number) => boolean): ViewedComponent {
    const all = [...componentsOf(message.components)].filter((one) => fits(one.type))
    const found = all.find((one) => one.label === wanted || one.custom_id === wanted || one['placeholder'] === wanted)
    if (found) return found
    const there = all.map((one) => String(one.label ?? one.custom_id)).join(', ')
    throw new Error(`The message has no "${wanted}" for ${this.name}; it has: ${there || 'nothing to press'}`)
  }
}

/** Everything in a message that is text to read. */
function spoken(message: SeenMessage): string {
  const inEmbeds = message.embeds.flatMap((embed) => [
    embed.title,
    embed.description,
    embed.author?.name,
    embed.footer?.text,
    ...(embed.fields ?? []).flatMap((field) => [field.name, field.value]),
  ])
  const inComponents = [...componentsOf(message.components)]
    .filter((one) => one.type === 10)
    .map((one) => String(one['content']))
  return [message.content, ...inEmbeds, ...inComponents].filter((part) => part !== undefined).join('\n')
}

function matcher(what: Seeing): (message: SeenMessage) => boolean {
  if (typeof what === 'function') return what
  return typeof what === 'string'
    ? (message) => spoken(message).includes(what)
    : (message) => what.test(spoken(message))
}
