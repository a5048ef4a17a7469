import type { Channel, User } from './records.ts'
import type { AllowedMentions } from './rules/message.ts'
import type { World } from './world.ts'

export interface Mentions {
  users: string[]
  roles: string[]
  everyone: boolean
}

const unique = (values: Iterable<string>) => [...new Set(values)]

/**
 * Whom a text mentions, after the sender's `allowed_mentions` (absent = everything the text says) and permissions.
 * https://discord.com/developers/docs/resources/message#allowed-mentions-object
 */
export function findMentions(
  world: World,
  author: User,
  channel: Channel,
  content: string,
  allowed: AllowedMentions | null | undefined,
  repliedTo: string | null,
): Mentions {
  // What stands in code is text, not a mention.
  const spoken = content.replaceAll(/```[\s\S]*?```|`[^`\n]*`/g, '')
  const named = unique([...spoken.matchAll(/<@!?(\d+)>/g)].map((match) => match[1] ?? '')).filter((id) =>
    world.users.has(id),
  )
  const guild = channel.guildId === null ? undefined : world.guilds.get(channel.guildId)
  const roles = unique([...spoken.matchAll(/<@&(\d+)>/g)].map((match) => match[1] ?? '')).filter((id) =>
    guild?.roles.has(id),
  )
  const passes = (kind: 'users' | 'roles', id: string) =>
    !allowed || allowed.parse?.includes(kind) === true || allowed[kind]?.includes(id) === true
  const users = named.filter((id) => passes('users', id))
  const pingsReplied = allowed ? allowed.replied_user === true : true
  if (repliedTo !== null && repliedTo !== author.id && pingsReplied) users.push(repliedTo)
  const mayEveryone = guild !== undefined && world.may(author, channel, 'MentionEveryone')
  return {
    users: unique(users),
    roles: roles
      .filter((id) => passes('roles', id))
      .filter((id) => mayEveryone || guild?.roles.get(id)?.mentionable === true),
    everyone:
      mayEveryone && /@(everyone|here)\b/.test(spoken) && (!allowed || allowed.parse?.includes('everyone') === true),
  }
}
