import {
  ComponentType,
  EmbedType,
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
import { spelled } from './spelled.ts'

/** What a message shows, whichever form it comes in: itself, what it answers, or the snapshot of a forward. */
type Shown = Pick<APIMessageSnapshotFields, 'content' | 'embeds' | 'attachments'> &
  Partial<Pick<APIMessage, 'mentions' | 'flags' | 'poll' | 'sticker_items' | 'components' | 'activity' | 'application'>>

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
    const files = givenFiles(snapshot)
    quotes.push(given('forward', wholeText(snapshot) || (files.length === 0 ? notPassedOn : ''), files))
  }
  const shown = shownBeside(message)
  return shown === '' ? quotes : [...quotes, given('shown', shown, [])]
}

/** Of a forwarded poll, for one, Discord gives bots nothing. */
const notPassedOn = '[a message of which Discord passes nothing on to apps, perhaps a poll]'

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
  return [spelled(message.content, message.mentions ?? []), shownBeside(message)]
    .filter((part) => part.trim() !== '')
    .join('\n')
}

/** What people see of a message beside its words, as text; what has none, by its name. */
function shownBeside(message: Shown): string {
  const { embeds, poll, sticker_items: stickers = [], components = [], attachments, activity, application } = message
  return [
    ...embeds.map(embedText),
    ...(poll === undefined ? [] : [pollText(poll)]),
    ...stickers.map(({ name }) => `[sticker ${name}]`),
    ...(isVoice(message) ? attachments.map(voiceText) : []),
    ...(activity === undefined ? [] : [`[invitation to ${application?.name ?? 'an activity'}]`]),
    ...textsIn(components),
  ]
    .filter((part) => part !== '')
    .join('\n')
}

function embedText(embed: APIEmbed): string {
  return embed.type === EmbedType.PollResult ? pollResultText(embed) : plainEmbedText(embed)
}

/** Discord's own note that a poll is over; its fields are for programs. */
function pollResultText({ fields = [] }: APIEmbed): string {
  const of = (name: string): string => fields.find((field) => field.name === name)?.value ?? ''
  const won = [of('victor_answer_emoji_name'), of('victor_answer_text')].filter((part) => part !== '').join(' ')
  const votes = `${of('victor_answer_votes') || '0'} of ${of('total_votes') || '0'} votes`
  return `[poll is over] ${of('poll_question_text')}\n${won === '' ? `No answer won; ${of('total_votes') || '0'} votes` : `${won} won: ${votes}`}`
}

function plainEmbedText({ provider, author, title, url, description, fields = [], footer }: APIEmbed): string {
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

function pollText({ question, answers, allow_multiselect: several, results }: NonNullable<Shown['poll']>): string {
  const counts = results?.answer_counts ?? []
  const isCounted = results?.is_finalized === true || counts.some(({ count }) => count > 0)
  const rules = [
    ...(several ? ['several may be chosen'] : []),
    ...(isCounted ? [results?.is_finalized === true ? 'over' : 'still open'] : []),
  ]
  const lines = answers.map(({ answer_id: id, poll_media: { text, emoji } }) => {
    const votes = counts.find((each) => each.id === id)?.count ?? 0
    const said = [emoji?.name, text].filter((part) => typeof part === 'string' && part !== '').join(' ')
    return `- ${said}${!isCounted ? '' : ` (${votes === 1 ? '1 vote' : `${votes} votes`})`}`
  })
  return [`[poll${rules.length === 0 ? '' : `, ${rules.join(', ')}`}] ${question.text ?? ''}`, ...lines].join('\n')
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
