import type { APIUser } from 'discord-api-types/v10'

/**
 * What people see of a text where Discord's wire has ids: the names of who is mentioned, and of the server's own emoji. The
 * agent knows nobody by number.
 */
export function spelled(
  content: string,
  mentions: readonly Pick<APIUser, 'id' | 'username' | 'global_name'>[],
): string {
  return content
    .replaceAll(/<@!?(\d+)>/g, (mention, id: string) => {
      const user = mentions.find((each) => each.id === id)
      return user === undefined ? mention : `@${inOneLine(user.global_name ?? user.username)}`
    })
    .replaceAll(/<a?(:\w+:)\d+>/g, '$1')
}

/** A name is chosen by its bearer: nothing in it ends the line, or stands for something else. */
function inOneLine(name: string): string {
  const line = name.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim()
  return Array.from(line).slice(0, 64).join('') || 'somebody'
}
