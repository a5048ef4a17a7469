import type { Message } from './records.ts'
import type { World } from './world.ts'

/** A channel as text, for the story of a failed test. Ephemeral messages say whom they are for. */
export function transcriptOf(world: World, channelId: string): string {
  const channel = world.channels.get(channelId)
  if (!channel) return `(no channel ${channelId})`
  const head = channel.guildId === null ? '# DM' : `# ${channel.name}${channel.thread?.archived ? ' (archived)' : ''}`
  const lines = [...world.history(channelId).values()].map((message) => line(world, message))
  return [head, ...lines].join('\n')
}

function line(world: World, message: Message): string {
  const name = (id: string) => world.users.get(id)?.username ?? id
  const time = new Date(message.sentAt).toISOString().slice(11, 23)
  const marks = [
    ...(message.onlyFor === null ? [] : [`only ${name(message.onlyFor)}`]),
    ...(message.flags & 128 ? ['thinking'] : []),
    ...(message.editedAt === null ? [] : ['edited']),
    ...(message.reference ? [`→ ${message.reference.messageId}`] : []),
    ...(message.origin?.commandName === undefined
      ? []
      : [`/${message.origin.commandName} by ${name(message.origin.userId)}`]),
  ]
  const body = describeBody(message)
  const author = message.webhook?.name ?? name(message.authorId)
  return `${time} ${author}${marks.length ? ` (${marks.join(', ')})` : ''}: ${body}`
}

/** Content, embeds, buttons and files of a message in few words. */
export function describeBody(message: {
  content: string
  embeds: readonly { title?: string; description?: string; fields?: readonly { name: string; value: string }[] }[]
  components: readonly object[]
  attachments: readonly { filename: string }[]
}): string {
  const parts = message.content === '' ? [] : [message.content]
  for (const embed of message.embeds) {
    const fields = (embed.fields ?? []).map((field) => `${field.name}: ${field.value}`)
    parts.push(`〔${[embed.title, embed.description, ...fields].filter(Boolean).join(' | ')}〕`)
  }
  const texts = componentWords(message.components)
  if (texts.length > 0) parts.push(texts.join(' '))
  for (const attachment of message.attachments) parts.push(`<${attachment.filename}>`)
  return parts.map(shorten).join('\n  ')
}

function componentWords(nodes: readonly object[]): string[] {
  return nodes.flatMap((node) => {
    const it = node as Record<string, unknown>
    const own =
      it['type'] === 2
        ? [`[${String(it['label'] ?? it['custom_id'])}${it['disabled'] === true ? ' (off)' : ''}]`]
        : it['type'] === 10
          ? [String(it['content'])]
          : typeof it['placeholder'] === 'string'
            ? [`[${it['placeholder']} ▾]`]
            : []
    const inner = Array.isArray(it['components']) ? componentWords(it['components'] as object[]) : []
    const accessory = typeof it['accessory'] === 'object' && it['accessory'] ? componentWords([it['accessory']]) : []
    return [...own, ...inner, ...accessory]
  })
}

const shorten = (text: string) => (text.length <= 400 ? text : `${text.slice(0, 300)} … (${text.length} characters)`)
