import type { REST } from '@discordjs/rest'
import { Routes, ApplicationCommandOptionType, ApplicationCommandType } from 'discord-api-types/v10'
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
  readonly choices?: readonly { readonly name: string; readonly value: string }[]
  readonly options?: readonly Registered[]
}

interface Kept extends Registered {
  readonly id: string
}

export interface SlashOptions {
  readonly rest: REST
  readonly queues: RequestQueues
  readonly application: string
  /** Null: commands are registered for all guilds and DMs. */
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
      const updated = await sendChanges(options)
      log.info({ updated, guild: options.guild }, 'slash.registered')
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

/** Sends what differs; gives how many commands that were. */
async function sendChanges(options: SlashOptions): Promise<number> {
  const { rest, queues, application, guild } = options
  const list =
    guild === null ? Routes.applicationCommands(application) : Routes.applicationGuildCommands(application, guild)
  async function call<Value>(work: () => Promise<unknown>): Promise<Value> {
    const done = await queues.run('slash', work)
    if (!done.ok) throw done.error
    return done.value as Value
  }
  const query = new URLSearchParams({ with_localizations: 'true' })
  const kept = await call<readonly Kept[]>(() => rest.get(list, { query }))
  const wanted = registrationOf(options.features)
  const stale = kept.filter((each) => !wanted.some((command) => isSame(command, each)))
  const fresh = wanted.filter((command) => !kept.some((each) => shapeOf(each) === shapeOf(command)))
  // Room first: Discord keeps 100 at most.
  for (const { id } of stale) await call(() => rest.delete(`${list}/${id}`))
  // A command of the same name is replaced.
  for (const body of fresh) await call(() => rest.post(list, { body }))
  return stale.length + fresh.length
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
  if (option.choices !== undefined) return { choices: option.choices().slice(0, 25) }
  return option.suggests === true ? { autocomplete: true } : {}
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
  return JSON.stringify(plain(command, true))
}

function plain(entry: Registered, isCommand: boolean): object {
  return {
    type: entry.type ?? ApplicationCommandType.ChatInput,
    name: entry.name,
    description: entry.description,
    korean: entry.description_localizations?.['ko'] ?? null,
    required: !isCommand && (entry.required ?? false),
    autocomplete: entry.autocomplete ?? false,
    choices: (entry.choices ?? []).map(({ name, value }) => [name, value]),
    options: (entry.options ?? []).map((option) => plain(option, false)),
  }
}
