import type { Attachments, ShownFile } from '../core/attachment.ts'
import type { Chat } from '../core/chat.ts'
import type { Owner, Posting } from '../core/message.ts'
import type { Note } from '../core/note.ts'
import type { Locale } from '../core/person.ts'
import type { Urgency } from './pace.ts'
import type { Concern, MessageSource, Wanted } from './source.ts'

export interface NoteTools {
  readonly chat: Chat
  readonly locale: Locale
  readonly attachments: Attachments
  say(note: Note): Promise<void>
}

/** A word that belongs to no run: it is posted once, and that is all. */
export class NoteSubject implements MessageSource {
  readonly owner: Owner
  readonly #note: Note
  readonly #tools: NoteTools
  /** Read once; a disk that does not give it is asked again. */
  #file: ShownFile | null = null

  constructor(note: Note, tools: NoteTools) {
    this.owner = `note:${note.key}`
    this.#note = note
    this.#tools = tools
  }

  async wanted(postings: readonly Posting[]): Promise<Wanted> {
    const { chat, locale } = this.#tools
    const { place, text, replyTo, mention, buttons } = this.#note
    const isSaid = postings.some(({ message, over }) => message !== null || over)
    const message = {
      role: 'note',
      place,
      rendering: chat.note(text, buttons, isSaid ? null : await this.#shown()),
      replyTo,
      mention,
      locale,
      steady: true,
      asks: false,
      pinned: false,
      goesOn: 'no',
      whenDeleted: 'enough',
    } as const
    return {
      messages: isSaid ? [] : [message],
      ordered: false,
      exact: false,
      over: isSaid,
      againInMs: null,
      typingIn: null,
    }
  }

  /** One whose bytes are gone is only named. */
  async #shown(): Promise<ShownFile | null> {
    const { file } = this.#note
    if (file === undefined || this.#file !== null) return this.#file
    const bytes = await this.#tools.attachments.read(file)
    if (bytes !== null) this.#file = { ...file, content: bytes }
    return this.#file
  }

  urgencyOf(): Urgency {
    return 'first'
  }

  concern(): Concern | null {
    return null
  }

  async shutOut(): Promise<boolean> {
    const { otherwise } = this.#note
    if (otherwise === undefined) return false
    await this.#tools.say(otherwise)
    return true
  }
}
