import type { Ask } from '../core/ask.ts'
import type { Chat, Spot } from '../core/chat.ts'
import { mayAnswer } from '../core/consent.ts'
import type { MessageId, PersonId, PlaceId } from '../core/ids.ts'
import type { AskMessages, Message, Owner, Posting } from '../core/message.ts'
import type { Locale } from '../core/person.ts'
import type { Place } from '../core/place.ts'
import { postRoles, type Approvals, type PostRole } from '../core/approval-record.ts'
import { retry, type RetryTools } from '../system/back-off.ts'
import type { Urgency } from './pace.ts'
import type { Write } from './write.ts'
import type { Reconciler } from './reconciler.ts'
import type { Concern, MessageSource, Wanted } from './source.ts'

export interface ApprovalTools extends RetryTools {
  readonly chat: Chat
  readonly approvals: Approvals
  /** OMC_OWNER_USER_ID: who gets what arises in a channel, in a direct message; null: nobody. */
  readonly owner: PersonId | null
  /** OMC_AUDIT_CHANNEL_ID */
  readonly auditChannel: PlaceId | null
  /** For people whose language is not known. */
  readonly locale: Locale
  /** One of its messages stands somewhere new. */
  moved(): void
}

/** What one look at an approval knows. */
interface Look {
  readonly ask: Ask
  readonly postings: readonly Posting[]
  /** The owner's direct messages, for what arises in a channel; null: there are none, or nobody knows now. */
  readonly direct: Place | null
  /** A rule answers it: nobody is asked. */
  readonly quiet: boolean
}

/**
 * An approval's messages, until its fate stands everywhere: in the run's own thread or DM; for a channel in the owner's
 * DM, with a neutral line in the channel (SPEC F7, approval privacy).
 */
export class ApprovalSubject implements MessageSource {
  readonly owner: Owner
  readonly #ask: () => Ask
  readonly #quiet: boolean
  readonly #tools: ApprovalTools

  /** `ask` gives the approval as it is at the moment. */
  constructor(ask: () => Ask, quiet: boolean, tools: ApprovalTools) {
    this.owner = `approval:${ask().token}`
    this.#ask = ask
    this.#quiet = quiet
    this.#tools = tools
  }

  async wanted(postings: readonly Posting[]): Promise<Wanted> {
    const ask = this.#ask()
    const quiet = this.#quiet && postings.length === 0
    const look: Look = { ask, postings, quiet, direct: await this.#directFor(ask, postings, quiet) }
    const isOpen = ask.fate.kind === 'open'
    const untilReminder = remindAt(ask) - this.#tools.clock.now()
    return {
      messages: postRoles.flatMap((role) => this.#message(role, look) ?? []),
      ordered: false,
      exact: true,
      over: !isOpen,
      againInMs: isOpen && untilReminder > 0 ? untilReminder : null,
      typingIn: null,
    }
  }

  urgencyOf(write: Write): Urgency {
    const role = write.kind === 'post' ? write.message.role : write.posting.role
    return role === 'audit' || role === 'note' ? 'card' : 'question'
  }

  concern(postings: readonly Posting[], shutOut: Posting): Concern | null {
    const { prompt, session } = this.#ask()
    // It stands somewhere, so that people can answer it.
    if (shutOut.role === 'audit' || spotIn(postings) !== null) return null
    const { id, locale } = prompt.speaker
    return { person: id, locale, text: (say, place) => say.messages.approvalShutOut(session.name, place) }
  }

  /** The status card can point there now. */
  posted(): void {
    this.#tools.moved()
  }

  /** One of a list is closed with the list. */
  async settled(): Promise<void> {
    const { approvals } = this.#tools
    const { token, listed } = this.#ask()
    if (listed === null) await retry(this.#tools, 'approval-closed', () => approvals.close(token))
  }

  async #directFor({ prompt }: Ask, postings: readonly Posting[], quiet: boolean): Promise<Place | null> {
    const before = postings.find(({ role }) => role === 'ask')?.place
    if (before !== undefined) return before
    const { owner, chat } = this.#tools
    return prompt.place.kind === 'channel' && owner !== null && !quiet ? chat.dm(owner) : null
  }

  #message(role: PostRole, look: Look): Message | null {
    const { ask, postings, quiet } = look
    const { fate } = ask
    const isOpen = fate.kind === 'open'
    const known = postings.find((each) => each.role === role)
    // What nobody has seen needs no word about its end.
    const isSeen = known !== undefined && (known.message !== null || known.closedSince === null)
    const stands = ask.listed === null && (isSeen || (isOpen && !quiet))
    switch (role) {
      case 'ask':
        return stands ? this.#asking(look) : null
      case 'line':
        return stands && ask.prompt.place.kind === 'channel' ? this.#line(look) : null
      case 'reminder':
        return isOpen && ask.listed === null && this.#tools.clock.now() >= remindAt(ask)
          ? this.#beside('reminder', this.#remindable(ask), look)
          : null
      case 'note':
        return fate.kind === 'answered' && fate.by === null && ask.listed === null
          ? this.#beside('note', null, look)
          : null
      case 'audit':
        return fate.kind === 'answered' ? this.#audit(look) : null
    }
  }

  #asking(look: Look): Message | null {
    const { place, speaker } = look.ask.prompt
    const where = place.kind === 'channel' ? look.direct : place
    return where === null ? null : this.#draw('ask', where, where.kind === 'dm' ? null : speaker.id, null, look)
  }

  /** It rings nobody when an owner has been rung in a direct message. */
  #line(look: Look): Message {
    const { ask } = look
    return this.#draw('line', ask.prompt.place, hasDirect(look) ? null : this.#remindable(ask), null, look)
  }

  #audit(look: Look): Message | null {
    const { auditChannel } = this.#tools
    // Whatever kind of channel it is: only its id is used to post there.
    return auditChannel === null
      ? null
      : this.#draw('audit', { kind: 'channel', id: auditChannel, guild: '' }, null, null, look)
  }

  /** A reply to the approval, where it stands; to the neutral line when it stands nowhere else. */
  #beside(role: 'reminder' | 'note', mention: PersonId | null, look: Look): Message | null {
    const beside = standing(look.postings, ['ask', 'line'])
    return beside === null ? null : this.#draw(role, beside.place, mention, beside.message, look)
  }

  #draw(role: PostRole, place: Place, mention: PersonId | null, replyTo: MessageId | null, look: Look): Message {
    const { chat, owner, locale } = this.#tools
    const { ask } = look
    const inDirect = place.kind === 'dm' && ask.prompt.place.kind === 'channel'
    const reader = role === 'audit' ? null : inDirect ? owner : ask.prompt.speaker.id
    const language = role === 'audit' ? locale : ask.prompt.speaker.locale
    const called = inDirect ? null : mention
    const isOver = ask.fate.kind !== 'open'
    return {
      role,
      place,
      rendering: chat.drawAsk({ ask, role, reader, locale: language, mention: called, direct: hasDirect(look) }),
      replyTo,
      mention: called,
      locale: language,
      steady: true,
      asks: role === 'ask' || role === 'line',
      pinned: false,
      goesOn: 'no',
      // Deleted by somebody while it is still to be answered: it is asked again, in a message of its own.
      whenDeleted: isOver ? 'enough' : 'again',
    }
  }

  /** Who is called at half time: the speaker when they may answer, else the owner. */
  #remindable({ approval, prompt }: Ask): PersonId | null {
    const speaker = { id: prompt.speaker.id, tier: prompt.tier }
    return mayAnswer(approval, speaker, speaker) ? speaker.id : this.#tools.owner
  }
}

/** Puts an approval before people. */
export function putBefore(subject: MessageSource, reconciler: Reconciler): AskMessages {
  const { owner } = subject
  const said = async (): Promise<void> => (await reconciler.keep(subject)).done
  return {
    look: () => reconciler.keeperOf(owner)?.look(),
    spot: () => spotIn(reconciler.keeperOf(owner)?.postings ?? []),
    // It can fail only when the process lets go: the store is waited for.
    done: said().catch(() => undefined),
  }
}

/** The message in the run's own place that stands for the approval. */
export function spotIn(postings: readonly Posting[]): Spot | null {
  return standing(postings, ['line', 'ask'])
}

export function standing(postings: readonly Posting[], roles: readonly PostRole[]): Spot | null {
  for (const role of roles) {
    const posting = postings.find((each) => each.role === role)
    if (posting?.message != null && !posting.over) return { place: posting.place, message: posting.message }
  }
  return null
}

/** What arose in a channel stands in the owner's direct messages, or will. */
export function hasDirect({ direct, postings }: Pick<Look, 'direct' | 'postings'>): boolean {
  const asked = postings.find(({ role }) => role === 'ask')
  return direct !== null && asked?.over !== true && asked?.closedSince == null
}

export function remindAt({ askedAt, expiresAt }: Ask): number {
  return askedAt + (expiresAt - askedAt) / 2
}
