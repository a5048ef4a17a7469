import type { Chat } from '../core/chat.ts'
import type { Owner, Posting } from '../core/message.ts'
import type { Note } from '../core/note.ts'
import type { Locale } from '../core/person.ts'
import type { Urgency } from './pace.ts'
import type { Concern, MessageSource, Wanted } from './source.ts'

export interface NoteTools {
  readonly chat: Chat
  readonly locale: Locale
  say(note: Note): Promise<void>
}

/** A word that belongs to no run: it is posted once, and that is all. */
export class NoteSubject implements MessageSource {
  readonly owner: Owner
  readonly #note: Note
  readonly #tools: NoteTools

  constructor(note: Note, tools: NoteTools) {
    this.owner = `note:${note.key}`
    this.#note = note
    this.#tools = tools
  }

  wanted(postings: readonly Posting[]): Wanted {
    const { chat, locale } = this.#tools
    const { place, text, replyTo, mention } = this.#note
    const isSaid = postings.some(({ message, over }) => message !== null || over)
    const message = {
      role: 'note',
      place,
      rendering: chat.note(text),
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
      endsIn: null,
      typingIn: null,
    }
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
