import { holdAfter, type Accounts } from '../core/account.ts'
import type { Checkpoint } from '../core/checkpoint.ts'
import { pause, type Clock } from '../core/clock.ts'
import { noUsage, type Entry, type RunEvent } from '../core/event.ts'
import { coalesce } from '../core/coalesce.ts'
import { messageOf } from '../core/failure.ts'
import type { ApprovalId, PromptKey, Seq } from '../core/ids.ts'
import type { Journal } from '../core/journal.ts'
import type { Log } from '../core/log.ts'
import type { Conduct, Cursor, Piece, Turn } from '../core/runtime.ts'
import type { Timings } from '../core/timings.ts'
import { background } from '../system/background.ts'
import type { GroupCommit } from './group-commit.ts'
import { intentsIn, type Intents, type Steering } from './intents.ts'
import { retry } from '../system/back-off.ts'
import { Mutex } from '../system/mutex.ts'

/** A prompt whose process went away this often is not tried again. */
export const attemptLimit = 3
/** So long a CLI that has ended its turn may take to say whether it had heard a word. */
const hearWithinMs = 5_000

export interface ConductorTools {
  readonly journal: Journal
  /** In which the text of all runs is kept together. */
  readonly texts: GroupCommit
  readonly vault: { readonly accounts: Pick<Accounts, 'of'> }
  readonly clock: Clock
  readonly log: Log
  readonly checkpoint: Checkpoint
  readonly signal: AbortSignal
  readonly timings: Timings
}

/**
 * Leads one run from its admission to its end: takes what the runtime tells and keeps it with the position behind it in
 * one transaction; reads in the journal what people want of the run, and does it. What it finds there at its beginning
 * and what comes later is read in the same way, so that it makes no difference who wrote it in which life of the bot.
 */
export class Conductor {
  readonly turn: Turn
  /** Resolves when the run is over, waits again, or was left to the next life. Never rejects. */
  readonly done: Promise<void>
  readonly #conduct: Conduct
  readonly #tools: ConductorTools
  /** In which things are written. */
  readonly #order = new Mutex()
  /** In which the CLI is told decisions, and words. */
  readonly #answers = new Mutex()
  readonly #words = new Mutex()
  /** Words that it was told, or that need not be told. */
  readonly #told = new Set<PromptKey>()
  /** Hosts that people are asked about. */
  readonly #hosts = new Set<ApprovalId>()
  /** How far the journal has been read. */
  #position: Seq = 0
  #reading: Promise<void> | null = null
  #again = false
  #isStopped = false
  /** An earlier attempt found its conversation gone. */
  #isForgotten = false
  #hasSpoken = false
  #isOver = false
  #pending: RunEvent[] = []
  #cursor: Cursor | null = null
  #joined: Disposable | null = null

  constructor(turn: Turn, conduct: Conduct, tools: ConductorTools) {
    this.turn = turn
    this.#conduct = conduct
    this.#tools = tools
    this.done = this.#lead()
  }

  /** Somebody may have written something about the run. Cheap to call too often. */
  look(): void {
    this.#again = true
    this.#reading ??= this.#readOn()
  }

  async #lead(): Promise<void> {
    const { log, signal } = this.#tools
    try {
      this.look()
      await this.#reading
      await this.#answers.idle()
      for await (const piece of this.#conduct.output) {
        if (piece.events.some(endsAttempt)) await this.#wordsTold()
        await this.#order.run(() => this.#take(piece))
        if (this.#isOver) break
      }
      await this.#order.run(() => this.#flush())
    } catch (error) {
      // When the process lets go, the next life goes on from what the journal has.
      if (!signal.aborted) {
        log.error({ run: this.turn.run, error: messageOf(error) }, 'run.conduct-failed')
        await this.#abandon(messageOf(error)).catch(() => undefined)
      }
    } finally {
      this.#joined?.[Symbol.dispose]()
    }
  }

  /** Reads the journal behind what was read before, and acts on it. Never rejects. */
  async #readOn(): Promise<void> {
    const { journal, log, signal } = this.#tools
    try {
      while (this.#again && !signal.aborted) {
        this.#again = false
        const entries = await retry(this.#tools, 'intents', () => journal.read(this.turn.run, this.#position))
        this.#position = entries.at(-1)?.seq ?? this.#position
        this.#isForgotten ||= entries.some(({ event }) => event.type === 'forgotten')
        this.#act(intentsIn(entries))
        this.#hold(entries)
      }
    } catch (error) {
      if (!signal.aborted) log.error({ run: this.turn.run, error: messageOf(error) }, 'run.intents-unread')
    } finally {
      this.#reading = null
    }
  }

  #act({ stopped, answered, told, steered }: Intents): void {
    if (stopped && !this.#isStopped) {
      this.#isStopped = true
      this.#do('stopped', () => this.#acted(this.#conduct.stop()))
    }
    for (const { approval, decision } of answered) {
      this.#do('answered', () => this.#answers.run(() => this.#acted(this.#conduct.answer(approval, decision))))
    }
    for (const { call, text, failed } of told) {
      this.#do('told', () => this.#answers.run(() => this.#acted(this.#conduct.tell(call, text, failed))))
    }
    for (const word of steered) {
      if (this.#told.has(word.steer.key)) continue
      this.#told.add(word.steer.key)
      this.#do('steered', () => this.#words.run(() => this.#tell(word)))
    }
  }

  /** While people are asked about a host the CLI waits for it without knowing why. */
  #hold(entries: readonly Entry[]): void {
    const before = this.#hosts.size
    for (const { event } of entries) {
      if (event.type === 'admitted') this.#hosts.clear()
      if (event.type === 'wanted' && event.approval.subject.kind === 'host') this.#hosts.add(event.approval.id)
      if (event.type === 'answered' || event.type === 'withdrawn') this.#hosts.delete(event.approval)
    }
    if (before !== this.#hosts.size) this.#conduct.hold(this.#hosts.size > 0)
  }

  /** Does something beside the reading of the output. */
  #do(what: string, work: () => Promise<void>): void {
    const { log, signal } = this.#tools
    const done = work().catch((error: unknown) => {
      if (!signal.aborted) log.error({ run: this.turn.run, what, error: messageOf(error) }, 'run.intent-failed')
    })
    background(done, log, 'run.intent')
  }

  async #acted<Value>(work: Promise<Value>): Promise<Value> {
    const value = await work
    this.#tools.checkpoint('intent-acted')
    return value
  }

  /** Says a word to the CLI; one of an earlier life that it has already is nothing new to it. */
  async #tell(word: Steering): Promise<void> {
    const { journal, signal } = this.#tools
    // It has become a prompt already, and is said as that.
    if ((await retry(this.#tools, 'word', () => journal.find(word.steer.key))) !== null) return
    const heard = await this.#acted(this.#conduct.steer(word.steer))
    // One that was heard before needs no word about it; a CLI that has gone on since is not told it as a prompt.
    if (word.heard || signal.aborted) return
    const event = heard ? { ...word, heard } : ({ type: 'declined', steer: word.steer.key } as const)
    await this.#order.run(() => this.#keep([event], null))
  }

  /** After the end nothing can be written: a word that was heard must not be taken for one that was not. */
  async #wordsTold(): Promise<void> {
    const { clock, signal } = this.#tools
    const waited = new AbortController()
    const late = pause(clock, hearWithinMs, AbortSignal.any([waited.signal, signal]))
    await Promise.race([this.#words.idle(), late])
    waited.abort()
  }

  /** We are wrong somewhere: the person is told, and the agent does not work on unheard. */
  async #abandon(detail: string): Promise<void> {
    await this.#conduct.stop()
    const { journal, clock } = this.#tools
    const outcome = { kind: 'failed', trouble: { code: 'process-died', detail }, usage: noUsage } as const
    await journal.append(this.turn.run, [{ type: 'finished', outcome }], clock.now())
  }

  async #take(piece: Piece): Promise<void> {
    const isText = piece.events.every((event) => event.type === 'said')
    if (!isText || !this.#hasSpoken) return this.#keep(piece.events, piece.cursor)
    this.#pending.push(...piece.events)
    this.#cursor = piece.cursor
    this.#joined ??= this.#tools.texts.join(() => {
      this.#order.run(() => this.#flush()).catch(() => undefined)
    })
  }

  /** Keeps events with all the text before them. */
  async #keep(events: readonly RunEvent[], cursor: Cursor | null): Promise<void> {
    for (const event of events) this.#pending.push(await this.#parked(this.#anew(this.#unlessTooOften(event))))
    this.#cursor = cursor ?? this.#cursor
    await this.#flush()
  }

  async #flush(): Promise<void> {
    this.#joined?.[Symbol.dispose]()
    this.#joined = null
    if (this.#pending.length === 0 && this.#cursor === null) return
    const { journal, clock, checkpoint, log } = this.#tools
    // A line of the journal for what is said in one breath, not for each word of it.
    const events = coalesce(this.#pending)
    const options = this.#cursor === null ? {} : { cursor: this.#cursor }
    const entries = await retry(this.#tools, 'append', () =>
      journal.append(this.turn.run, events, clock.now(), options),
    )
    this.#pending = []
    this.#cursor = null
    this.#hasSpoken ||= events.some(({ type }) => type === 'said')
    this.#isOver ||= events.some(endsAttempt)
    if (entries.length < events.length) {
      // A CLI that asks after Stop, or talks after its end, is heard no more.
      const types = events.map(({ type }) => type)
      log.warn({ run: this.turn.run, events: types, kept: entries.length }, 'run.events-dropped')
    }
    checkpoint('piece-committed')
    if (entries.some(({ event }) => event.type === 'wanted')) checkpoint('approval-wanted')
  }

  #unlessTooOften(event: RunEvent): RunEvent {
    if (event.type !== 'lost' || lossesBefore(this.turn) + 1 < attemptLimit) return event
    return {
      type: 'finished',
      outcome: {
        kind: 'failed',
        trouble: { code: 'lost-too-often', times: lossesBefore(this.turn) + 1 },
        usage: noUsage,
      },
    }
  }

  /**
   * A conversation that the CLI no longer knows, or that is full, is set aside, and the prompt gets an attempt in a fresh
   * one: once, so that a CLI which never finds one cannot go round in circles.
   */
  #anew(event: RunEvent): RunEvent {
    if (event.type !== 'finished' || event.outcome.kind !== 'failed' || this.#isForgotten) return event
    const { trouble } = event.outcome
    if ((trouble.code !== 'conversation-gone' && trouble.code !== 'context-full') || this.#isStopped) return event
    this.#tools.log.warn({ run: this.turn.run, session: this.turn.session.id }, 'conversation.forgotten')
    return { type: 'forgotten', detail: trouble.detail, ...(trouble.code === 'context-full' ? { full: true } : {}) }
  }

  /**
   * A run that was refused for want of quota goes on by itself when there is some again; one whose model's service is in
   * trouble is tried again with growing pauses: nobody has to send a prompt again because of some bad minutes.
   */
  async #parked(event: RunEvent): Promise<RunEvent> {
    if (event.type !== 'finished' || event.outcome.kind !== 'failed' || this.#isStopped) return event
    const { trouble, usage } = event.outcome
    const { runtime, account } = this.turn.session
    const pause = this.#tools.timings.rideOutMs[this.turn.parks]
    if (trouble.code === 'service-busy' && pause !== undefined) {
      this.#tools.log.warn({ run: this.turn.run, why: trouble.why, detail: trouble.detail, pause }, 'run.service-busy')
      const until = this.#tools.clock.now() + pause
      return { type: 'parked', hold: { until, runtime, window: null, model: null, service: trouble.why }, usage }
    }
    if (trouble.code !== 'quota-full') return event
    const known = await retry(this.#tools, 'account', () => this.#tools.vault.accounts.of(runtime, account))
    return { type: 'parked', hold: holdAfter(known, trouble, this.#tools.clock.now()), usage }
  }
}

/** How often a turn's process was lost already. */
export function lossesBefore({ attempt, parks }: Pick<Turn, 'attempt' | 'parks'>): number {
  return attempt - 1 - parks
}

function endsAttempt({ type }: RunEvent): boolean {
  return type === 'finished' || type === 'lost' || type === 'forgotten' || type === 'parked'
}
