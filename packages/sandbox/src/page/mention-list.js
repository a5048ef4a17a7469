// @ts-check
/** Completion of `@name` and `#channel` while writing; what goes out is Discord's own `<@id>`. */
import { avatar } from './avatar.js'
import { DM_TYPES } from './store.js'

/**
 * The word at the caret, when it begins a mention.
 * @param {string} text
 * @param {number} caret
 * @returns {{ mark: '@' | '#', typed: string, from: number } | null}
 */
export function mentionAt(text, caret) {
  const found = /(?:^|[\s(])([@#])([^\s@#]{0,32})$/u.exec(text.slice(0, caret))
  if (!found) return null
  const typed = found[2] ?? ''
  return { mark: found[1] === '#' ? '#' : '@', typed, from: caret - typed.length - 1 }
}

/**
 * @param {'@' | '#'} mark
 * @param {import('./store.js').Store} store
 * @param {import('./store.js').Channel | undefined} place
 * @returns {import('./listbox.js').Item[]}
 */
export function mentionable(mark, store, place) {
  const guild = place?.guild_id ? store.guilds.get(place.guild_id) : undefined
  if (mark === '#') {
    return [...store.channels.values()]
      .filter((channel) => channel.guild_id === place?.guild_id && !DM_TYPES.has(channel.type) && channel.type !== 4)
      .map((channel) => ({ value: `<#${channel.id}>`, title: `#${store.titleOf(channel)}` }))
  }
  const users = guild ? [...guild.members.values()].map((member) => member.user) : (place?.recipients ?? [])
  const people = users.map((user) => ({
    value: `<@${user.id}>`,
    title: store.nameOf(user.id, guild?.id),
    detail: user.username,
    face: avatar(user, 'small'),
  }))
  const roles = [...(guild?.roles.values() ?? [])]
    // An application's own role has its name: who picks it reaches nobody, though it looks right.
    .filter((role) => role.id !== guild?.id && !role.managed)
    .map((role) => ({ value: `<@&${role.id}>`, title: role.name, detail: 'role' }))
  return [...people, ...roles]
}

/**
 * What a person typed as a name becomes the mention it means: `@Mina hello` reaches Mina also when it was not picked.
 * @param {string} text
 * @param {import('./listbox.js').Item[]} items
 */
export function resolveMentions(text, items) {
  /** @type {Map<string, string>} */
  const byName = new Map()
  for (const { title, detail, value } of items) {
    const names = value.startsWith('<@&') ? [title] : [title, detail ?? title]
    for (const name of names) if (!byName.has(name.toLowerCase())) byName.set(name.toLowerCase(), value)
  }
  const names = [...byName.keys()].toSorted((a, b) => b.length - a.length)
  const resolve = (/** @type {string} */ plain) =>
    plain.replaceAll(/(?<=^|[\s(])@([^\n@]+)/gu, (whole, rest) => {
      const name = names.find(
        (one) => rest.toLowerCase().startsWith(one) && !/[\p{L}\p{N}_-]/u.test(rest[one.length] ?? ' '),
      )
      return name === undefined ? whole : `${byName.get(name)}${rest.slice(name.length)}`
    })
  // Code is quoted, not spoken: what stands in it stays as it is.
  return text
    .split(/(```[\s\S]*?```|`[^`\n]*`)/)
    .map((piece, index) => (index % 2 === 1 ? piece : resolve(piece)))
    .join('')
}
