// @ts-check
/** Application commands as a person picks them: one entry per thing that can be run, and the call it becomes. */
import { t } from './words.js'

/** @typedef {{ type: number, name: string, description: string, required?: boolean, choices?: any[], autocomplete?: boolean, min_value?: number, max_value?: number, min_length?: number, max_length?: number, channel_types?: number[], options?: Option[], name_localizations?: any, description_localizations?: any, name_localized?: string, description_localized?: string }} Option */
/** @typedef {{ key: string, title: string, description: string, command: any, path: Option[], options: Option[], application: string }} Entry */

const SUBCOMMAND = 1
const GROUP = 2
/** What an option wants, in words. */
const KINDS = new Map([
  [3, 'text'],
  [4, 'whole number'],
  [5, 'yes or no'],
  [6, 'person'],
  [7, 'channel'],
  [8, 'role'],
  [9, 'person or role'],
  [10, 'number'],
  [11, 'file'],
])

/** What an option wants, in the page's language. @param {{ type: number }} option */
export function kindOf({ type }) {
  return t(KINDS.get(type) ?? 'value')
}

/**
 * @param {any} part a command, option or choice
 * @param {'name' | 'description'} what
 * @param {string} locale
 * @returns {string}
 */
export function localized(part, what, locale) {
  return part[`${what}_localizations`]?.[locale] ?? part[`${what}_localized`] ?? part[what] ?? ''
}

/**
 * The chat commands of an index, every subcommand an entry of its own.
 * @param {any} index answer of `application-command-index`
 * @param {string} locale
 * @returns {Entry[]}
 */
export function entriesOf(index, locale) {
  const names = new Map(
    (index.applications ?? []).map((/** @type {any} */ one) => [one.id, one.name ?? one.bot?.username]),
  )
  const chat = (index.application_commands ?? []).filter((/** @type {any} */ command) => (command.type ?? 1) === 1)
  const entries = chat.flatMap((/** @type {any} */ command) => {
    return leaves(command, []).map((path) => {
      const last = path.at(-1) ?? command
      const words = [command, ...path].map((part) => localized(part, 'name', locale))
      return {
        key: [command.id, ...path.map((part) => part.name)].join(' '),
        title: `/${words.join(' ')}`,
        description: localized(last, 'description', locale),
        command,
        path,
        options: (last.options ?? []).filter((/** @type {Option} */ option) => option.type > GROUP),
        application: names.get(command.application_id) ?? '',
      }
    })
  })
  // By command; what a command has below it stays in the order its application gave it, like in Discord.
  const nameOf = (/** @type {Entry} */ { title }) => title.split(' ')[0] ?? ''
  return entries.toSorted((/** @type {Entry} */ a, /** @type {Entry} */ b) => nameOf(a).localeCompare(nameOf(b)))
}

/**
 * @param {{ options?: Option[] }} part
 * @param {Option[]} path
 * @returns {Option[][]}
 */
function leaves(part, path) {
  const deeper = (part.options ?? []).filter((option) => option.type === SUBCOMMAND || option.type === GROUP)
  return deeper.length === 0 ? [path] : deeper.flatMap((option) => leaves(option, [...path, option]))
}

/** Context menu commands. @param {any} index @param {2 | 3} type 2 for people, 3 for messages @returns {any[]} */
export function menuCommands(index, type) {
  return (index.application_commands ?? []).filter((/** @type {any} */ command) => command.type === type)
}

/**
 * The `data` of an interaction for this entry.
 * @param {Entry} entry
 * @param {{ type: number, name: string, value: unknown, focused?: boolean }[]} values
 */
export function callOf({ command, path }, values) {
  const options = path.reduceRight(
    (/** @type {any[]} */ inner, { type, name }) => [{ type, name, options: inner }],
    values,
  )
  return {
    id: command.id,
    name: command.name,
    type: command.type ?? 1,
    version: command.version,
    options,
    attachments: [],
  }
}

/**
 * What an option with a fixed set offers; null when it takes free text.
 * @param {Option} option
 * @param {{ store: import('./store.js').Store, guildId: string | undefined, locale: string }} around
 * @returns {import('./listbox.js').Item[] | null}
 */
export function offersOf(option, { store, guildId, locale }) {
  if (option.choices?.length) {
    return option.choices.map((choice) => ({ value: String(choice.value), title: localized(choice, 'name', locale) }))
  }
  const guild = guildId ? store.guilds.get(guildId) : undefined
  const people = () =>
    [...(guild?.members.values() ?? [])].map(({ user }) => {
      return { value: user.id, title: store.nameOf(user.id, guildId), detail: user.username }
    })
  const roles = () =>
    [...(guild?.roles.values() ?? [])].map((role) => ({ value: role.id, title: role.name, detail: 'role' }))
  switch (option.type) {
    case 5:
      return [
        { value: 'true', title: t('True') },
        { value: 'false', title: t('False') },
      ]
    case 6:
      return people()
    case 7:
      return [...store.channels.values()]
        .filter(
          (channel) =>
            channel.guild_id === guildId &&
            (!option.channel_types?.length || option.channel_types.includes(channel.type)),
        )
        .map((channel) => ({ value: channel.id, title: `#${store.titleOf(channel)}` }))
    case 8:
      return roles()
    case 9:
      return [...people(), ...roles()]
    default:
      return null
  }
}
