import type { Attachment, ChatFile } from '../core/attachment.ts'
import type { ChatMessage } from '../core/chat.ts'
import type { Refusal } from '../core/failure.ts'
import type { MessageId, PromptKey } from '../core/ids.ts'
import type { Journal, OpenRun } from '../core/journal.ts'
import type { State } from '../core/lifecycle.ts'
import { isForUs, type ChannelRules } from '../core/listening.ts'
import { isBlank } from '../core/prompt.ts'
import type { QuotedMessage } from '../core/quotation.ts'
import type { Vault } from '../core/vault.ts'
import type { EngineDesk } from './desk.ts'
import { keepFiles, type FileTools } from './files.ts'

export interface MessageEditTools extends FileTools {
  readonly journal: Journal
  readonly vault: Vault
  readonly desk: EngineDesk
  readonly channel: ChannelRules
}

/**
 * A message was edited: while its prompt waits, the prompt is what the message says now; afterwards nothing changes.
 * One that says nothing any more, or is no longer meant for the agent, takes the prompt back. Gives why the edit could
 * not be taken over (the prompt then stays as it was), 'late' when its words are at work already, else null.
 */
export async function lookAgain(message: ChatMessage, tools: MessageEditTools): Promise<Refusal | 'late' | null> {
  const { desk, vault, channel } = tools
  const run = await tools.journal.find(message.id as string as PromptKey)
  if (run === null || run.prompt.speaker.id !== message.author.id) return null
  if (run.state !== 'waiting') return begun.has(run.state) && isOther(message.text, run.prompt.text) ? 'late' : null
  const session = await vault.session(run.session)
  const isEmpty = isBlank(message.text) && message.files.length === 0 && !(message.quotes ?? []).some(isGiven)
  if (session === null || isEmpty || !isForUs(message, session, channel)) {
    await desk.withdraw(run)
    return null
  }
  const before = run.prompt
  const sameFiles = isSame(before.attachments, message.files)
  if (sameFiles && before.text === message.text) return null
  const files = sameFiles ? ({ ok: true, value: before.attachments } as const) : await keepFiles(message.files, tools)
  if (!files.ok) return files.refusal
  return desk.reword(message.author, run, message.text, files.value)
}

/** A message was deleted: its prompt is taken back while it waits. */
export async function takeBack(message: MessageId, tools: MessageEditTools): Promise<void> {
  const run = await waitingRun(message, tools.journal)
  if (run !== null) await tools.desk.withdraw(run)
}

const begun: ReadonlySet<State> = new Set<State>(['starting', 'running', 'asking', 'parked'])

/** Whether it says something else, and not only with other signs and blanks. */
function isOther(text: string, before: string): boolean {
  const words = (said: string): string =>
    said
      .normalize('NFKC')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}]/gu, '')
  return words(text) !== words(before)
}

async function waitingRun(message: MessageId, journal: Journal): Promise<OpenRun | null> {
  const run = await journal.find(message as string as PromptKey)
  return run?.state === 'waiting' ? run : null
}

/** Whether it is the message's own, and not only what it answers. */
function isGiven({ author }: QuotedMessage): boolean {
  return author.kind === 'speaker'
}

/** Discord's files have no digest: name and size tell. */
function isSame(kept: readonly Attachment[], files: readonly ChatFile[]): boolean {
  return (
    kept.length === files.length &&
    kept.every(({ name, bytes }, nth) => files[nth]?.name === name && files[nth]?.bytes === bytes)
  )
}
