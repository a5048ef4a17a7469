import { isListable, type Ask } from '../core/ask.ts'
import { mayAnswer } from '../core/consent.ts'
import type { MessageId, PersonId } from '../core/ids.ts'
import type { Message, Owner, Posting } from '../core/message.ts'
import type { Place } from '../core/place.ts'
import type { PostRole } from '../core/approval-record.ts'
import { hasDirect, remindAt, standing, spotIn, type ApprovalTools } from './approval.ts'
import type { Urgency } from './pace.ts'
import type { Write } from './write.ts'
import type { Concern, MessageSource, Wanted } from './source.ts'

/** What one look at a list knows. */
interface ListLook {
  readonly asks: readonly Ask[]
  readonly open: readonly Ask[]
  readonly first: Ask
  readonly postings: readonly Posting[]
  /** As for one approval. */
  readonly direct: Place | null
}

const roles = ['ask', 'line', 'reminder', 'note'] as const satisfies readonly PostRole[]

/**
 * Many approvals of a run in one message, until the fate of each stands there. It stands where each of them would; the
 * copies for the audit channel are theirs.
 */
export class AskListSubject implements MessageSource {
  readonly owner: Owner
  readonly #list: string
  readonly #asks: () => readonly Ask[]
  readonly #tools: ApprovalTools

  constructor(list: string, asks: () => readonly Ask[], tools: ApprovalTools) {
    this.owner = `asks:${list}`
    this.#list = list
    this.#asks = asks
    this.#tools = tools
  }

  async wanted(postings: readonly Posting[]): Promise<Wanted> {
    const asks = this.#asks().filter(({ approval }) => isListable(approval))
    const open = asks.filter(({ fate }) => fate.kind === 'open')
    const [first] = open.length > 0 ? open : asks
    const look =
      first === undefined ? null : { asks, open, first, postings, direct: await this.#directFor(first, postings) }
    const untilReminder = look === null || open.length === 0 ? 0 : this.#remindAt(look) - this.#tools.clock.now()
    return {
      messages: look === null ? [] : roles.flatMap((role) => this.#message(role, look) ?? []),
      ordered: false,
      exact: true,
      over: open.length === 0,
      againInMs: untilReminder > 0 ? untilReminder : null,
      typingIn: null,
    }
  }

  urgencyOf(write: Write): Urgency {
    const role = write.kind === 'post' ? write.message.role : write.posting.role
    return role === 'note' ? 'card' : 'question'
  }

  concern(postings: readonly Posting[]): Concern | null {
    const [first] = this.#asks()
    if (first === undefined || spotIn(postings) !== null) return null
    const { prompt, session } = first
    const { id, locale } = prompt.speaker
    return { person: id, locale, text: (say, place) => say.messages.approvalShutOut(session.name, place) }
  }

  /** The status card can point there now. */
  posted(): void {
    this.#tools.moved()
  }

  async #directFor({ prompt }: Ask, postings: readonly Posting[]): Promise<Place | null> {
    const before = postings.find(({ role }) => role === 'ask')?.place
    if (before !== undefined) return before
    const { owner, chat } = this.#tools
    return prompt.place.kind === 'channel' && owner !== null ? chat.dm(owner) : null
  }

  #message(role: (typeof roles)[number], look: ListLook): Message | null {
    const { asks, open, first, postings, direct } = look
    const { place, speaker } = first.prompt
    const known = postings.find((each) => each.role === role)
    const stands = open.length > 0 || (known !== undefined && (known.message !== null || known.closedSince === null))
    switch (role) {
      case 'ask': {
        const where = place.kind === 'channel' ? direct : place
        if (!stands || where === null) return null
        return this.#draw(role, where, where.kind === 'dm' ? null : speaker.id, null, look)
      }
      case 'line':
        if (!stands || place.kind !== 'channel') return null
        return this.#draw(role, place, hasDirect(look) ? null : this.#remindable(look), null, look)
      case 'reminder':
        return open.length > 0 && this.#tools.clock.now() >= this.#remindAt(look)
          ? this.#beside(role, this.#remindable(look), look)
          : null
      case 'note':
        return open.length === 0 && asks.some(({ fate }) => fate.kind === 'answered' && fate.by === null)
          ? this.#beside(role, null, look)
          : null
    }
  }

  #beside(role: PostRole, mention: PersonId | null, look: ListLook): Message | null {
    const beside = standing(look.postings, ['ask', 'line'])
    return beside === null ? null : this.#draw(role, beside.place, mention, beside.message, look)
  }

  #draw(role: PostRole, place: Place, mention: PersonId | null, replyTo: MessageId | null, look: ListLook): Message {
    const { chat, owner } = this.#tools
    const { asks, first, open } = look
    const { speaker } = first.prompt
    const inDirect = place.kind === 'dm' && first.prompt.place.kind === 'channel'
    const called = inDirect ? null : mention
    const reader = inDirect ? owner : speaker.id
    const drawing = {
      list: this.#list,
      asks,
      role,
      reader,
      locale: speaker.locale,
      mention: called,
      direct: hasDirect(look),
    }
    return {
      role,
      place,
      rendering: chat.drawAsks(drawing),
      replyTo,
      mention: called,
      locale: speaker.locale,
      steady: true,
      asks: role === 'ask' || role === 'line',
      pinned: false,
      goesOn: 'no',
      whenDeleted: open.length === 0 ? 'enough' : 'again',
    }
  }

  #remindAt({ open }: ListLook): number {
    return Math.min(...open.map(remindAt))
  }

  /** The speaker where one of them is theirs to answer, else the owner. */
  #remindable({ open }: ListLook): PersonId | null {
    const own = open.find(({ approval, prompt }) => {
      const speaker = { id: prompt.speaker.id, tier: prompt.tier }
      return mayAnswer(approval, speaker, speaker)
    })
    return own?.prompt.speaker.id ?? this.#tools.owner
  }
}
