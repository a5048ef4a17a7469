import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { Clock } from '../../src/core/clock.ts'
import type { Runtime, Turn } from '../../src/core/runtime.ts'
import type { Session } from '../../src/core/session.ts'
import type { ProcessLimits } from '../../src/runtimes/engine/limits.ts'
import { dataIdOf, endMarked, findMarked, type Marked } from '../../src/runtimes/engine/marker.ts'
import { startTimeOf } from '../../src/system/process.ts'
import { inARow } from '../in-a-row.ts'
import { firstLife, Listener, makeRuntime, makeSession, until } from './runtime-bench.ts'
import type { Committed, LifeOrder, PlainOptions } from './runtime-life.ts'

/** A place to work in, with an agent that does what its prompt says. Made for each test, disposed of after it. */
export interface RuntimeBench extends AsyncDisposable {
  readonly options: PlainOptions
  /** A folder for sessions to work in. */
  readonly workdir: string
  /** Whether all sessions of a login share one process; without it each has its own. */
  readonly sharesProcess?: boolean
  /** Prompts in the words of this agent. */
  readonly words: {
    /** The answer is this text. */
    say(text: string): string
    /** The answer is `before`, then nothing until `release` is called, then `after`. */
    held(before: string, after: string): string
    /** The answer is this text, in several pieces. */
    pieces(text: string): string
    /** Uses a tool nobody has to allow, then says `text`. */
    tool(text: string): string
    /**
     * Wants to run this shell command, for which it needs leave; then tells how it went in its answer. Left out where a
     * box is all that it needs.
     */
    ask?(command: string): string
    /** Asks a question with these options, of which one may be chosen; then tells what was answered. */
    question?(text: string, options: readonly string[]): string
    /** Shows a plan; then tells what was said to it. */
    plan?(plan: string): string
    /** Wants to write a file that lies beside the folder it works in, for which it needs leave. */
    change?(path: string, text: string): string
    /** Tries to write a file in the folder it works in, asking where it has to; then says something. */
    write?(path: string, text: string): string
    /** Asks for leave, and takes the question back by itself. */
    withdraw?(): string
    /** Uses a tool until `release` is called, then says `text`. */
    busy?(text: string): string
    /** Tells in its answer by name what was attached, where the model is not sent it. */
    attached?(): string
    /** Tells in its answer what was said before, where the model is not sent it. */
    context?(): string
    /** Starts a process that outlives its tool call and sits in a session of its own; then says `text`. */
    daemon(text: string): string
  }
  /** Lets every prompt that stands still go on, and those that come. */
  release(): void
  /** Prompts that stand still do so again; left out where each story has a bench of its own. */
  hold?(): void
  /** How often the model was asked something that holds this text as its latest prompt. */
  asked(text: string): number
  /** Everything the model was ever sent in the prompt before this answer holds what was said. */
  received(): string
}

/** What one test plays on: a bench and a runtime of its own. When it goes, no process may be left. */
export class ContractStage implements AsyncDisposable {
  readonly name: string
  readonly bench: RuntimeBench
  runtime: Runtime
  #session: Session
  /** The last turn that began here. */
  #last: Listener | null = null
  /** Other stories were told here before. */
  #goesOn = false
  /** So much stood in the spool when a life began that dies. */
  #spooled = 0

  private constructor(name: string, bench: RuntimeBench) {
    this.name = name
    this.bench = bench
    this.runtime = makeRuntime(bench.options)
    this.#session = makeSession(name, bench.workdir)
  }

  get session(): Session {
    return this.#session
  }

  static async open(name: string, make: () => Promise<RuntimeBench>): Promise<ContractStage> {
    return new ContractStage(name, await make())
  }

  /** What marks everything that is started here. */
  get data(): string {
    return dataIdOf(join(this.bench.options.dataDir, 'spools'))
  }

  /** Another runtime of the same folder; nothing may have begun yet, or the one before is closed. */
  within(limits: Partial<ProcessLimits>, clock?: Clock): void {
    this.runtime = makeRuntime({ ...this.bench.options, limits }, clock === undefined ? {} : { clock })
  }

  begin(turn: Turn): Listener {
    this.#last = new Listener(this.runtime.begin(turn), turn)
    return this.#last
  }

  /** The next story is told in the same session. */
  async goesOn(): Promise<void> {
    if (this.#last === null) return
    this.#goesOn = true
    await this.#last.done
    this.#session = this.after(this.#last)
    this.#last = null
    this.bench.hold?.()
  }

  /** A life of a bot that begins this turn and dies in it; gives what it committed. The next one is this stage's runtime. */
  async dies(turn: Turn, die: LifeOrder['die']): Promise<readonly Committed[]> {
    if (this.#goesOn) {
      await this.runtime.close('leave')
      this.within({})
      this.#spooled = statSync(this.#output(turn.session), { throwIfNoEntry: false })?.size ?? 0
    }
    return firstLife({ options: this.bench.options, turn, die, goesOn: this.#goesOn })
  }

  async adopt(turn: Turn, before: readonly Committed[]): Promise<Listener> {
    const conduct = await this.runtime.adopt(turn, before.at(-1)?.cursor ?? null)
    assert.notEqual(conduct, null, 'there is something to adopt')
    this.#last = new Listener(conduct as NonNullable<typeof conduct>, turn, before)
    return this.#last
  }

  /** The same session, after the turn told which conversation it is in. */
  after(listener: Listener): Session {
    return { ...this.session, conversation: listener.conversation }
  }

  /** How a turn ended, in a word; fails when it has not ended exactly once. */
  outcome(listener: Listener): string {
    const [last, ...more] = listener.last
    assert.ok(last !== undefined && more.length === 0, `exactly one last event: ${JSON.stringify(listener.events)}`)
    assert.equal(listener.events.at(-1), last, 'and nothing after it')
    return last.type === 'finished' ? last.outcome.kind : 'lost'
  }

  /** Everything that was started here and is alive. */
  marked(): Promise<readonly Marked[]> {
    return findMarked(this.data)
  }

  async pids(): Promise<readonly number[]> {
    // The one that was started first stands first.
    return (await this.marked()).map(({ pid }) => pid).toSorted((a, b) => a - b)
  }

  /** Kills everything. A process that is dying shows no environment any more, but still counts as one for a moment. */
  async killMarked(): Promise<void> {
    const pids = await this.pids()
    for (const pid of pids) kill(pid)
    const isLeft = async (): Promise<boolean> =>
      (await Promise.all(pids.map(startTimeOf))).some((each) => each !== null)
    await until('the processes are gone', async () => !(await isLeft()) && (await this.pids()).length === 0)
  }

  /** Whether the last line of the turn that a bot died in stands in the spool, in the words of any of our agents. */
  isOver(of: Session): boolean {
    const output = readFileSync(this.#output(of)).subarray(this.#spooled).toString('utf8')
    return /^\{"(is":"over"|type":"result"|method":"turn\/completed")/m.test(output)
  }

  #output(of: Session): string {
    const spools = join(this.bench.options.dataDir, 'spools')
    const shared = this.bench.sharesProcess
      ? readdirSync(spools).find((each) => each.startsWith(`${this.name}.`))
      : null
    return join(spools, shared ?? of.id, 'stdout')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.runtime.close('end')
    const left = await this.pids()
    // Also what a test that failed half-way has left.
    await endMarked(this.data, () => true, 0)
    await this.bench[Symbol.asyncDispose]()
    assert.deepEqual(left, [], 'no process is left behind')
  }
}

type StoryBody = (stage: ContractStage, t: TestContext) => Promise<unknown>

/** Makes a test with a stage of its own, so that many may stand side by side. */
export interface Story {
  (title: string, body: StoryBody): void
  /** The same of one that is no other in a session that has gone on for a while: see `storiesOf`. */
  readonly ofAny: (title: string, body: StoryBody) => void
}

/**
 * `inARow`: stories of any session are told one after the other in the same one, where `row` is called.
 */
export function storiesOf(
  name: string,
  make: () => Promise<RuntimeBench>,
  { inARow: isRow = false } = {},
): { readonly story: Story; readonly row: () => void } {
  const alone = (title: string, body: StoryBody): void =>
    void test(title, async (t) => {
      await using stage = await ContractStage.open(name, make)
      await body(stage, t)
    })
  const gathered: (readonly [string, StoryBody])[] = []
  const ofAny = isRow ? (title: string, body: StoryBody) => void gathered.push([title, body]) : alone
  const row = (): void => {
    if (gathered.length === 0) return
    const open = (): Promise<ContractStage> => ContractStage.open(name, make)
    inARow('of a session that goes on', open, (one) => {
      for (const [title, body] of gathered)
        one(title, async (stage, t) => {
          await body(stage, t)
          await stage.goesOn()
        })
    })
  }
  return { story: Object.assign(alone, { ofAny }), row }
}

/** How many stories of a file stand on stage at once: most of the time they wait for a process to start. */
export const sideBySide = { concurrency: Number(process.env['OMC_TEST_STORIES'] ?? 4) }

/** Kills a process; one that has gone meanwhile is as good. */
export function kill(pid: number, signal: NodeJS.Signals = 'SIGKILL'): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
