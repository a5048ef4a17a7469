import type { Decision } from '../core/approval.ts'
import type { Clock } from '../core/clock.ts'
import { noUsage, type Outcome, type RunEvent, type Steer } from '../core/event.ts'
import { messageOf, type Trouble } from '../core/failure.ts'
import type { ApprovalId, PromptKey } from '../core/ids.ts'
import type { Log } from '../core/log.ts'
import type { Conduct, Cursor, Piece, Turn } from '../core/runtime.ts'
import { background } from '../system/background.ts'
import type { Agent } from './agent.ts'
import { coalesce } from './coalesce.ts'
import { cursorOf } from './cursor.ts'
import { Deadlines } from './deadlines.ts'
import type { Dialect, Standing } from './dialect.ts'
import { FloodWatch } from './flood.ts'
import type { ProcessLimits } from './limits.ts'
import type { Tail } from './tail.ts'

/** A turn that has been handed to a process, and where its output is read from. */
export interface Handed<State> {
  readonly agent: Agent
  readonly tail: Tail
  readonly state: State
  /** The byte at which its reading began. */
  readonly start: number
  /** Words that an earlier life put into it. */
  readonly steers?: readonly PromptKey[]
}

export interface ConductOptions<State extends Standing> {
  readonly dialect: Dialect<State>
  readonly turn: Turn
  readonly clock: Clock
  readonly log: Log
  readonly limits: ProcessLimits
  /** Hands the turn over. Null: it was stopped or closed before. Rejects when no process could be started. */
  hand(stopped: AbortSignal): Promise<Handed<State> | null>
  /** Keeps for the next life that a word was put into the turn. Left out with `Dialect.expecting`. */
  steered?(agent: Agent, word: PromptKey): void
  /** The turn is over, and whoever reads it has come back after its last piece. */
  freed(agent: Agent): void
}

/** Why the turn has to end, if not by itself. */
type Verdict = { readonly kind: 'stopped' } | { readonly kind: 'failed'; readonly trouble: Trouble }

/** One turn of a process on a spool, led from the hand-over to its one last event. */
export class SpooledConduct<State extends Standing> implements Conduct {
  readonly output: AsyncIterable<Piece>
  readonly #options: ConductOptions<State>
  readonly #handing: Promise<Handed<State> | null>
  readonly #stopped = new AbortController()
  readonly #answered = new Set<ApprovalId>()
  readonly #paid = new Set<string>()
  readonly #steers = new Set<PromptKey>()
  readonly #over = Promise.withResolvers<void>()
  #state: State | null = null
  #deadlines: Deadlines | null = null
  #verdict: Verdict | null = null
  #stopping: Promise<void> | null = null
  #isOver = false
  #isClosed = false

  constructor(options: ConductOptions<State>) {
    this.#options = options
    this.#handing = options.hand(this.#stopped.signal)
    // Whoever reads the output is told; until then it is nobody's unhandled rejection.
    this.#handing.catch(() => {})
    this.output = this.#lead()
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async steer(steer: Steer): Promise<boolean> {
    const handed = await this.#handing.catch(() => null)
    if (handed === null || this.#isOver || this.#isClosed) return false
    if (this.#steers.has(steer.key) || handed.steers?.includes(steer.key) === true) return true
    const { dialect } = this.#options
    const state = this.#state ?? handed.state
    const lines = dialect.steer(state, steer)
    if (lines === null) return false
    this.#steers.add(steer.key)
    this.#state = dialect.expecting?.(state, [steer.key]) ?? state
    await handed.agent.spool.write(...lines)
    this.#options.steered?.(handed.agent, steer.key)
    return true
  }

  async answer(approval: ApprovalId, decision: Decision): Promise<void> {
    const handed = await this.#handing.catch(() => null)
    if (handed === null || this.#isOver || this.#isClosed) return
    const line = this.#options.dialect.answer(this.#state ?? handed.state, approval, decision)
    if (line === null) return
    this.#answered.add(approval)
    // It is the CLI's turn to speak again.
    if (!this.#waits(this.#state ?? handed.state)) this.#deadlines?.heard(false)
    await handed.agent.spool.write(line)
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
      if (this.#isOver || this.#isClosed) return
      await this.#gone(handed.agent)
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
    const { agent } = handed
    const giveUp = (seconds: number): void => this.#giveUp(agent, { code: 'silent', seconds })
    const deadlines = new Deadlines(clock, limits, () => agent.ticks(), giveUp)
    this.#deadlines = deadlines
    const flood = new FloodWatch(clock, agent.spool, handed.start, limits.turnOutputBytes, limits.floodLookMs, () =>
      this.#flooded(agent),
    )
    try {
      yield* this.#hear(handed, deadlines)
    } finally {
      flood[Symbol.dispose]()
      deadlines[Symbol.dispose]()
    }
  }

  async *#hear({ agent, tail, state: first, start }: Handed<State>, deadlines: Deadlines): AsyncGenerator<Piece, void> {
    const { dialect, limits } = this.#options
    const cursor = (): Cursor => cursorOf({ generation: agent.spool.record.generation, start, offset: agent.position })
    // A word may have been handed over before anything is read.
    let state = this.#state ?? first
    this.#state = state
    this.#pay(agent, state)
    for (;;) {
      const batch = await tail.next()
      if (this.#isClosed) return
      state = this.#state
      if (batch === null) break
      if (agent.spool.size - start > limits.turnOutputBytes) {
        this.#flooded(agent)
        break
      }
      const events: RunEvent[] = []
      agent.position = batch.end
      for (const line of batch.lines) {
        const reading = dialect.read(state, line.text)
        state = reading.state
        events.push(...reading.events)
        if (state.over === 'no') continue
        agent.position = line.end
        break
      }
      this.#state = state
      follow(agent, state, events)
      this.#pay(agent, state)
      const intruder = this.#intruder(state, first)
      if (intruder !== null) {
        this.#options.log.error({ session: agent.session, run: this.#options.turn.run, intruder }, 'agent.tampered')
        const detail = `${intruder}. The process was ended; look at what the agent was allowed to run.`
        this.#giveUp(agent, { code: 'process-died', detail })
        break
      }
      if (state.over !== 'no') {
        const settled = await this.#settle(agent, events, state.over)
        if (!this.#isClosed) yield { events: coalesce(settled), cursor: cursor() }
        return
      }
      if (state.taken) deadlines.heard(this.#waits(state))
      if (events.length > 0) yield { events: coalesce(events), cursor: cursor() }
    }
    // Gone, or made to go: whatever it had started goes too, before anybody is told that the turn is over.
    await this.#gone(agent)
    if (!this.#isClosed) yield { events: this.#lastWords(agent, state), cursor: cursor() }
  }

  /** Whether a person has to speak before anything goes on. */
  #waits(state: State): boolean {
    return [...state.open].some((approval) => !this.#answered.has(approval))
  }

  #flooded(agent: Agent): void {
    const detail = `more than ${Math.round(this.#options.limits.turnOutputBytes / 1024 / 1024)} MB of output in one turn`
    this.#giveUp(agent, { code: 'flooded', detail })
  }

  /** Gives the answers that the dialect owes, each once in this life: a repeated one changes nothing for the CLI. */
  #pay(agent: Agent, { owed }: State): void {
    for (const [request, line] of owed) {
      if (this.#paid.has(request)) continue
      this.#paid.add(request)
      agent.spool.send(line)
    }
  }

  /** Nothing of the process is left; what cannot be ended is for the operator, and must not keep the run from ending. */
  async #gone(agent: Agent): Promise<void> {
    await agent.end('hard').catch((error: unknown) => {
      this.#options.log.error({ session: agent.session, error: messageOf(error) }, 'agent.end-failed')
    })
  }

  /** As with `#gone`: what cannot be ended must not keep the run from ending. */
  async #tidied(agent: Agent): Promise<void> {
    await agent.tidy().catch((error: unknown) => {
      this.#options.log.error({ session: agent.session, error: messageOf(error) }, 'agent.tidy-failed')
    })
  }

  /**
   * An agent's tools run as the same user and can write to the process's input themselves, once a person has let one
   * of them run. What that does shows in the output. Questions that an earlier life may have answered are let pass.
   */
  #intruder(state: State, first: State): string | null {
    if (state.tampering !== null) return state.tampering
    const known = (approval: ApprovalId): boolean =>
      this.#answered.has(approval) || first.open.has(approval) || first.settled.includes(approval)
    return state.settled.every(known) ? null : 'A question to a person was answered by nobody we know'
  }

  /** The last piece of a turn that the CLI itself ended, seen in the light of what we had asked of it. */
  async #settle(agent: Agent, events: readonly RunEvent[], over: 'clean' | 'broken'): Promise<readonly RunEvent[]> {
    this.#end()
    if (over === 'broken' || agent.ending !== null) await this.#gone(agent)
    const verdict = this.#verdict
    if (verdict === null) return events
    if (verdict.kind === 'stopped') await this.#tidied(agent)
    return events.map((event): RunEvent => {
      if (event.type !== 'finished') return event
      if (verdict.kind === 'stopped' && event.outcome.kind === 'done') return event
      return finished(verdict, event.outcome.usage)
    })
  }

  #lastWords(agent: Agent, state: State): readonly RunEvent[] {
    this.#end()
    if (this.#verdict !== null) return [finished(this.#verdict)]
    const death = agent.spool.death
    const complaint = agent.spool.complaint()
    const how = death?.signal ?? (death?.code === null ? 'unknown cause' : `exit code ${death?.code}`)
    const detail = [`the process ended (${how})`, complaint].filter((part) => part !== '').join(': ')
    if (state.taken) return [{ type: 'lost', detail }]
    if (typeof death?.code === 'number' && death.code !== 0)
      return [finished({ kind: 'failed', trouble: { code: 'start-failed', detail } })]
    const { warm } = agent.spool.record.turn ?? { warm: false }
    return [
      { type: 'started', pid: agent.spool.pid, warm, conversation: null },
      { type: 'lost', detail },
    ]
  }

  async #stop(): Promise<void> {
    this.#verdict ??= { kind: 'stopped' }
    this.#stopped.abort()
    const handed = await this.#handing.catch(() => null)
    if (handed === null) return
    const { agent } = handed
    const { dialect, turn, limits } = this.#options
    for (const patience of [limits.stopAgainMs, limits.stopHardMs]) {
      if (this.#isOver || this.#isClosed) return
      // Said twice: a CLI that was just starting the turn may not have had anything to interrupt yet.
      agent.spool.send(...dialect.stop(turn, this.#state ?? handed.state))
      await this.#endsWithin(patience)
    }
    if (!this.#isOver && !this.#isClosed) await this.#gone(agent)
  }

  #giveUp(agent: Agent, trouble: Trouble): void {
    this.#verdict ??= { kind: 'failed', trouble }
    background(this.#gone(agent), this.#options.log, 'agent.end')
  }

  async #endsWithin(ms: number): Promise<void> {
    const late = Promise.withResolvers<void>()
    const timer = this.#options.clock.after(ms, late.resolve)
    await Promise.race([this.#over.promise, late.promise])
    timer[Symbol.dispose]()
  }

  #end(): void {
    this.#isOver = true
    this.#over.resolve()
  }

  async #free({ agent, tail }: Handed<State>): Promise<void> {
    await tail.close()
    if (this.#isClosed) return
    // Whoever stops reading in the middle does not want the rest done.
    if (!this.#isOver) background(this.#gone(agent), this.#options.log, 'agent.end')
    this.#end()
    this.#options.freed(agent)
  }
}

/** The cursor of a turn that never met a process. */
const nowhere = cursorOf({ generation: '', start: 0, offset: 0 })

function finished(verdict: Verdict, usage = noUsage): RunEvent {
  const outcome: Outcome = { ...verdict, usage }
  return { type: 'finished', outcome }
}

/** A CLI may change the conversation by itself (`/clear`): the process is in the one it says it is. */
function follow(agent: Agent, { costSoFar }: Standing, events: readonly RunEvent[]): void {
  agent.costSoFar = costSoFar
  for (const event of events) {
    if (event.type === 'started' && event.conversation !== null) agent.conversation = event.conversation.id
  }
}
