import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Runtime, Turn } from '../../src/core/runtime.ts'
import type { Session } from '../../src/core/session.ts'
import { dataIdOf, endMarked, findMarked } from '../../src/runtimes/engine/marker.ts'
import type { ProcessLimits } from '../../src/runtimes/engine/limits.ts'
import { claudeBench } from '../clis/claude-bench.ts'
import { codexBench } from '../clis/codex-bench.ts'
import type { RuntimeBench } from '../contracts/runtime-stage.ts'
import { Listener, makeRuntime, makeSession, makeTurn } from '../contracts/runtime-bench.ts'
import type { MischiefInput } from '../models/mischief-plan.ts'
import { standIn, type StandIn } from '../models/stand-in.ts'

export type DialectName = 'claude' | 'codex'

/** A runtime with the stand-in of its CLI, which can be told to misbehave. Made for a test, disposed of after it. */
export class Trial implements AsyncDisposable {
  readonly name: DialectName
  readonly bench: RuntimeBench
  readonly runtime: Runtime
  readonly #cli: StandIn

  private constructor(name: DialectName, cli: StandIn, bench: RuntimeBench, limits: Partial<ProcessLimits>) {
    this.name = name
    this.#cli = cli
    this.bench = bench
    this.runtime = makeRuntime({ ...bench.options, limits })
  }

  static async open(
    name: DialectName,
    mischief: MischiefInput | null = null,
    limits: Partial<ProcessLimits> = {},
  ): Promise<Trial> {
    const cli = standIn(name, mischief)
    const bench = await (name === 'claude' ? claudeBench(cli.binary) : codexBench(cli.binary))
    return new Trial(name, cli, bench, limits)
  }

  session(): Session {
    return makeSession(this.name, this.bench.workdir)
  }

  begin(turn: Turn): Listener {
    return new Listener(this.runtime.begin(turn), turn)
  }

  /** One turn of a session of its own, to its end. */
  async hears(prompt: string): Promise<Listener> {
    const listener = this.begin(makeTurn(this.session(), prompt))
    await listener.done
    return listener
  }

  /** From the next process on it does that; null: it behaves. */
  misbehave(mischief: MischiefInput | null): void {
    this.#cli.misbehave(mischief)
  }

  /** The mark of everything that this trial starts. */
  get data(): string {
    return dataIdOf(join(this.bench.options.dataDir, 'spools'))
  }

  /** Pids of everything that this trial has started and that is alive. */
  async left(): Promise<readonly number[]> {
    return (await findMarked(this.data)).map(({ pid }) => pid)
  }

  /** Files that processes have written into. */
  outputs(): readonly string[] {
    const spools = join(this.bench.options.dataDir, 'spools')
    return readdirSync(spools).filter((folder) => existsSync(join(spools, folder, 'stdout')))
  }

  /** Ends everything, also what a failed test has left, and fails when the runtime itself has left something. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.runtime.close('end')
    const left = await this.left()
    await endMarked(this.data, () => true, 0)
    await this.bench[Symbol.asyncDispose]()
    this.#cli[Symbol.dispose]()
    assert.deepEqual(left, [], 'no process is left')
  }
}

/** How a turn ended, in a word, and why; fails when it has not ended exactly once. */
export function endOf(listener: Listener): { readonly how: string; readonly why: string } {
  const [last, ...more] = listener.last
  assert.deepEqual(more, [], 'one last event')
  assert.equal(listener.events.at(-1), last, 'and nothing after it')
  if (last?.type === 'lost') return { how: 'lost', why: last.detail }
  assert.ok(last?.type === 'finished', `it has not ended: ${JSON.stringify(listener.events).slice(0, 2000)}`)
  if (last.outcome.kind !== 'failed') return { how: last.outcome.kind, why: '' }
  const { trouble } = last.outcome
  return { how: trouble.code, why: JSON.stringify(trouble) }
}
