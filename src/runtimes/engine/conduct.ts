import { coalesce } from '../../core/coalesce.ts'
import type { Decision } from '../../core/approval.ts'
import type { Clock } from '../../core/clock.ts'
import type { RunEvent, Steer } from '../../core/event.ts'
import { messageOf, type Trouble } from '../../core/failure.ts'
import type { ApprovalId, PromptKey, ToolCallId } from '../../core/ids.ts'
import type { Log } from '../../core/log.ts'
import type { Conduct, Cursor, Piece, Turn } from '../../core/runtime.ts'
import { background } from '../../system/background.ts'
import { cursorOf } from './cursor.ts'
import { Deadlines } from './deadlines.ts'
import type { Handed } from './hand-over.ts'
import { finished, follow, lastWords, nowhere, saysStopped, toldBefore, type LastWords } from './last-words.ts'
import type { Lease } from './lease.ts'
import type { Protocol, TurnStanding } from './protocol.ts'
import { FloodWatch } from './flood.ts'
import { intruderIn } from './intruder.ts'
import { StopPoints } from './stop-points.ts'
import { insist } from './stopping.ts'
import { askToSteer } from './steering.ts'
import type { ProcessLimits } from './limits.ts'
import { give, type CliAnswer } from './told-file.ts'

export interface ConductOptions<State extends TurnStanding> {
  readonly protocol: Protocol<State>
  readonly turn: Turn
  readonly clock: Clock
  readonly log: Log
  readonly limits: ProcessLimits
  /** Hands the turn over. Null: it was stopped or closed before. Rejects when no process could be started. */
  hand(stopped: AbortSignal): Promise<Handed<State> | null>
  /** The turn is over, and whoever reads it has come back after its last piece. */
  freed(lease: Lease, state: State): void
}

/** One turn of a process on a spool, led from the hand-over to its one last event. */
export class TurnConduct<State extends TurnStanding> implements Conduct {
  readonly output: AsyncIterable<Piece>
  readonly #options: ConductOptions<State>
  readonly #handing: Promise<Handed<State> | null>
  readonly #stopped = new AbortController()
  readonly #answered = new Set<ApprovalId | ToolCallId>()
  readonly #paid = new Set<string>()
  readonly #steers = new Set<PromptKey>()
  readonly #over = new AbortController()
  #state: State | null = null
  #deadlines: Deadlines | null = null
  #verdict: LastWords | null = null
  #stopping: Promise<void> | null = null
  #isHeld = false
  #isPausing = false
  readonly #points = new StopPoints()
  #isClosed = false

  constructor(options: ConductOptions<State>) {
    this.#options = options
    this.#handing = options.hand(this.#stopped.signal)
    // Whoever reads the output is told; until then it is nobody's unhandled rejection.
    this.#handing.catch(() => {})
    this.output = this.#lead()
  }

  stop(): Promise<void> {
    this.#isPausing = false
    this.#verdict ??= { kind: 'stopped' }
    this.#stopped.abort()
    return (this.#stopping ??= this.#insist())
  }

  pause(): void {
    if (this.#isPausing || this.#verdict !== null) return
    this.#isPausing = true
    if (this.#state !== null) this.#pauseIn(this.#state, false)
  }

  goOn(): void {
    const state = this.#state
    if (state === null || !this.#points.isOpen(state) || this.#over.signal.aborted || this.#isClosed || this.#isPausing)
      return
    const lines = this.#points.pass(state)
    this.#deadlines?.heard(this.#waits(state))
    const going = this.#handing.then(async (handed) => handed?.lease.spool.write(...lines))
    background(going, this.#options.log, 'agent.go-on')
  }

  async steer(steer: Steer): Promise<boolean> {
    const handed = await this.#handing.catch(() => null)
    if (handed === null || this.#over.signal.aborted || this.#isClosed) return false
    const { lease } = handed
    const before = lease.record.turn?.steers ?? []
    if (this.#steers.has(steer.key) || before.includes(steer.key)) return true
    const { protocol, turn } = this.#options
    const state = this.#state ?? handed.state
    const request = lease.isStopping ? null : protocol.steer(turn, state, steer)
    if (request === null || !lease.process.isUsable) return false
    if (request.reply !== null) return askToSteer(request, handed, this.#options)
    this.#steers.add(steer.key)
    this.#state = protocol.expecting?.(state, [steer.key]) ?? state
    await lease.spool.write(...request.lines)
    const { turn: kept } = lease.record
    if (kept !== null) lease.keep({ turn: { ...kept, steers: [...kept.steers, steer.key] } })
    return true
  }

  answer(approval: ApprovalId, decision: Decision): Promise<void> {
    return this.#reply(approval, (state) => this.#options.protocol.answer(state, approval, decision))
  }

  tell(call: ToolCallId, text: string, failed: boolean): Promise<void> {
    return this.#reply(call, (state) => this.#options.protocol.tell(state, call, text, failed))
  }

  /** Says to the CLI what it waits for, once. */
  async #reply(asked: ApprovalId | ToolCallId, words: (state: State) => CliAnswer | null): Promise<void> {
    const handed = await this.#handing.catch(() => null)
    if (handed === null || this.#over.signal.aborted || this.#isClosed || this.#answered.has(asked)) return
    const lines = words(this.#state ?? handed.state)
    if (lines === null) return
    this.#answered.add(asked)
    // It is the CLI's turn to speak again.
    if (!this.#waits(this.#state ?? handed.state)) this.#deadlines?.heard(false)
    await give(lines, handed.lease.spool)
  }

  hold(held: boolean): void {
    this.#isHeld = held
    this.#deadlines?.heard(held)
  }

  /** Ends the output without a last event; resolves when nothing more is begun. The process is left alone. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#stopped.abort()
    const handed = await this.#handing.catch(() => null)
    await handed?.tail.close()
  }

  async *#lead(): AsyncGenerator<Piece, void> {
    let handed: Handed<State> | null
    try {
      handed = await this.#handing
    } catch (error) {
      const trouble: Trouble = { code: 'start-failed', detail: messageOf(error) }
      this.#verdict ??= { kind: 'failed', trouble }
      handed = null
    }
    if (handed === null) {
      this.#end()
      if (!this.#isClosed && this.#verdict !== null) yield { events: [finished(this.#verdict)], cursor: nowhere }
      return
    }
    try {
      yield* this.#follow(handed)
    } catch (error) {
      // Our own failure (an unreadable spool), not the CLI's: the run is told all the same.
      this.#options.log.error({ run: this.#options.turn.run, error: messageOf(error) }, 'agent.unreadable')
      if (this.#over.signal.aborted || this.#isClosed) return
      await this.#gone(handed.lease)
      this.#end()
      const lost =
        this.#verdict === null ? ({ type: 'lost', detail: messageOf(error) } as const) : finished(this.#verdict)
      yield { events: [lost], cursor: nowhere }
    } finally {
      await this.#free(handed)
    }
  }

  async *#follow(handed: Handed<State>): AsyncGenerator<Piece, void> {
    const { clock, limits } = this.#options
    const { lease } = handed
    const giveUp = (seconds: number): void => this.#giveUp(lease, { code: 'silent', seconds })
    const deadlines = new Deadlines(clock, limits, () => lease.ticks(), giveUp)
    this.#deadlines = deadlines
    const flood = new FloodWatch(clock, lease.spool, handed.start, limits.turnOutputBytes, limits.floodLookMs, () =>
      this.#flooded(lease),
    )
    try {
      yield* this.#hear(handed, deadlines)
    } finally {
      flood[Symbol.dispose]()
      deadlines[Symbol.dispose]()
    }
  }

  async *#hear({ lease, tail, state: first, start }: Handed<State>, deadlines: Deadlines): AsyncGenerator<Piece, void> {
    const { protocol, limits } = this.#options
    const cursor = (): Cursor => cursorOf({ generation: lease.spool.record.generation, start, offset: lease.position })
    // A word may have been handed over before anything is read.
    let state = this.#state ?? first
    this.#state = state
    this.#pay(lease, state)
    // An earlier life may have died before it let it on, or had it stopped.
    if (this.#isPausing) this.#pauseIn(state, false)
    else if (this.#points.isOpen(state)) yield { events: [], cursor: cursor(), stands: true }
    for (;;) {
      const batch = await tail.next()
      if (this.#isClosed) return
      state = this.#state
      if (batch === null) break
      if (lease.spool.size - start > limits.turnOutputBytes) {
        this.#flooded(lease)
        break
      }
      const events: RunEvent[] = []
      lease.position = batch.end
      for (const line of batch.lines) {
        const reading = protocol.decode(state, line.text)
        state = reading.state
        events.push(...reading.events.filter((event) => this.#isNews(event)))
        if (state.over === 'no') continue
        lease.position = line.end
        break
      }
      this.#state = state
      follow(lease, events)
      this.#pay(lease, state)
      const intruder = intruderIn(state, first, this.#answered)
      if (intruder !== null) {
        this.#options.log.error({ session: lease.session, run: this.#options.turn.run, intruder }, 'agent.tampered')
        const detail = `${intruder}. The process was ended; look at what the agent was allowed to run.`
        this.#giveUp(lease, { code: 'process-died', detail })
        // What came in the same breath belongs on record, a question that was answered for us above all.
        const before = events.filter(({ type }) => type !== 'finished' && type !== 'lost')
        if (before.length > 0) yield { events: coalesce(before), cursor: cursor() }
        break
      }
      if (state.over !== 'no') {
        const settled = await this.#settle(lease, events, state.over)
        if (!this.#isClosed) yield { events: coalesce(settled), cursor: cursor() }
        return
      }
      if (state.taken) deadlines.heard(this.#waits(state))
      if (this.#isPausing) this.#pauseIn(state, events.some(isUse))
      const stands = this.#points.isOpen(state)
      if (events.length > 0 || stands)
        yield { events: coalesce(events), cursor: cursor(), ...(stands ? { stands } : {}) }
    }
    // Gone, or made to go: whatever it had started goes too, before anybody is told that the turn is over.
    await this.#gone(lease)
    const why = state.taken ? null : await toldBefore(protocol, lease, first, start)
    if (!this.#isClosed) yield { events: this.#lastWords(lease, state, why), cursor: cursor() }
  }

  /** What we have answered, and what was stopped, is over on record already: nobody has to be told that it is. */
  #isNews(event: RunEvent): boolean {
    return event.type !== 'withdrawn' || (this.#verdict === null && !this.#answered.has(event.approval))
  }

  /** Whether a person, or the bot, has to speak before anything goes on. */
  #waits(state: State): boolean {
    if (this.#isHeld || this.#points.isOpen(state)) return true
    return [...state.open, ...state.calls].some((asked) => !this.#answered.has(asked))
  }

  /** Stops it where it stands still; one that was not told to stand still, when it has taken one more step. */
  #pauseIn(state: State, hasUsed: boolean): void {
    const { protocol, log } = this.#options
    if (this.#verdict !== null) return
    if (protocol.standsStill && !this.#points.isOpen(state) && !hasUsed) return
    this.#verdict = { kind: 'stopped' }
    background(this.#insist(), log, 'agent.pause')
  }

  #flooded(lease: Lease): void {
    const detail = `more than ${Math.round(this.#options.limits.turnOutputBytes / 1024 / 1024)} MB of output in one turn`
    this.#giveUp(lease, { code: 'flooded', detail })
  }

  /** Gives the answers that the protocol owes, each once in this life: a repeated one changes nothing for the CLI. */
  #pay(lease: Lease, { owed }: State): void {
    for (const [request, line] of owed) {
      if (this.#paid.has(request)) continue
      this.#paid.add(request)
      lease.spool.send(line)
    }
  }

  /** Nothing of the process is left; what cannot be ended is for the operator, and must not keep the run from ending. */
  async #gone(lease: Lease): Promise<void> {
    const { protocol, turn, log } = this.#options
    const stop = this.#state === null ? null : protocol.stop(turn, this.#state)
    await lease.end(stop).catch((error: unknown) => {
      log.error({ session: lease.session, error: messageOf(error) }, 'agent.end-failed')
    })
  }

  /** The last piece of a turn that the CLI itself ended, seen in the light of what we had asked of it. */
  async #settle(lease: Lease, events: readonly RunEvent[], over: 'clean' | 'broken'): Promise<readonly RunEvent[]> {
    this.#end()
    if (over === 'broken' || lease.ending !== null) await this.#gone(lease)
    const verdict = this.#verdict
    if (!this.#isPausing && (verdict?.kind === 'stopped' || saysStopped(events)))
      await lease.tidy().catch((error: unknown) => {
        this.#options.log.error({ session: lease.session, error: messageOf(error) }, 'agent.tidy-failed')
      })
    if (verdict === null) return events
    return events.map((event): RunEvent => {
      if (event.type !== 'finished') return event
      if (verdict.kind === 'stopped' && event.outcome.kind === 'done') return event
      return finished(verdict, event.outcome.usage)
    })
  }

  #lastWords(lease: Lease, state: State, why: RunEvent | null): readonly RunEvent[] {
    this.#end()
    const used = state.taken ? (this.#options.protocol.uncounted?.(state) ?? []) : []
    return [...used, ...(this.#verdict === null ? lastWords(lease, state.taken, why) : [finished(this.#verdict)])]
  }

  /** Asks for the end until it has come, and then makes it. */
  async #insist(): Promise<void> {
    const handed = await this.#handing.catch(() => null)
    if (handed === null) return
    const { lease } = handed
    const { clock, protocol, turn, limits } = this.#options
    const over = this.#over.signal
    if (over.aborted || this.#isClosed) return
    const say = (): void => {
      const state = this.#state ?? handed.state
      const request = this.#isPausing ? protocol.pause(turn, state) : protocol.stop(turn, state)
      if (request === null) return
      lease.isStopping = true
      lease.spool.send(...request.lines)
    }
    await insist({ clock, limits, lease, over, say, isClosed: () => this.#isClosed })
    if (!this.#over.signal.aborted && !this.#isClosed) await this.#gone(lease)
  }

  #giveUp(lease: Lease, trouble: Trouble): void {
    this.#verdict ??= { kind: 'failed', trouble }
    background(this.#gone(lease), this.#options.log, 'lease.end')
  }

  #end(): void {
    this.#over.abort()
  }

  async #free({ lease, tail, state }: Handed<State>): Promise<void> {
    await tail.close()
    if (this.#isClosed) return
    // Whoever stops reading in the middle does not want the rest done.
    if (!this.#over.signal.aborted) background(this.#gone(lease), this.#options.log, 'lease.end')
    this.#end()
    this.#options.freed(lease, this.#state ?? state)
  }
}

function isUse({ type }: RunEvent): boolean {
  return type === 'used'
}
