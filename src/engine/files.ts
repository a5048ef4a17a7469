import { attachmentLimits, type Attachment, type Attachments, type ChatFile } from '../core/attachment.ts'
import type { Chat } from '../core/chat.ts'
import type { Result } from '../core/desk.ts'
import { messageOf, type Refusal } from '../core/failure.ts'
import type { Log } from '../core/log.ts'

export interface FileTools {
  readonly chat: Chat
  readonly attachments: Attachments
  readonly log: Log
}

/**
 * Fetches and keeps what came with a message, all of it or nothing: the agent is not asked about half of what it
 * should look at. What can be refused by what Discord says of it is refused before anything is fetched.
 */
export async function keepFiles(files: readonly ChatFile[], tools: FileTools): Promise<Result<readonly Attachment[]>> {
  const { files: most, bytes: limit } = attachmentLimits
  if (files.length > most) return no({ code: 'attachments-many', count: files.length, limit: most })
  const large = files.find((file) => file.bytes > limit)
  if (large !== undefined) return no({ code: 'attachment-large', name: large.name, limit })
  const kept: Attachment[] = []
  for (const file of files) {
    const attachment = await keepFile(file, tools)
    if ('code' in attachment) return no(attachment)
    kept.push(attachment)
  }
  return { ok: true, value: kept }
}

async function keepFile(file: ChatFile, { chat, attachments, log }: FileTools): Promise<Attachment | Refusal> {
  const { name } = file
  let isUnread = false
  async function* source(): AsyncGenerator<Uint8Array> {
    try {
      yield* chat.download(file)
    } catch (error) {
      isUnread = true
      throw error
    }
  }
  try {
    const kept = await attachments.keep(name, source())
    if (kept === 'too-large') return { code: 'attachment-large', name, limit: attachmentLimits.bytes }
    return kept === 'unsuitable' ? { code: 'attachment-unsuitable', name } : kept
  } catch (error) {
    log.warn({ error: messageOf(error), bytes: file.bytes }, 'attachment.failed')
    return { code: isUnread ? 'attachment-unread' : 'attachment-not-kept', name }
  }
}

function no(refusal: Refusal): { readonly ok: false; readonly refusal: Refusal } {
  return { ok: false, refusal }
}
