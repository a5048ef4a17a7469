import type { Clock, EpochMs } from '../../src/core/clock.ts'
import { noUsage, type Outcome, type RunEvent, type Steer } from '../../src/core/event.ts'
import type { Trouble } from '../../src/core/failure.ts'
import { noTokens } from '../../src/core/spending.ts'
import type { RunId, RuntimeName, SessionId } from '../../src/core/ids.ts'
import type { Conduct, Cursor, Piece, Runtime, Turn } from '../../src/core/runtime.ts'

/** A turn as the machine has it, whether or not a bot is there to listen. */
interface Work {
  readonly turn: Turn
  readonly until: EpochMs
  readonly refused: Trouble | null
  stopped: boolean
  /** Tokens of the steps that are left, and how many of them are done: it stands still behind the last. */
  readonly steps: readonly number[]
  done: number
  stands: boolean
  hear: (() => void) | null
}

/** What outlives every bot: the agents at work, and how often each prompt was begun. */
export class Machine {
  readonly clock: Clock
  readonly works = new Map<SessionId, Work>()
  readonly begun = new Map<RunId, number>()
  readonly #lasts: (turn: Turn) => number
  /** Whether its CLIs take a word into a running turn; a test may look or stall here. */
  hears: (steer: Steer) => Promise<boolean> | boolean = () => false
  /** Why the model's service serves a turn nothing that begins now; null: it does. */
  refuses: (turn: Turn) => Trouble | null = () => null

  /** Tokens that each step of a turn uses, in its order; what was done before a turn goes on is not done again. */
  uses: (turn: Turn) => readonly number[] = () => []
  /** What the service bills, with each step. */
  bills: (turn: Turn, tokens: number) => void = () => {}
  readonly #done = new Map<RunId, number>()

  /** `lasts`: how long a turn takes, in milliseconds. */
  constructor(clock: Clock, lasts: (turn: Turn) => number) {
    this.clock = clock
    this.#lasts = lasts
  }

  take(turn: Turn): Work {
    const there = this.works.get(turn.session.id)
    if (there !== undefined) throw new Error(`${turn.session.name} has two turns at once`)
    this.begun.set(turn.run, (this.begun.get(turn.run) ?? 0) + 1)
    const refused = this.refuses(turn)
    const until = this.clock.now() + (refused === null ? this.#lasts(turn) : 0)
    const steps = refused === null ? this.uses(turn).slice(this.#done.get(turn.run) ?? 0) : []
    const work: Work = { turn, until, refused, stopped: false, hear: null, steps, done: 0, stands: false }
    this.works.set(turn.session.id, work)
    return work
  }

  /** One more step is done, and stands for good. */
  step(work: Work): void {
    const { turn, steps } = work
    this.bills(turn, steps[work.done] ?? 0)
    work.done++
    work.stands = true
    this.#done.set(turn.run, (this.#done.get(turn.run) ?? 0) + 1)
  }
}

/** One bot's hold on the machine: a runtime without processes, whose turns last as long as they were told to. */
export function scriptedRuntime(machine: Machine): Runtime {
  const { clock, works } = machine
  const closing = new AbortController()

  /** `told`: how many of its steps are in the journal. */
  function conduct(work: Work, first: readonly RunEvent[], told = 0): Conduct {
    const { session } = work.turn
    async function* steps(): AsyncGenerator<Piece, void> {
      const cursor = (): Cursor => `steps:${told}` as Cursor
      while (!closing.signal.aborted && !work.stopped) {
        if (told < work.done) {
          told++
          yield { events: [used(work.steps[told - 1] ?? 0)], cursor: cursor(), stands: true }
        } else if (work.stands) {
          yield { events: [], cursor: cursor(), stands: true }
          if (work.stands && !work.stopped && !closing.signal.aborted) await heard(work)
        } else if (work.done < work.steps.length) machine.step(work)
        else return
      }
    }
    async function* output(): AsyncGenerator<Piece, void> {
      if (first.length > 0) yield { events: first, cursor: 'taken' as Cursor }
      yield* steps()
      while (!closing.signal.aborted && !work.stopped && clock.now() < work.until) await heard(work)
      if (closing.signal.aborted) return
      works.delete(session.id)
      const { refused: trouble } = work
      const outcome: Outcome =
        trouble !== null && !work.stopped
          ? { kind: 'failed', trouble, usage: noUsage }
          : { kind: work.stopped ? 'stopped' : 'done', usage: noUsage }
      yield { events: [{ type: 'finished', outcome }], cursor: 'over' as Cursor }
    }
    return {
      output: output(),
      async stop() {
        work.stopped = true
        work.hear?.()
      },
      pause() {
        work.stopped = true
        work.hear?.()
      },
      goOn() {
        work.stands = false
        work.hear?.()
      },
      steer: async (steer) => !work.stopped && works.get(session.id) === work && machine.hears(steer),
      answer: async () => {},
      tell: async () => {},
      hold: () => {},
    }
  }

  function heard(work: Work): Promise<void> {
    return new Promise((resolve) => {
      const timer = clock.after(work.until - clock.now(), resolve)
      work.hear = () => {
        timer[Symbol.dispose]()
        resolve()
      }
    })
  }

  const used = (output: number): RunEvent => ({
    type: 'used',
    spend: { model: 'm', tokens: { ...noTokens, output }, costUsd: null, estimated: false },
  })
  const started: RunEvent = { type: 'started', pid: 1, warm: false, conversation: null }
  return {
    name: 'scripted' as RuntimeName,
    title: 'Scripted',
    isInstalled: () => true,
    models: async () => [],
    check: async () => [],
    sign: () => {},
    prepare: async () => {},
    begin: (turn) => conduct(machine.take(turn), [started]),
    async adopt(turn, cursor) {
      const work = works.get(turn.session.id)
      if (work !== undefined && work.turn.run !== turn.run) throw new Error('the work of another turn')
      if (work === undefined) return null
      const told = Number(/^steps:(\d+)$/.exec(cursor ?? '')?.[1] ?? 0)
      return conduct(work, cursor === null ? [started] : [], told)
    },
    release: async (session) => void works.delete(session),
    sweep: async () => 0,
    processes: () => [],
    async close() {
      closing.abort()
      for (const { hear } of works.values()) hear?.()
    },
  }
}
