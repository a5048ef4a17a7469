import type { REST } from '@discordjs/rest'
import {
  Routes,
  ApplicationCommandOptionType,
  ApplicationCommandType,
  InteractionContextType,
} from 'discord-api-types/v10'
import { pause, type Clock } from '../core/clock.ts'
import type { Command, CommandOption, CommandText } from '../core/command.ts'
import { messageOf } from '../core/failure.ts'
import type { Features } from '../core/feature.ts'
import type { Log } from '../core/log.ts'
import type { Localised } from '../core/person.ts'
import type { RequestQueues } from './request-queues.ts'

/** A command or option as Discord keeps it, reduced to what we say about it. */
interface Registered {
  readonly type?: number
  readonly name: string
  readonly description: string
  readonly description_localizations?: Readonly<Record<string, string>> | null
  readonly required?: boolean
  readonly autocomplete?: boolean
  readonly choices?: readonly Choice[]
  readonly options?: readonly Registered[]
  /** Where it is offered; left out or null: wherever its list holds. */
  readonly contexts?: readonly number[] | null
}

interface Choice {
  readonly name: string
  readonly name_localizations?: Readonly<Record<string, string>> | null
  readonly value: string
}

interface Kept extends Registered {
  readonly id: string
}

export interface SlashOptions {
  readonly rest: REST
  readonly queues: RequestQueues
  readonly application: string
  /** Null: commands are registered for all guilds and DMs. Those of one guild are offered in no DM: there they are another list. */
  readonly guild: string | null
  readonly features: Features
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
  /** Told why the last try failed; null: it did not. */
  readonly tried?: (trouble: string | null) => void
}

/** Pauses between tries to register, in milliseconds: doubling from the first to the last. */
const firstPauseMs = 30_000
const longestPauseMs = 30 * 60_000

/** Makes Discord's list of commands ours; what is unchanged is not sent. Tries until it works. Never rejects. */
export async function registerCommands(options: SlashOptions): Promise<void> {
  const { clock, log, signal } = options
  for (let pauseMs = firstPauseMs; !signal.aborted; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
    try {
      const sent = await sendChanges(options)
      log.info({ ...sent, guild: options.guild }, 'slash.registered')
      options.tried?.(null)
      return
    } catch (error) {
      options.tried?.(messageOf(error))
      const hint =
        'The bot works on without them. Was it invited with the scope applications.commands, into this guild?'
      log.warn({ error: messageOf(error), guild: options.guild, againInMs: pauseMs, hint }, 'slash.failed')
      await pause(clock, pauseMs, signal)
    }
  }
}

/** How many commands were sent, because they had changed. `inDms`: in the list for direct messages alone. */
interface Sent {
  readonly updated: number
  readonly inDms?: number
}

async function sendChanges(options: SlashOptions): Promise<Sent> {
  const { application, guild } = options
  const wanted = registrationOf(options.features)
  const everywhere = Routes.applicationCommands(application)
  if (guild === null) return { updated: await sendChangesOf(everywhere, wanted, options) }
  const updated = await sendChangesOf(Routes.applicationGuildCommands(application, guild), wanted, options)
  const direct = wanted.map((command) => ({ ...command, contexts: [InteractionContextType.BotDM] }))
  return { updated, inDms: await replaceList(everywhere, direct, options) }
}

/** Sends what differs; gives how many commands that were. */
async function sendChangesOf(
  list: `/${string}`,
  wanted: readonly Registered[],
  { rest, queues }: SlashOptions,
): Promise<number> {
  const kept = await readList(list, { rest, queues })
  const stale = kept.filter((each) => !wanted.some((command) => isSame(command, each)))
  const fresh = wanted.filter((command) => !kept.some((each) => shapeOf(each) === shapeOf(command)))
  // Room first: Discord keeps 100 at most.
  for (const { id } of stale) await call(queues, () => rest.delete(`${list}/${id}`))
  // A command of the same name is replaced.
  for (const body of fresh) await call(queues, () => rest.post(list, { body }))
  return stale.length + fresh.length
}

/** The whole list in one request, when anything of it differs. */
async function replaceList(
  list: `/${string}`,
  wanted: readonly Registered[],
  { rest, queues }: SlashOptions,
): Promise<number> {
  const kept = await readList(list, { rest, queues })
  const shapes = new Set(kept.map(shapeOf))
  const fresh = wanted.filter((command) => !shapes.has(shapeOf(command)))
  if (fresh.length === 0 && kept.length === wanted.length) return 0
  await call(queues, () => rest.put(list, { body: wanted }))
  return fresh.length
}

function readList(list: `/${string}`, { rest, queues }: Pick<SlashOptions, 'rest' | 'queues'>) {
  const query = new URLSearchParams({ with_localizations: 'true' })
  return call<readonly Kept[]>(queues, () => rest.get(list, { query }))
}

async function call<Value>(queues: RequestQueues, work: () => Promise<unknown>): Promise<Value> {
  const done = await queues.run('slash', work)
  if (!done.ok) throw done.error
  return done.value as Value
}

function isSame(a: Registered, b: Registered): boolean {
  return a.name === b.name && (a.type ?? 1) === (b.type ?? 1)
}

/** Discord's form of our commands; a path of two becomes a command with subcommands. */
function registrationOf(features: Features): readonly Registered[] {
  const groups = Map.groupBy(features.commands, (command) => command.path[0])
  return [...groups].map(([name, members]) => {
    const single = members.find((command) => command.path.length === 1)
    const type = ApplicationCommandType.ChatInput
    if (single !== undefined) {
      return { type, name, ...described(textOf(single)), options: optionsOf(single) }
    }
    const subcommands = members.map((command) => ({
      type: ApplicationCommandOptionType.Subcommand,
      name: command.path[1] as string,
      ...described(textOf(command)),
      options: optionsOf(command),
    }))
    const text = { en: features.group(name, 'en'), ko: features.group(name, 'ko') }
    return { type, name, ...described(text), options: subcommands }
  })
}

const optionTypes = {
  text: ApplicationCommandOptionType.String,
  flag: ApplicationCommandOptionType.Boolean,
  user: ApplicationCommandOptionType.User,
  place: ApplicationCommandOptionType.Channel,
} as const satisfies Record<CommandOption['type'], ApplicationCommandOptionType>

function optionsOf(command: Command): readonly Registered[] {
  // Discord wants the required ones first.
  const ordered = [...command.options].sort((a, b) => Number(b.required) - Number(a.required))
  return ordered.map((option) => ({
    type: optionTypes[option.type],
    name: option.name,
    ...described(inAll(command, ({ options }) => options[option.name] ?? option.name)),
    required: option.required,
    ...more(option),
  }))
}

function more(option: CommandOption): Pick<Registered, 'choices' | 'autocomplete'> {
  if (option.choices !== undefined) return { choices: option.choices().slice(0, 25).map(choiceOf) }
  return option.suggests === true ? { autocomplete: true } : {}
}

function choiceOf({ name, value }: { readonly name: string | Localised<string>; readonly value: string }): Choice {
  return typeof name === 'string' ? { name, value } : { name: name.en, name_localizations: { ko: name.ko }, value }
}

function textOf(command: Command): Localised<string> {
  return inAll(command, ({ description }) => description)
}

function inAll({ text }: Command, find: (text: CommandText) => string): Localised<string> {
  return { en: find(text.en), ko: find(text.ko) }
}

/** English for everybody, and Korean for those whose Discord is. */
function described({ en, ko }: Localised<string>): Pick<Registered, 'description' | 'description_localizations'> {
  return { description: en, description_localizations: { ko } }
}

/** A command as text to compare: only what we say about it, in one order, with Discord's defaults filled in. */
function shapeOf(command: Registered): string {
  const { contexts } = command
  const isForDms = contexts?.length === 1 && contexts[0] === InteractionContextType.BotDM
  return JSON.stringify([isForDms, plain(command, true)])
}

function plain(entry: Registered, isCommand: boolean): object {
  return {
    type: entry.type ?? ApplicationCommandType.ChatInput,
    name: entry.name,
    description: entry.description,
    korean: entry.description_localizations?.['ko'] ?? null,
    required: !isCommand && (entry.required ?? false),
    autocomplete: entry.autocomplete ?? false,
    choices: (entry.choices ?? []).map(({ name, name_localizations: names, value }) => [
      name,
      names?.['ko'] ?? null,
      value,
    ]),
    options: (entry.options ?? []).map((option) => plain(option, false)),
  }
}
