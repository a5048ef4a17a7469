import type { ChatMessage, Inbox } from '../core/chat.ts'
import type { Checkpoint } from '../core/checkpoint.ts'
import type { Clock } from '../core/clock.ts'
import { messageOf, type Refusal } from '../core/failure.ts'
import type { Features } from '../core/feature.ts'
import type { MessageId, PersonId, PlaceId, PromptKey } from '../core/ids.ts'
import type { Arrivals, KeptArrival } from '../core/inbox.ts'
import type { Interaction, Memo } from '../core/interaction.ts'
import { isForUs } from '../core/listening.ts'
import type { Outbox } from '../core/message.ts'
import type { Locale, Person } from '../core/person.ts'
import type { Catalogue, Phrases } from '../core/phrases.ts'
import { composeSessionKey, type Place, type Whereabouts } from '../core/place.ts'
import type { Session } from '../core/session.ts'
import { isLater } from '../core/snowflake.ts'
import type { Timings } from '../core/timings.ts'
import { background } from '../system/background.ts'
import { BoundedMap } from '../system/bounded-map.ts'
import type { AskCopies } from './ask-copies.ts'
import { CatchUp } from './catch-up.ts'
import { contextOf } from './context.ts'
import { keepFiles } from './files.ts'
import { InboxWorker, type Job } from './inbox.ts'
import { InteractionJob } from './interaction-job.ts'
import { quotationsOf, type QuotingTools } from './quoting.ts'
import type { WarmUp } from './warm-up.ts'
import { leaveAlone } from './left-alone.ts'
import { lookAgain, takeBack, type MessageEditTools } from './message-edits.ts'
import { bindingAt, type Binding } from '../core/session-lookup.ts'

export interface IntakeTools extends MessageEditTools, QuotingTools {
  readonly arrivals: Arrivals
  readonly checkpoint: Checkpoint
  readonly catalogue: Catalogue
  readonly features: Features
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly timings: Timings
  /** The language for those whose own is not known. */
  readonly locale: Locale
  /** Called when the messages of waiting prompts have been looked at again after a gap. */
  readonly lookedAgain: () => void
  readonly outbox: Outbox
  readonly warmUp: WarmUp
  readonly copies: Pick<AskCopies, 'keep' | 'look'>
  /** OMC_OWNER_USER_ID; null: there is nobody to write to. */
  readonly owner: PersonId | null
}

/**
 * Where messages come in: decides which are prompts, keeps their order per place, and reads what was written while
 * nobody listened.
 */
export class Intake implements Inbox {
  readonly #tools: IntakeTools
  readonly #inbox: InboxWorker
  /** Refused aloud, because nothing more could be held. */
  readonly #declined = new BoundedMap<MessageId, true>(10_000)
  readonly #catchUp: CatchUp
  #isOwing = false

  constructor(tools: IntakeTools) {
    this.#tools = tools
    this.#inbox = new InboxWorker({ ...tools, jobOf: (kept, memo, again) => this.#jobOf(kept, memo, again) })
    this.#catchUp = new CatchUp({
      ...tools,
      run: (place, work) => this.#inbox.run(place, work),
      take: (message, binding) => this.#take(message, binding),
      lookAgain: (message) => this.#lookAgain(message),
      takeBack: (place, messages) => this.#takeBack(place, messages),
      leave: (place) => this.#tools.features.placeGone(place),
      sayAway: (last, ms, prompts) => this.#say(last, `away:${last.id}`, null, (say) => say.wasAway(ms, prompts)),
    })
  }

  message(message: ChatMessage): void {
    this.#inbox.take(`message:${message.id}`, message.place.id, { kind: 'message', message })
  }

  edited(message: ChatMessage, moment: string): void {
    this.#inbox.take(`edit:${message.id}:${moment}`, message.place.id, { kind: 'edit', message })
  }

  deleted(place: PlaceId, messages: readonly MessageId[]): void {
    const [first] = messages
    if (first === undefined) return
    this.#inbox.take(`deletion:${first}:${messages.length}`, place, { kind: 'deletion', messages })
  }

  interaction(interaction: Interaction): void {
    this.#inbox.take(`interaction:${interaction.key}`, interaction.place.id, { kind: 'interaction', interaction })
  }

  placeGone(place: PlaceId): void {
    this.#inbox.take(`gone:${place}`, place, { kind: 'place-gone' })
  }

  gap(): void {
    this.#inbox.release()
    this.#catchUp.gap()
  }

  typing(place: Place, person: Person): void {
    this.#tools.warmUp.typing(place, person)
  }

  placeChanged(where: Whereabouts): void {
    this.#tools.outbox.placeChanged(where)
  }

  secretHidden(place: PlaceId | null, rules: readonly string[]): void {
    background(this.#tellOfSecrets(place, rules), this.#tools.log, 'intake.secret-untold')
  }

  /** Once a day for each place and kind. */
  async #tellOfSecrets(place: PlaceId | null, rules: readonly string[]): Promise<void> {
    const { chat, outbox, owner, clock, catalogue, locale } = this.#tools
    const direct = owner === null ? null : await chat.dm(owner)
    if (direct === null) return
    const day = Math.floor(clock.now() / 86_400_000)
    const kinds = [...rules].sort()
    const text = catalogue[locale].messages.secretsFound(place, kinds)
    await outbox.say({
      key: `secret:${place}:${kinds.join()}:${day}`,
      place: direct,
      text,
      replyTo: null,
      mention: null,
    })
  }

  /** A session was started: its channel is told now which messages reach the agent, and what a prompt needs is read. */
  began(session: Session, locale: Locale): void {
    this.#notice(session.place, locale)
    this.#catchUp.began(session.place)
    const { chat, log } = this.#tools
    const read = chat
      .opening(session.place)
      .catch((error: unknown) => log.debug({ error: messageOf(error) }, 'opening.unread'))
    background(read, log, 'opening')
  }

  /** Takes up what an earlier life had not worked off; it is worked on once the chat is open. */
  resume(): Promise<void> {
    return this.#inbox.resume()
  }

  /** What is held in memory alone, because the store takes nothing. */
  get unkept(): number {
    return this.#inbox.unkept
  }

  /** Resolves when nothing of what came in is at work any more. */
  async close(): Promise<void> {
    await this.#inbox.close()
  }

  #jobOf(kept: Omit<KeptArrival, 'memo'>, memo: Memo, again: boolean): Job {
    const { arrival, place } = kept
    switch (arrival.kind) {
      case 'interaction':
        return new InteractionJob(arrival.interaction, memo, again, this.#tools)
      case 'message':
        return {
          ...quiet,
          wanted: () => this.#isWanted(arrival.message),
          work: () => this.#message(arrival.message),
          giveUp: () => this.#tell(arrival.message, 'failed', (say) => say.inbox.failed()),
          decline: () => this.#decline(arrival.message),
        }
      case 'edit':
        return {
          ...quiet,
          wanted: () => this.#isPrompt(arrival.message.id),
          work: () => this.#lookAgain(arrival.message),
          decline: () => this.#owe(),
        }
      case 'deletion':
        return { ...quiet, work: () => this.#takeBack(place, arrival.messages), decline: () => this.#owe() }
      case 'place-gone':
        return { ...quiet, work: () => this.#tools.features.placeGone(place), decline: () => this.#owe() }
    }
  }

  /** What people say to each other is not kept; in a place with a session the mark of what was seen moves past it. */
  async #isWanted(message: ChatMessage): Promise<boolean> {
    const { vault, channel } = this.#tools
    const binding = await bindingAt(vault, message.place)
    if (isForUs(message, binding?.session ?? null, channel)) return true
    if (binding !== null && this.#catchUp.isUpToDate(message.place.id)) await vault.saw(message.place.id, message.id)
    return false
  }

  async #isPrompt(message: MessageId): Promise<boolean> {
    if (this.#inbox.holds(`message:${message}`)) return true
    return (await this.#tools.journal.find(message as string as PromptKey)) !== null
  }

  async #message(message: ChatMessage): Promise<void> {
    const binding = await bindingAt(this.#tools.vault, message.place)
    const upToDate = binding !== null && (await this.#catchUp.read(binding))
    await this.#take(message, binding)
    // With a gap still unread, the mark stays before it; where no session is, nothing is ever read again.
    if (upToDate) await this.#tools.vault.saw(message.place.id, message.id)
  }

  async #takeBack(place: PlaceId, messages: readonly MessageId[]): Promise<void> {
    this.#tools.outbox.deleted(place, messages)
    for (const message of messages) await takeBack(message, this.#tools)
  }

  /** Said without the store, which is why it is refused. It must not become a prompt by a gap that is read later. */
  async #decline(message: ChatMessage): Promise<void> {
    const { chat, channel, catalogue } = this.#tools
    if (!isForUs(message, null, channel) && message.place.kind === 'channel') return this.#owe()
    this.#declined.set(message.id, true)
    const { id, place, author } = message
    await chat.tell(place, catalogue[author.locale].inbox.full(), { nonce: `${id}.full`, replyTo: id, mention: null })
  }

  /** What was passed over is read from Discord again, as after a gap. */
  #owe(): Promise<void> {
    if (!this.#isOwing) {
      this.#isOwing = true
      this.#tools.clock.after(this.#tools.timings.rereadAfterMs, () => {
        this.#isOwing = false
        if (!this.#tools.signal.aborted) this.gap()
      })
    }
    return Promise.resolve()
  }

  /** Once in each channel, at the first use there: which messages reach the agent. */
  #notice(place: Place, locale: Locale): void {
    const { outbox, catalogue, channel, log } = this.#tools
    if (place.kind !== 'channel') return
    const text = catalogue[locale].channelNotice(channel)
    background(outbox.say({ key: `notice:${place.id}`, place, text, replyTo: null, mention: null }), log, 'notice')
  }

  async #lookAgain(message: ChatMessage): Promise<void> {
    const refusal = await lookAgain(message, this.#tools)
    if (refusal === 'late') await this.#tell(message, 'edited-late', (say) => say.inbox.editedLate())
    else if (refusal !== null) await this.#tell(message, 'edit', (say) => say.refusal(refusal))
  }

  async #take(message: ChatMessage, binding: Binding | null): Promise<void> {
    const { vault, desk, journal } = this.#tools
    const { place, author } = message
    const session = binding?.session ?? null
    if (binding !== null && !isLater(message.id, binding.since)) return
    if (!isForUs(message, session, this.#tools.channel) || this.#declined.has(message.id)) return
    const key = message.id as string as PromptKey
    // Read again around a gap: it was taken in, with what belongs to it, or refused, and that stands, whatever the
    // person may do by now.
    if ((await journal.find(key)) !== null || (await vault.saidAt(refusedKey(message.id))) !== null) return
    const verdict = await desk.judge(author, 'prompt', place)
    if (!verdict.allowed) return leaveAlone(message, verdict, this.#tools)
    if (binding === null) {
      await this.#tellOnce(message, `no-session:${message.id}`, (say) => say.noSessionHere())
      return
    }
    const context = await contextOf(message, this.#tools)
    const files = await keepFiles(message.files, this.#tools)
    if (!files.ok) {
      await this.#refuse(message, files.refusal)
      return
    }
    const { quotes, opened } = await quotationsOf(message, binding.session, this.#tools)
    const asked = await desk.ask({
      key,
      place,
      speaker: author,
      text: message.text,
      message: message.id,
      context,
      attachments: files.value,
      quotes,
    })
    if (opened !== null) await vault.once(opened, this.#tools.clock.now())
    if (asked.kind === 'refused') {
      await this.#refuse(message, asked.refusal)
      // Told once, the place is nobody's again.
      if (asked.refusal.code === 'attached-ended') await vault.attachedPlaces.remove(composeSessionKey(place))
    }
    this.#notice(place, author.locale)
  }

  /** Said before it is kept that it was: killed in between, the same key keeps it from standing there twice. */
  async #refuse(message: ChatMessage, refusal: Refusal): Promise<void> {
    await this.#tell(message, 'refused', (say) => say.refusal(refusal))
    await this.#tools.vault.once(refusedKey(message.id), this.#tools.clock.now())
  }

  async #tellOnce(message: ChatMessage, key: string, text: (say: Phrases) => string): Promise<void> {
    const { vault, clock } = this.#tools
    if ((await vault.saidAt(key)) !== null) return
    await this.#say(message, key, message.id, text)
    await vault.once(key, clock.now())
  }

  #tell(message: ChatMessage, what: string, text: (say: Phrases) => string): Promise<void> {
    return this.#say(message, `${what}:${message.id}`, message.id, text)
  }

  async #say(
    { place, author }: ChatMessage,
    key: string,
    replyTo: MessageId | null,
    text: (say: Phrases) => string,
  ): Promise<void> {
    const say = this.#tools.catalogue[author.locale] ?? this.#tools.catalogue[this.#tools.locale]
    await this.#tools.outbox.say({ key, place, text: text(say), replyTo, mention: null })
  }
}

/** What most jobs do not need. */
const quiet = {
  wanted: () => Promise.resolve(true),
  acknowledge: () => Promise.resolve(true),
  giveUp: () => Promise.resolve(),
}

function refusedKey(message: MessageId): string {
  return `refused:${message}`
}
