import type { Approval, Decision } from '../core/approval.ts'
import type { Checkpoint } from '../core/checkpoint.ts'
import type { Clock } from '../core/clock.ts'
import { noUsage, type Entry, type RunEvent } from '../core/event.ts'
import { messageOf } from '../core/failure.ts'
import type { PromptKey } from '../core/ids.ts'
import type { Journal } from '../core/journal.ts'
import { isLive, step, type Run } from '../core/lifecycle.ts'
import type { Log } from '../core/log.ts'
import type { Conduct, Cursor, Piece, Turn } from '../core/runtime.ts'
import { background } from '../system/background.ts'
import type { Feed } from './feed.ts'
import { retry } from '../system/back-off.ts'
import { Mutex } from '../system/mutex.ts'

/** Text waits at most this long for its journal entry: a commit per word would cost a disk flush per word. */
const textBatchMs = 100
/** A prompt whose process went away this often is not tried again. */
export const attemptLimit = 3

export interface ConductorTools {
  readonly journal: Journal
  readonly feed: Feed
  readonly clock: Clock
  readonly log: Log
  readonly checkpoint: Checkpoint
  readonly signal: AbortSignal
  /** Asks whoever may answer. Null: nobody needs to answer it any more. */
  approve(turn: Turn, approval: Approval): Promise<Answer | null>
  /** A word that the CLI may not have heard, and would not hear again: it becomes a prompt. */
  unheard(word: Steering): Promise<void>
}

/** A decision, and who made it; null: nobody in time. */
export interface Answer {
  readonly decision: Decision
  readonly by: string | null
}

export type Steering = Extract<RunEvent, { type: 'steered' }>

/**
 * Leads one run from its admission to its end: takes what the runtime tells, keeps it with the position behind it in
 * one transaction, and tells the feed. The only writer of its run while it lives.
 */
export class Conductor {
  readonly turn: Turn
  /** Resolves when the run is over, waits again, or was left to the next life. Never rejects. */
  readonly done: Promise<void>
  readonly #conduct: Conduct
  readonly #tools: ConductorTools
  readonly #order = new Mutex()
  /** Keys of the words that were put into it. */
  readonly #words = new Set<PromptKey>()
  readonly #forgotten: boolean
  #run: Run
  #pending: RunEvent[] = []
  #cursor: Cursor | null = null
  #timer: Disposable | null = null

  /**
   * `run` is the state the journal has; `answered` are decisions of this attempt that the CLI may not have heard;
   * `forgotten`: an earlier attempt found its conversation gone.
   */
  constructor(
    turn: Turn,
    conduct: Conduct,
    run: Run,
    answered: readonly Extract<RunEvent, { type: 'answered' }>[],
    tools: ConductorTools,
    steered: readonly Steering[] = [],
    forgotten = false,
  ) {
    this.#forgotten = forgotten
    this.turn = turn
    this.#conduct = conduct
    this.#run = run
    this.#tools = tools
    for (const { steer } of steered) this.#words.add(steer.key)
    this.done = this.#lead(answered, steered)
  }

  /** Stops the run for somebody. False: it is over already. */
  async stop(by: string | null): Promise<boolean> {
    const stopping = await this.#order.run(async () => {
      if (!isLive(this.#run.state)) return false
      if (this.#run.state !== 'stopping') {
        await this.#keep([{ type: 'stopped', by }], null)
      }
      return true
    })
    if (stopping) await this.#conduct.stop()
    return stopping
  }

  /** Puts a word into the turn. False: the CLI does not take it now. The same key is kept once. */
  async steer(word: Steering): Promise<boolean> {
    const kept = await this.#order.run(async () => {
      if (step(this.#run, word) === null) return false
      if (this.#words.has(word.steer.key)) return true
      this.#words.add(word.steer.key)
      // Kept before the CLI hears it: after a kill -9 in between, the next life says it again.
      await this.#keep([word], null)
      return true
    })
    return kept && this.#tell(word)
  }

  async #lead(
    answered: readonly Extract<RunEvent, { type: 'answered' }>[],
    steered: readonly Steering[],
  ): Promise<void> {
    const { log } = this.#tools
    try {
      for (const { approval, decision } of answered) await this.#conduct.answer(approval, decision)
      for (const approval of this.#run.open) this.#inBackground(this.#settle(approval))
      this.#inBackground(this.#sayAgain(steered))
      if (this.#run.state === 'stopping') this.#inBackground(this.#conduct.stop())
      for await (const piece of this.#conduct.output) {
        await this.#order.run(() => this.#take(piece))
        if (!isLive(this.#run.state)) break
      }
      await this.#order.run(() => this.#flush())
    } catch (error) {
      // When the process lets go, the next life goes on from what the journal has.
      if (!this.#tools.signal.aborted) {
        log.error({ run: this.turn.run, error: messageOf(error) }, 'run.conduct-failed')
        await this.#abandon(messageOf(error)).catch(() => undefined)
      }
    } finally {
      this.#timer?.[Symbol.dispose]()
    }
  }

  /** Words of an earlier life: the CLI that has them already takes them for nothing new. */
  async #sayAgain(steered: readonly Steering[]): Promise<void> {
    const { journal, log, signal } = this.#tools
    for (const word of steered) {
      try {
        // It has become a prompt already, and is said as that.
        if ((await journal.find(word.steer.key)) !== null) continue
        const heard = await this.#tell(word)
        // One that was heard before is not said a second time to a CLI that has gone on since.
        if (!heard && !word.heard && !signal.aborted) await this.#tools.unheard(word)
      } catch (error) {
        if (!signal.aborted) log.error({ run: this.turn.run, error: messageOf(error) }, 'steer.failed')
      }
    }
  }

  async #tell(word: Steering): Promise<boolean> {
    const heard = await this.#conduct.steer(word.steer)
    if (heard && !word.heard) await this.#order.run(() => this.#keep([{ ...word, heard }], null))
    return heard
  }

  /** We are wrong somewhere: the person is told, and the agent does not work on unheard. */
  async #abandon(detail: string): Promise<void> {
    await this.#conduct.stop()
    const { journal, clock, feed } = this.#tools
    const outcome = { kind: 'failed', trouble: { code: 'process-died', detail }, usage: noUsage } as const
    feed.publish(await journal.append(this.turn.run, [{ type: 'finished', outcome }], clock.now()))
  }

  #inBackground(work: Promise<void>): void {
    background(work, this.#tools.log, 'run.conductor')
  }

  async #take(piece: Piece): Promise<void> {
    if (piece.events.every((event) => event.type === 'said')) return this.#takeText(piece)
    await this.#keep(piece.events, piece.cursor)
  }

  #takeText(piece: Piece): void {
    const events = this.#admissible(piece.events)
    this.#pending.push(...events)
    this.#cursor = piece.cursor
    const at = this.#tools.clock.now()
    this.#tools.feed.publish(events.map((event) => ({ run: this.turn.run, seq: 0, at, event })))
    this.#timer ??= this.#tools.clock.after(textBatchMs, () => {
      this.#order.run(() => this.#flush()).catch(() => undefined)
    })
  }

  /** Keeps events with all the text before them, and tells them. Gives how many of them the lifecycle allowed. */
  async #keep(events: readonly RunEvent[], cursor: Cursor | null): Promise<number> {
    const told = this.#admissible(events.map((event) => this.#anew(this.#unlessTooOften(event))))
    this.#pending.push(...told)
    this.#cursor = cursor ?? this.#cursor
    const entries = await this.#flush()
    this.#tools.feed.publish(entries.slice(entries.length - told.length))
    for (const event of told) {
      if (event.type !== 'wanted') continue
      this.#tools.checkpoint('approval-wanted')
      this.#inBackground(this.#settle(event.approval))
    }
    return told.length
  }

  async #flush(): Promise<readonly Entry[]> {
    this.#timer?.[Symbol.dispose]()
    this.#timer = null
    if (this.#pending.length === 0 && this.#cursor === null) return []
    const { journal, clock, checkpoint } = this.#tools
    const events = this.#pending
    const options = this.#cursor === null ? {} : { cursor: this.#cursor }
    const entries = await retry(this.#tools, 'append', () =>
      journal.append(this.turn.run, events, clock.now(), options),
    )
    this.#pending = []
    this.#cursor = null
    checkpoint('piece-committed')
    return entries
  }

  /** What the lifecycle allows; a CLI that asks after Stop, or talks after its end, is heard no more. */
  #admissible(events: readonly RunEvent[]): readonly RunEvent[] {
    return events.filter((event) => {
      const next = step(this.#run, event)
      if (next === null) {
        this.#tools.log.warn({ run: this.turn.run, state: this.#run.state, event: event.type }, 'run.event-dropped')
        return false
      }
      this.#run = next
      return true
    })
  }

  #unlessTooOften(event: RunEvent): RunEvent {
    if (event.type !== 'lost' || this.turn.attempt < attemptLimit) return event
    return {
      type: 'finished',
      outcome: { kind: 'failed', trouble: { code: 'lost-too-often', times: this.turn.attempt }, usage: noUsage },
    }
  }

  /**
   * A conversation that the CLI no longer knows is set aside, and the prompt gets an attempt in a fresh one: once, so
   * that a CLI which never finds one cannot go round in circles.
   */
  #anew(event: RunEvent): RunEvent {
    if (event.type !== 'finished' || event.outcome.kind !== 'failed' || this.#forgotten) return event
    const { trouble } = event.outcome
    if (trouble.code !== 'conversation-gone' || this.#run.state === 'stopping') return event
    this.#tools.log.warn({ run: this.turn.run, session: this.turn.session.id }, 'conversation.forgotten')
    return { type: 'forgotten', detail: trouble.detail }
  }

  async #settle(approval: Approval): Promise<void> {
    try {
      const answer = await this.#tools.approve(this.turn, approval)
      if (answer === null) return
      // Kept before the CLI hears it: what it then does was consented to on record.
      const event = { type: 'answered', approval: approval.id, ...answer } as const
      const kept = await this.#order.run(() => this.#keep([event], null))
      // Somebody pressed Stop, or the CLI took its question back, while it was being answered.
      if (kept === 0) return
      this.#tools.checkpoint('approval-answered')
      await this.#conduct.answer(approval.id, answer.decision)
    } catch (error) {
      if (this.#tools.signal.aborted) return
      this.#tools.log.error({ run: this.turn.run, error: messageOf(error) }, 'approval.failed')
    }
  }
}
