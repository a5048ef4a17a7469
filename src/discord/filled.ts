import type { APIMessage } from 'discord-api-types/v10'

/**
 * A message as it is read here, whatever Discord leaves out of it or gives as null: lists that are not there are empty, and
 * what is null is not there. The same holds for what it answers and forwards.
 */
export function filled<Message extends APIMessage>(message: Message): Message {
  const {
    edited_timestamp: edited,
    referenced_message: answered,
    message_snapshots: snapshots,
  }: Partial<Message> = message
  return {
    ...empty,
    ...(withoutNulls(message) as Message),
    edited_timestamp: edited ?? null,
    ...(answered == null ? {} : { referenced_message: filled(answered) }),
    ...(snapshots == null
      ? {}
      : { message_snapshots: snapshots.map(({ message: shown }) => ({ message: filled(shown as APIMessage) })) }),
  }
}

/** What is read of every message. */
const empty = { mentions: [], attachments: [], embeds: [], content: '', type: 0 }

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((each) => each !== null).map(withoutNulls)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([, inner]) => inner !== null)
  return Object.fromEntries(entries.map(([key, inner]: [string, unknown]) => [key, withoutNulls(inner)]))
}
