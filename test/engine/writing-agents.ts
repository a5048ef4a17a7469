import type { Clock, EpochMs } from '../../src/core/clock.ts'
import { noUsage, type Outcome, type RunEvent } from '../../src/core/event.ts'
import type { RuntimeName, SessionId, ToolCallId } from '../../src/core/ids.ts'
import type { Conduct, Cursor, Piece, Runtime, Turn } from '../../src/core/runtime.ts'
import { noTokens } from '../../src/core/spending.ts'
import { canonical } from '../../src/core/tool.ts'

/** What an agent does in a turn, one after the other. */
export type Deed =
  | { readonly does: 'works'; readonly ms: number; readonly tokens: number }
  | { readonly does: 'calls'; readonly tool: string; readonly input: Readonly<Record<string, string>> }
  /** Its process ends; the next attempt goes beyond it. */
  | { readonly does: 'dies' }

interface Work {
  readonly turn: Turn
  readonly deeds: readonly Deed[]
  /** What it has said so far: the next life reads it again behind its cursor. */
  readonly said: RunEvent[]
  readonly told: Set<string>
  nth: number
  /** When what it does now is done; null: it waits for an answer. */
  until: EpochMs | null
  stopped: boolean
  hear: () => void
}

/** Agents that outlive every bot, write to each other, use tokens, and die. `plan`: what one does for a turn. */
export class WritingAgents {
  readonly clock: Clock
  readonly works = new Map<SessionId, Work>()
  readonly #plan: (turn: Turn) => readonly Deed[]

  constructor(clock: Clock, plan: (turn: Turn) => readonly Deed[]) {
    this.clock = clock
    this.#plan = plan
  }

  /** One bot's hold on them. */
  runtime(): Runtime {
    const closing = new AbortController()
    const { works } = this
    const conduct = (work: Work, from: number): Conduct => ({
      output: this.#output(work, from, closing.signal),
      stop: async () => {
        work.stopped = true
        work.hear()
      },
      tell: async (call) => {
        work.told.add(call)
        work.hear()
      },
      steer: async () => false,
      pause: () => {},
      goOn: () => {},
      answer: async () => {},
      hold: () => {},
    })
    return {
      name: 'writing' as RuntimeName,
      title: 'Writing',
      isInstalled: () => true,
      models: async () => [],
      check: async () => [],
      prepare: async () => {},
      sign: () => {},
      begin: (turn) => conduct(this.#take(turn), 0),
      async adopt(turn, cursor) {
        const work = works.get(turn.session.id)
        if (work === undefined || work.turn.run !== turn.run || work.turn.attempt !== turn.attempt) return null
        return conduct(work, cursor === null ? 0 : Number(cursor))
      },
      release: async (session) => void works.delete(session),
      sweep: async () => 0,
      processes: () => [],
      async close() {
        closing.abort()
        for (const { hear } of works.values()) hear()
      },
    }
  }

  #take(turn: Turn): Work {
    if (this.works.has(turn.session.id)) throw new Error(`${turn.session.name} has two turns at once`)
    const deeds = this.#plan(turn)
    const started: RunEvent = { type: 'started', pid: 1, warm: false, conversation: null }
    const work: Work = {
      turn,
      deeds,
      said: [started],
      told: new Set(),
      nth: -1,
      until: this.clock.now(),
      stopped: false,
      hear: () => {},
    }
    this.works.set(turn.session.id, work)
    return work
  }

  async *#output(work: Work, from: number, closed: AbortSignal): AsyncGenerator<Piece, void> {
    for (let at = from; !closed.aborted;) {
      const event = work.said[at]
      if (event !== undefined) {
        at++
        const isLast = event.type === 'finished' || event.type === 'lost'
        if (isLast) this.works.delete(work.turn.session.id)
        yield { events: [event], cursor: String(at) as Cursor }
        if (isLast) return
      } else if (!this.#goOn(work)) await this.#heard(work, closed)
    }
  }

  /** Says what comes next; false: nothing does yet. */
  #goOn(work: Work): boolean {
    const { turn, deeds, said } = work
    const ends = (kind: 'done' | 'stopped'): boolean => {
      const outcome: Outcome = { kind, usage: noUsage }
      return said.push({ type: 'finished', outcome }) > 0
    }
    if (work.stopped) return ends('stopped')
    const now = deeds[work.nth]
    const call = `${turn.run}:${turn.attempt}:${work.nth}` as ToolCallId
    if (now?.does === 'calls' && !work.told.has(call)) return false
    if (work.until !== null && this.clock.now() < work.until) return false
    if (now?.does === 'works') {
      const tokens = { ...noTokens, input: now.tokens }
      said.push({ type: 'used', spend: { model: null, tokens, costUsd: null, estimated: false } })
    }
    const next = deeds[++work.nth]
    if (next === undefined) return ends('done')
    work.until = next.does === 'works' ? this.clock.now() + next.ms : null
    if (next.does === 'dies') return said.push({ type: 'lost', detail: 'it died' }) > 0
    if (next.does === 'calls') {
      const id = `${turn.run}:${turn.attempt}:${work.nth}` as ToolCallId
      said.push({ type: 'called', call: { id, tool: next.tool, input: canonical(next.input) } })
    }
    return true
  }

  #heard(work: Work, closed: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const timer = work.until === null ? null : this.clock.after(work.until - this.clock.now(), resolve)
      work.hear = () => {
        timer?.[Symbol.dispose]()
        resolve()
      }
      if (closed.aborted) work.hear()
    })
  }
}
