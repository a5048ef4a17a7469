import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Button, Press } from '../../src/core/button.ts'
import type { ChatMessage, Drawing, Inbox, InteractionDoor, Reply, Rendering, Shown } from '../../src/core/chat.ts'
import type { Call, Command, CommandText } from '../../src/core/command.ts'
import type { Desk } from '../../src/core/desk.ts'
import type { Entry, RunEvent } from '../../src/core/event.ts'
import type { MessageId, PersonId, PlaceId, PromptKey, RunId, SessionId } from '../../src/core/ids.ts'
import type { Interaction } from '../../src/core/interaction.ts'
import type { Log } from '../../src/core/log.ts'
import type { Person } from '../../src/core/person.ts'
import type { Place } from '../../src/core/place.ts'
import { usualTimings } from '../../src/core/timings.ts'
import { judge } from '../../src/core/policy.ts'
import { viewOf, type RunView } from '../../src/core/view.ts'
import { createDiscord, type DiscordChat, type DiscordOptions } from '../../src/discord/discord.ts'
import { dialRules } from '../../src/discord/guard.ts'
import { hostClock } from '../../src/system/host.ts'
import { formOf } from '../../src/core/form.ts'
import { Features, type Feature } from '../../src/core/feature.ts'
import { languages, rights } from '../features/product.ts'
import { startSandbox, type Sandbox, type SandboxOptions, type SeenPlace } from 'loopback-discord'
import { Oracle } from 'loopback-discord/oracle'
import { patienceMs } from '../patience.ts'

export const words = languages(null)

/** Keeps every line, to be asked what was said. */
class KeptLog implements Log {
  readonly lines: { level: string; message: string; fields: Record<string, unknown> }[] = []

  debug = (fields: object, message: string): void => this.#keep('debug', fields, message)
  info = (fields: object, message: string): void => this.#keep('info', fields, message)
  warn = (fields: object, message: string): void => this.#keep('warn', fields, message)
  error = (fields: object, message: string): void => this.#keep('error', fields, message)

  all(message: string): Record<string, unknown>[] {
    return this.lines.filter((line) => line.message === message).map((line) => line.fields)
  }

  #keep(level: string, fields: object, message: string): void {
    this.lines.push({ level, message, fields: { ...fields } })
  }
}

/** Dialled without much ado. */
export const quickRules = {
  ...dialRules,
  firstPauseMs: 100,
  longestPauseMs: 400,
  longestIdentifyPauseMs: 400,
  identifyEveryMs: 100,
}

const nowhere: InteractionDoor = {
  acknowledge: () => Promise.resolve(false),
  work: () => Promise.reject(new Error('nobody is there')),
  answer: () => Promise.resolve(false),
  decline: () => Promise.resolve(),
}

/** An inbox that writes down what it is told, in order. */
class KeptInbox implements Inbox {
  /** The chat's side of interactions. */
  door: InteractionDoor = nowhere
  readonly heard: ChatMessage[] = []
  readonly story: string[] = []
  readonly gone: PlaceId[] = []
  readonly edits: ChatMessage[] = []
  /** Who typed where. */
  readonly typed: { readonly place: Place; readonly person: PersonId; readonly roles: readonly string[] }[] = []
  readonly deletions: MessageId[] = []
  readonly presses: Press[] = []
  /** What could not be answered any more. */
  readonly unsaid: PromptKey[] = []
  readonly failures: unknown[] = []
  gaps = 0
  answer: (press: Press) => Promise<Reply | Shown> = async () => ({
    text: 'pressed',
    hidden: true,
  })

  message(message: ChatMessage): void {
    this.heard.push(message)
    this.story.push(message.text)
  }

  readonly hidden: (readonly string[])[] = []

  secretHidden(_place: PlaceId | null, rules: readonly string[]): void {
    this.hidden.push(rules)
  }

  edited(message: ChatMessage): void {
    this.edits.push(message)
  }

  deleted(_place: PlaceId, messages: readonly MessageId[]): void {
    this.deletions.push(...messages)
  }

  /** Straight through its steps, as when nothing dies. */
  interaction(interaction: Interaction): void {
    const { door } = this
    const steps = async (): Promise<void> => {
      if (!(await door.acknowledge(interaction))) return
      const isSaid = await door.answer(interaction, await this.#work(interaction))
      if (!isSaid) this.unsaid.push(interaction.key)
    }
    steps().catch((error: unknown) => this.failures.push(error))
  }

  #work(interaction: Interaction): Promise<Reply | Shown> {
    return this.door.work(interaction, { read: () => null, keep: () => Promise.resolve() })
  }

  gap(): void {
    this.gaps++
    this.story.push('(gap)')
  }

  typing(place: Place, person: Person): void {
    this.typed.push({ place, person: person.id, roles: person.roles })
  }

  placeChanged(): void {}

  placeGone(place: PlaceId): void {
    this.gone.push(place)
  }
}

/** A command that only says who did what. */
export function echoCommand(path: Command['path'], over: Partial<Command> = {}): Command {
  return {
    path,
    text: { en: textOf(path, over), ko: textOf(path, over) },
    right: 'session.list',
    hidden: false,
    options: [],
    run: async (call: Call) => ({
      text: `${path.join(' ')} by ${call.person.name} in ${call.place.kind}`,
      hidden: false,
    }),
    ...over,
  }
}

function textOf(path: Command['path'], { options = [] }: Partial<Command>): CommandText {
  return { description: path.join(' '), options: Object.fromEntries(options.map(({ name }) => [name, name])) }
}

/** `commands`: people can do nothing but these. */
type BotOptions = Partial<DiscordOptions> & { readonly commands?: readonly Command[] }

export interface SceneOptions {
  readonly sandbox?: SandboxOptions
  readonly discord?: BotOptions
  /** Leaves the opening to the test. */
  readonly closed?: boolean
  /** The test sends what Discord never would, so its description is not asked. */
  readonly lawless?: boolean
}

/** A sandbox with a bot in it that is nothing but the chat door. */
export class Scene implements AsyncDisposable {
  readonly sandbox: Sandbox
  readonly log = new KeptLog()
  readonly inbox = new KeptInbox()
  readonly chat: DiscordChat
  readonly #others: DiscordChat[] = []
  readonly #oracle: Oracle
  readonly #options: SceneOptions

  private constructor(sandbox: Sandbox, oracle: Oracle, options: SceneOptions) {
    this.sandbox = sandbox
    this.#oracle = oracle
    this.#options = options
    this.chat = this.#newChat()
    this.inbox.door = this.chat.interactions
  }

  static async open(options: SceneOptions = {}): Promise<Scene> {
    const oracle = await Oracle.load()
    const sandbox = await startSandbox({
      watchers: [oracle],
      // A busy machine is no trouble of Discord's.
      patienceMs,
      world: {
        guild: {
          channels: ['general', 'work'],
          roles: [{ name: 'owner' }],
          people: [
            { name: 'olivia', roles: ['owner'], owner: true },
            { name: 'alice', displayName: 'Alice' },
            { name: 'minji', roles: ['owner'], locale: 'ko' },
          ],
        },
      },
      // A busy machine is no story: what is about the deadline sets its own.
      deadlines: { answer: 20_000 },
      ...options.sandbox,
    })
    const scene = new Scene(sandbox, oracle, options)
    if (options.closed === true) return scene
    try {
      await scene.chat.open(scene.inbox)
      return scene
    } catch (error) {
      await scene[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Another life of the bot on the same Discord. */
  another(over: BotOptions = {}): DiscordChat {
    const chat = this.#newChat(over)
    this.#others.push(chat)
    return chat
  }

  get owner(): string {
    for (const guild of this.sandbox.world.guilds.values()) {
      for (const role of guild.roles.values()) if (role.name === 'owner') return role.id
    }
    throw new Error('this world has no owner role')
  }

  place(name: string): Place {
    return { kind: 'channel', id: this.sandbox.channel(name) as PlaceId, guild: this.sandbox.guildId }
  }

  thread(seen: SeenPlace): Place {
    const channel = this.sandbox.channel('general') as PlaceId
    return { kind: 'thread', id: seen.id as PlaceId, channel, guild: this.sandbox.guildId }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const chat of [this.chat, ...this.#others]) await chat.close()
    await this.sandbox.close()
    // Everything said in this scene was what Discord's own description allows.
    if (this.#options.lawless !== true) this.#oracle.assertClean()
  }

  #newChat(over: BotOptions = {}): DiscordChat {
    const commands = over.commands ?? this.#options.discord?.commands ?? [echoCommand(['health'])]
    return createDiscord({
      token: this.sandbox.bot.token,
      api: this.sandbox.api,
      guild: this.sandbox.guildId,
      features: this.#features(commands),
      desk: () => this.#desk(),
      catalogue: words,
      clock: hostClock,
      log: this.log,
      timings: { ...usualTimings, tryAgainAfterMs: [50, 150, 400], suggestWithinMs: 15_000 },
      dialRules: quickRules,
      ...this.#options.discord,
      ...over,
    })
  }

  /** What the cards and approvals of this folder carry; each only says that it was used. */
  #features(commands: readonly Command[]): Features {
    const none = { en: {}, ko: {} }
    const act = (press: Press): Promise<Reply | Shown> => {
      this.inbox.presses.push(press)
      return this.inbox.answer(press)
    }
    const form = async () => formOf({ title: 'Why', label: 'Why not', placeholder: 'Say it' }, false)
    const stop: Button = { right: 'run.stop-own', asksItself: true, answer: 'hidden', act }
    const pick: Button = { ...stop, answer: 'in-place' }
    const feature = (name: string, buttons: Readonly<Record<string, Button>>): Feature => {
      return {
        name,
        rights: {},
        deeds: none,
        groups: none,
        commands: [],
        tools: [],
        buttons: new Map(Object.entries(buttons)),
      }
    }
    return new Features([
      { ...feature('runs', { stop }), commands },
      feature('approvals', { pick, other: { ...pick, form } }),
    ])
  }

  /** The gate alone; nothing in this folder asks a desk for more. */
  #desk(): Desk {
    const desk: Pick<Desk, 'judge' | 'refused'> = {
      refused: async () => [],
      judge: async (person, action, place) =>
        judge(person, action, place, {
          rights,
          owners: { role: this.owner, user: null },
          grants: [],
          channelOwnerOnly: false,
        }),
    }
    return desk as Desk
  }
}

/** A run's story as its view; each event a second after the one before, unless it says when. */
export function viewAfter(
  place: Place,
  events: readonly (RunEvent | { readonly at: number; readonly event: RunEvent })[],
): RunView {
  const run = randomUUID() as RunId
  const speaker: Person = { id: '1' as PersonId, name: 'alice', locale: 'en', roles: [] }
  const start = 1_700_000_000_000
  const asked: RunEvent = {
    type: 'asked',
    prompt: {
      key: randomUUID() as PromptKey,
      session: 's' as SessionId,
      place,
      speaker,
      text: 'do it',
      message: '5' as MessageId,
      askedAt: start,
      tier: 'owner',
      attachments: [],
      context: [],
    },
  }
  let at = start
  const entries: Entry[] = [asked, ...events].map((each, seq) => {
    const timed = 'event' in each ? each : { at: seq * 1000, event: each }
    at = Math.max(at, start + timed.at)
    return { run, seq, at, event: timed.event }
  })
  const view = viewOf(entries)
  if (view === null) throw new Error('these events make no run')
  return view
}

export function drawing(view: RunView, over: Partial<Drawing> = {}): Drawing {
  return {
    view,
    line: null,
    now: view.askedAt + 10_000,
    frozen: [],
    session: 'shop',
    question: null,
    verbosity: 'normal',
    ...over,
  }
}

/** A rendering as a run that says this would draw it. */
export function sheetSaying(chat: Pick<DiscordChat, 'draw'>, place: Place, text: string): Rendering {
  const view = viewAfter(place, [
    { type: 'admitted', account: 'default' as never },
    { type: 'started', pid: 1, warm: false, conversation: null },
    { type: 'said', block: 'a', text, whole: true },
  ])
  const [rendering] = chat.draw(drawing(view))
  if (rendering === undefined) throw new Error('nothing was drawn')
  return rendering
}

/** Waits for a condition; fails with a description when it does not come true in time. */
export async function until<T>(
  look: () => T | null | undefined | false,
  what: string,
  within = patienceMs,
): Promise<T> {
  const deadline = Date.now() + within
  for (;;) {
    const found = look()
    if (found !== null && found !== undefined && found !== false) return found
    if (Date.now() > deadline) throw new Error(`waited ${within} ms in vain for ${what}`)
    await sleep(10)
  }
}

export function nonce(): string {
  return randomUUID().replaceAll('-', '').slice(0, 25)
}
