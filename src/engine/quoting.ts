import { attachmentLimits, type Attachment, type ChatFile } from '../core/attachment.ts'
import type { ChatMessage } from '../core/chat.ts'
import { messageOf } from '../core/failure.ts'
import type { Gate } from '../core/gate.ts'
import type { Journal } from '../core/journal.ts'
import type { ChannelRules } from '../core/listening.ts'
import { cut } from '../core/markdown.ts'
import type { Place } from '../core/place.ts'
import { quotationLimit, type Quotation, type QuotedMessage } from '../core/quotation.ts'
import type { Session } from '../core/session.ts'
import type { Vault } from '../core/vault.ts'
import { keepFiles, type FileTools } from './files.ts'

export interface QuotingTools extends FileTools {
  readonly gate: Gate
  readonly vault: Vault
  readonly journal: Journal
  readonly channel: ChannelRules
}

/**
 * What goes with a prompt although its speaker did not write it there (SPEC F1, last line), read when the prompt is
 * taken in and journalled with it.
 *
 * In a channel the people who talk there were promised that only what is said to the bot reaches the agent (SPEC F2);
 * that somebody else answers them does not take the promise back. So there an answered message goes along when it was
 * said to the bot by one who may ask, or when OMC_CHANNEL_INCLUDE_BYSTANDERS lifts the rule; the agent is told
 * that there is one. A thread with a session and a DM are the session's own place: what the speaker points at there goes
 * along. Words of the blocked go nowhere. What cannot be read now must not lose the prompt.
 *
 * `opened`: the key under which it is noted, once the prompt is kept, that the session knows what its thread hangs on.
 */
export async function quotationsOf(
  message: ChatMessage,
  session: Session,
  tools: QuotingTools,
): Promise<{ readonly quotes: readonly Quotation[]; readonly opened: string | null }> {
  const key = message.place.kind === 'thread' ? `opening:${session.id}:${message.place.id}` : null
  const isDue = key !== null && !(await isTold(key, session, tools))
  const opening = isDue ? await openingOf(message, tools) : { found: null, isRead: false }
  const shown = (message.quotes ?? []).filter(({ id }) => id === null || id !== opening.found?.id)
  const quotes: Quotation[] = []
  let room = attachmentLimits.files - message.files.length
  for (const quoted of [...(opening.found === null ? [] : [opening.found]), ...shown]) {
    const quote = await quotationOf(quoted, message.place, room, tools)
    room -= quote.attachments.length
    quotes.push(quote)
  }
  return { quotes, opened: opening.isRead ? key : null }
}

/** Killed between the prompt that told it and the note of that, the prompt itself shows it. */
async function isTold(key: string, { id }: Session, { vault, journal }: QuotingTools): Promise<boolean> {
  if ((await vault.saidAt(key)) !== null) return true
  const ended = await Promise.all((await journal.lastOf(id, fewRuns)).map((run) => journal.run(run)))
  const runs = [...(await journal.openOf(id)), ...ended]
  return runs.some((run) => run?.prompt.quotes?.some(({ kind }) => kind === 'opening') === true)
}

/** So many runs may have ended between a prompt and its note. */
const fewRuns = 3

async function openingOf(
  { place, id }: ChatMessage,
  { chat, log }: QuotingTools,
): Promise<{ readonly found: QuotedMessage | null; readonly isRead: boolean }> {
  try {
    const found = await chat.opening(place)
    // The post itself is the prompt: then there is nothing above it.
    return { found: found?.id === id ? null : found, isRead: true }
  } catch (error) {
    log.warn({ place: place.id, error: messageOf(error) }, 'opening.unread')
    return { found: null, isRead: false }
  }
}

async function quotationOf(quoted: QuotedMessage, place: Place, room: number, tools: QuotingTools): Promise<Quotation> {
  const { kind, author, text, files } = quoted
  const by = author.kind === 'speaker' ? null : author.kind === 'person' ? author.person.name : author.name
  const base = { kind, by, own: author.kind === 'bot' }
  if (!(await mayGo(quoted, place, tools))) return { ...base, text: null, attachments: [] }
  const { kept, left } = await keepSome(files, room, tools)
  const names = left.map(({ name }) => `[file ${name}, not passed on]`)
  const whole = [text.trim(), ...names].filter((part) => part !== '').join('\n')
  return { ...base, text: whole === '' ? '[no words]' : cut(whole, quotationLimit), attachments: kept }
}

async function mayGo({ author, addressed }: QuotedMessage, place: Place, tools: QuotingTools): Promise<boolean> {
  const isOpen = place.kind !== 'channel' || tools.channel.includeBystanders
  if (author.kind !== 'person') return author.kind === 'app' ? isOpen : true
  try {
    const { allowed, tier } = await tools.gate.judgeNow(author.person, 'prompt', place)
    return isOpen ? tier !== 'blocked' : addressed && allowed
  } catch (error) {
    tools.log.warn({ place: place.id, error: messageOf(error) }, 'quotation.unjudged')
    return false
  }
}

/** Quoted files are a help and no condition: what cannot be kept is named instead. */
async function keepSome(
  files: readonly ChatFile[],
  room: number,
  tools: QuotingTools,
): Promise<{ readonly kept: readonly Attachment[]; readonly left: readonly ChatFile[] }> {
  const kept: Attachment[] = []
  const left: ChatFile[] = []
  for (const file of files) {
    const done = kept.length < room ? await keepFiles([file], tools) : null
    if (done?.ok === true) kept.push(...done.value)
    else left.push(file)
  }
  return { kept, left }
}
