// @ts-check
/** The right side: who is here, under the roles that stand out. */
import { avatar } from './avatar.js'
import { choose } from './chooser.js'
import { menuCommands } from './commands.js'
import { element, morphChildren } from './element.js'
import { roleColour } from './message-view.js'
import { t } from './words.js'

export class Members {
  #page
  #list = element('div', { class: 'member-list' })

  /** @param {import('./page.js').Page} page */
  constructor(page) {
    this.#page = page
    this.element = element('aside', { class: 'members', 'aria-label': t('Members') }, this.#list)
    this.#list.addEventListener('click', (event) => {
      const line = event.target instanceof Element ? event.target.closest('[data-user]') : null
      if (line) void showPerson(page, line.getAttribute('data-user') ?? '', line)
    })
  }

  draw() {
    const { store } = this.#page.session
    const channel = store.channels.get(this.#page.place ?? '')
    const guild = channel?.guild_id ? store.guilds.get(channel.guild_id) : undefined
    if (!guild) {
      const people = [...(channel?.recipients ?? []), ...(store.me ? [store.me] : [])]
      morphChildren(this.#list, [
        this.#group(
          t('In this conversation'),
          people.map((user) => this.#line(user, undefined)),
        ),
      ])
      return
    }
    const roles = [...guild.roles.values()].filter((role) => role.id !== guild.id && !role.managed)
    const hoisted = roles.filter((role) => role.hoist)
    // A small guild where no role is set apart is still easier to read by role.
    const shown = (hoisted.length > 0 ? hoisted : roles).toSorted((a, b) => b.position - a.position)
    const left = new Map(guild.members)
    const groups = shown.map((role) => {
      const inside = [...left.values()].filter((member) => member.roles.includes(role.id))
      for (const member of inside) left.delete(member.user.id)
      return { name: role.name, inside }
    })
    const apps = [...left.values()].filter((member) => member.user.bot)
    const people = [...left.values()].filter((member) => !member.user.bot)
    const all = [...groups, { name: t('People'), inside: people }, { name: t('Applications'), inside: apps }]
    const sections = all
      .filter(({ inside }) => inside.length > 0)
      .map(({ name, inside }) =>
        this.#group(
          `${name} — ${inside.length}`,
          inside.map(({ user }) => this.#line(user, guild.id)),
        ),
      )
    morphChildren(this.#list, sections)
  }

  /** @param {string} title @param {Node[]} lines */
  #group(title, lines) {
    return element('section', {}, element('h2', {}, title), element('ul', {}, lines))
  }

  /** @param {import('./store.js').User} user @param {string | undefined} guildId */
  #line(user, guildId) {
    const { store } = this.#page.session
    const colour = roleColour(store, guildId, user.id)
    const status = store.presences.get(user.id)
    return element(
      'li',
      { 'data-key': user.id },
      element(
        'button',
        { type: 'button', 'data-user': user.id, class: status === 'offline' ? 'away' : '' },
        avatar(user, 'small'),
        user.bot &&
          status !== undefined &&
          element('span', { class: `presence ${status}`, title: status, role: 'img', 'aria-label': status }),
        element(
          'span',
          { class: 'author', style: colour ? `--role: ${colour}` : null },
          store.nameOf(user.id, guildId),
        ),
        user.bot && element('span', { class: 'tag' }, t('APP')),
      ),
    )
  }
}

/**
 * What one can do with a person: write to them, mention them, and the commands of applications.
 * @param {import('./page.js').Page} page
 * @param {string} userId
 * @param {Element} anchor
 */
export async function showPerson(page, userId, anchor) {
  const { session, composer } = page
  const { store } = session
  const channel = store.channels.get(page.place ?? '')
  const guild = channel?.guild_id ? store.guilds.get(channel.guild_id) : undefined
  const index = channel ? await composer.suggestions.learn(channel) : undefined
  const commands = menuCommands(index ?? {}, 2)
  const roles = (guild?.members.get(userId)?.roles ?? []).map((id) => guild?.roles.get(id)?.name).filter(Boolean)
  const name = store.nameOf(userId, guild?.id)
  const chosen = await choose({
    title: roles.length > 0 ? `${name} · ${roles.join(', ')}` : name,
    anchor,
    items: [
      ...(userId === store.me?.id ? [] : [{ value: 'write', title: t('Write a direct message') }]),
      { value: 'mention', title: t('Mention here') },
      ...commands.map((command) => ({ value: `command ${command.id}`, title: command.name, detail: t('Command') })),
      { value: 'id', title: t('Copy the id') },
    ],
  })
  const what = chosen?.[0]
  if (what === 'write') await page.writeTo(userId)
  else if (what === 'mention') composer.takeBack(`@${name} `, [])
  else if (what === 'id') await navigator.clipboard.writeText(userId)
  else if (what?.startsWith('command ') && channel) {
    const command = commands.find((one) => `command ${one.id}` === what)
    const data = {
      id: command.id,
      name: command.name,
      type: 2,
      version: command.version,
      target_id: userId,
      options: [],
      attachments: [],
    }
    void session.interactions.run(channel.id, { title: command.name, command, data })
  }
}
