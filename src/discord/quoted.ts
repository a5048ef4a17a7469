import {
  ComponentType,
  MessageFlags,
  MessageReferenceType,
  type APIAttachment,
  type APIEmbed,
  type APIMessage,
  type APIMessageSnapshotFields,
} from 'discord-api-types/v10'
import type { ChatFile } from '../core/attachment.ts'
import type { MessageId } from '../core/ids.ts'
import type { QuotedAuthor, QuotedMessage } from '../core/quotation.ts'

/** What a message shows, whichever form it comes in: itself, what it answers, or the snapshot of a forward. */
type Shown = Pick<APIMessageSnapshotFields, 'content' | 'embeds' | 'attachments'> &
  Partial<Pick<APIMessage, 'flags' | 'poll' | 'sticker_items' | 'components'>>

/** The files of a message that can be handed on; a voice message is only named. */
export function givenFiles(message: Pick<Shown, 'attachments' | 'flags'>): readonly ChatFile[] {
  return isVoice(message) ? [] : message.attachments.map(fileOf)
}

/** What belongs to a message beside its sender's own words: what it answers, what it forwards, what it shows. */
export function quotesOf(
  message: APIMessage,
  authorOf: (answered: APIMessage) => QuotedAuthor,
  isAddressed: (answered: APIMessage) => boolean,
): readonly QuotedMessage[] {
  const { referenced_message: answered, message_reference: reference } = message
  const isForward = reference?.type === MessageReferenceType.Forward
  const quotes: QuotedMessage[] = []
  if (answered != null && !isForward) {
    quotes.push(quotedMessage('reply', answered, authorOf(answered), isAddressed(answered)))
  }
  for (const { message: snapshot } of message.message_snapshots ?? []) {
    quotes.push(given('forward', wholeText(snapshot), givenFiles(snapshot)))
  }
  const shown = shownBeside(message)
  return shown === '' ? quotes : [...quotes, given('shown', shown, [])]
}

/** A message of somebody that is quoted as a whole. */
export function quotedMessage(
  kind: 'reply' | 'opening',
  message: APIMessage,
  author: QuotedAuthor,
  addressed: boolean,
): QuotedMessage {
  // Beside its words, a message of the bot shows only what is about its runs.
  const text = author.kind === 'bot' ? message.content : wholeText(message)
  return { kind, id: message.id as MessageId, author, addressed, text, files: givenFiles(message) }
}

/** It is the sender's to give, whoever wrote it. */
function given(kind: 'forward' | 'shown', text: string, files: readonly ChatFile[]): QuotedMessage {
  return { kind, id: null, author: { kind: 'speaker' }, addressed: false, text, files }
}

function wholeText(message: Shown): string {
  return [message.content, shownBeside(message)].filter((part) => part.trim() !== '').join('\n')
}

/** What people see of a message beside its words, as text; what has none, by its name. */
function shownBeside(message: Shown): string {
  const { embeds, poll, sticker_items: stickers = [], components = [], attachments } = message
  return [
    ...embeds.map(embedText),
    ...(poll === undefined ? [] : [pollText(poll)]),
    ...stickers.map(({ name }) => `[sticker ${name}]`),
    ...(isVoice(message) ? attachments.map(voiceText) : []),
    ...textsIn(components),
  ]
    .filter((part) => part !== '')
    .join('\n')
}

function embedText({ provider, author, title, url, description, fields = [], footer }: APIEmbed): string {
  const parts = [
    provider?.name,
    author?.name,
    title,
    // A preview of a link in the message says little without its address.
    url,
    description,
    ...fields.map(({ name, value }) => `${name}: ${value}`),
    footer?.text,
  ]
  return parts.filter((part) => part !== undefined && part.trim() !== '').join('\n')
}

function pollText({ question, answers }: NonNullable<Shown['poll']>): string {
  const lines = answers.map(({ poll_media: { text, emoji } }) => `- ${text ?? emoji?.name ?? ''}`)
  return [`[poll] ${question.text ?? ''}`, ...lines].join('\n')
}

function voiceText({ duration_secs: seconds }: APIAttachment): string {
  return seconds === undefined ? '[voice message]' : `[voice message of ${Math.round(seconds)} s]`
}

function isVoice({ flags }: Pick<Shown, 'flags'>): boolean {
  return ((flags ?? 0) & MessageFlags.IsVoiceMessage) !== 0
}

/** The texts of a message that is made of components, wherever they stand in it. */
function textsIn(node: unknown): readonly string[] {
  if (Array.isArray(node)) return node.flatMap(textsIn)
  if (typeof node !== 'object' || node === null) return []
  if ('type' in node && node.type === ComponentType.TextDisplay && 'content' in node) return [String(node.content)]
  return 'components' in node ? textsIn(node.components) : []
}

function fileOf({ filename, size, url }: APIAttachment): ChatFile {
  return { name: fileName(filename), bytes: size, url }
}

/** A file name in one line, of a length that people read. */
function fileName(name: string): string {
  return name.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}/\\]+/gu, ' ').slice(0, 200)
}
