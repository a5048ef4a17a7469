import type { Chat, LinePlace, Rendering, Spot } from '../core/chat.ts'
import type { Clock } from '../core/clock.ts'
import type { Entry } from '../core/event.ts'
import type { MessageId, RunId, Seq, SessionId } from '../core/ids.ts'
import { isLive, isQueued } from '../core/lifecycle.ts'
import type { Message, Owner, Posting } from '../core/message.ts'
import type { Prompt } from '../core/prompt.ts'
import type { Timings } from '../core/timings.ts'
import type { Verbosity } from '../core/verbosity.ts'
import { see, textOf, type RunView } from '../core/view.ts'
import type { Urgency } from './pace.ts'
import type { Write } from './write.ts'
import { nothingYet, type Concern, type MessageSource, type PlaceTurn, type Wanted } from './source.ts'

/** How often a run at work is looked at again although nothing happened: its seconds run. */
const tickMs = 1_000

export interface RunTools {
  readonly chat: Chat
  readonly clock: Clock
  readonly timings: Timings
  /** Where a waiting run stands; null when it is about to start. */
  line(run: RunId): LinePlace | null
  /** Where the question stands that the run waits for; null: nowhere. */
  questionOf(run: RunId): Spot | null
}

/** The runs beside a run, as its messages have to know them. */
export interface Neighbours {
  /** Of what was asked before it in its place, nothing stands there yet. */
  areSilentBefore(subject: RunSubject): boolean
  /** A message of it was posted. */
  posted(subject: RunSubject, message: MessageId): void
}

/** A run's messages: the answer in parts, the card under it, and the line at the end of a long one. */
export class RunSubject implements MessageSource {
  readonly owner: Owner
  readonly #run: RunId
  readonly #tools: RunTools
  #view: RunView
  /** The last entry that the view is made of. */
  #seen: Seq
  /** When it began, or was taken up in this life, by the monotonic clock. */
  #beganAt: number
  /** How long the answer was when it was drawn last. */
  #drawn = 0
  /** A message of it stands, or did. */
  #stands = false
  readonly #neighbours: Neighbours
  /** The last message of a run before it that was posted while this one had nothing to say; null: none was. */
  #beneath: MessageId | null = null
  /** The name of its session. */
  session = ''
  /** How much of its steps is shown; as it was when it began, or was taken up. */
  verbosity: Verbosity = 'normal'

  constructor(view: RunView, seen: Seq, tools: RunTools, neighbours: Neighbours) {
    this.owner = `run:${view.id}`
    this.#run = view.id
    this.#view = view
    this.#seen = seen
    this.#tools = tools
    this.#neighbours = neighbours
    this.#beganAt = tools.clock.monotonic()
  }

  get run(): RunId {
    return this.#run
  }

  get sessionId(): SessionId {
    return this.#view.prompt.session
  }

  get prompt(): Prompt {
    return this.#view.prompt
  }

  get stands(): boolean {
    return this.#stands
  }

  get isQueued(): boolean {
    return isQueued(this.#view.run.state)
  }

  /** A run before it has posted this: what it will say belongs beneath that. */
  comesAfter(message: MessageId): void {
    this.#beneath = message
  }

  posted({ message }: Posting): void {
    this.#stands = true
    if (message !== null) this.#neighbours.posted(this, message)
  }

  take(entry: Entry): void {
    if (entry.seq <= this.#seen) return
    this.#seen = entry.seq
    this.#view = see(this.#view, entry) ?? this.#view
    if (entry.event.type === 'started') this.#beganAt = this.#tools.clock.monotonic()
  }

  wanted(postings: readonly Posting[]): Wanted {
    const view = this.#view
    this.#drawn = lengthOf(view)
    const { clock, chat } = this.#tools
    const { state } = view.run
    this.#stands ||= postings.some(({ message }) => message !== null)
    const line = isQueued(state) ? this.#tools.line(this.#run) : null
    const facts = { view, line, now: clock.now(), session: this.session, verbosity: this.verbosity }
    const isAtWork = isLive(state)
    const silentForMs = clock.monotonic() - this.#beganAt
    const patience = this.#tools.timings.silentForMs - silentForMs
    if (line !== null && !this.#stands && patience > 0 && this.#neighbours.areSilentBefore(this)) {
      return { ...nothingYet, againInMs: patience }
    }
    if (!isWorthSaying({ view, line, isLong: patience <= 0 }, postings)) {
      const typingIn = isAtWork && state !== 'stopping' ? view.prompt.place : null
      return { ...nothingYet, againInMs: isAtWork ? tickMs : null, typingIn }
    }
    const question = this.#tools.questionOf(this.#run)
    const renderings = chat.draw({ ...facts, frozen: frozenEnds(postings), question })
    return {
      messages: renderings.map((rendering, at) => ({
        ...messageOf(view, rendering, at === renderings.length - 1),
        beneath: view.startedAt !== null && rendering.part === 0 ? this.#beneath : null,
      })),
      ordered: true,
      // A lost attempt may have said more than the one that answered: what stands beyond the answer is taken back.
      exact: state === 'over',
      over: state === 'over',
      againInMs: isAtWork ? tickMs : null,
      typingIn: null,
    }
  }

  urgencyOf(write: Write): Urgency {
    const { state, open } = this.#view.run
    if (state === 'over') return 'end'
    if (open.length > 0 || state === 'stopping') return 'question'
    const shown = write.posting?.end ?? 0
    const grows = ('form' in write && write.form.rendering.end > shown) || lengthOf(this.#view) > this.#drawn
    if (!grows) return 'card'
    return shown === 0 ? 'first' : 'growth'
  }

  turn(): PlaceTurn | null {
    const { run, prompt } = this.#view
    if (isLive(run.state)) return { place: prompt.place.id, works: true }
    return run.state === 'waiting' ? { place: prompt.place.id, works: false } : null
  }

  concern(): Concern {
    const view = this.#view
    const { id, locale } = view.prompt.speaker
    return {
      person: id,
      locale,
      text: (say, place) => say.messages.answerShutOut(this.session, place, view.run.state === 'over'),
    }
  }
}

interface RunFacts {
  readonly view: RunView
  readonly line: LinePlace | null
  /** Without a word or a step, it shows its card (and the Stop button on it) after a while. */
  readonly isLong: boolean
}

/** About how long the answer is so far, told without putting it together. */
function lengthOf({ blocks }: RunView): number {
  return blocks.reduce((sum, { text }) => sum + text.length, 0)
}

function isWorthSaying({ view, line, isLong }: RunFacts, postings: readonly Posting[]): boolean {
  if (postings.some(({ at }) => at !== null) || view.run.state === 'over') return true
  if (view.run.state === 'waiting') return line !== null
  if (view.run.state === 'parked') return true
  return isLong || view.steps.length > 0 || view.run.open.length > 0 || textOf(view) !== ''
}

/** Where the parts that are closed for good end: the last of them closes all before it. */
function frozenEnds(postings: readonly Posting[]): readonly number[] {
  const parts = [...postings].sort((a, b) => Number(a.role) - Number(b.role))
  return parts.slice(0, parts.findLastIndex(({ frozen }) => frozen) + 1).map(({ end }) => end)
}

function messageOf(view: RunView, rendering: Rendering, isLast: boolean): Message {
  const { place, message, speaker } = view.prompt
  const isOver = view.run.state === 'over'
  return {
    role: String(rendering.part),
    place,
    rendering,
    replyTo: rendering.part === 0 || rendering.rings ? message : null,
    mention: rendering.rings ? speaker.id : null,
    locale: speaker.locale,
    steady: isOver,
    asks: false,
    pinned: false,
    // The card is under the last part: while the run goes on, it moves to a new message in time.
    goesOn: isLast && !isOver ? 'now' : 'when-changed',
    whenDeleted: 'again',
  }
}
