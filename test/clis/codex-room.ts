import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { Approval } from '../../src/core/approval.ts'
import type { Trouble } from '../../src/core/failure.ts'
import type { Tier } from '../../src/core/right.ts'
import type { Session } from '../../src/core/session.ts'
import type { Runtime, Turn } from '../../src/core/runtime.ts'
import { codex } from '../../src/runtimes/codex/codex.ts'
import { AgentEngine } from '../../src/runtimes/engine/engine.ts'
import { hostClock } from '../../src/system/host.ts'
import { environmentFor } from '../../src/runtimes/environment.ts'
import { dataIdOf, findMarked } from '../../src/runtimes/engine/marker.ts'
import { defaultLimits, type ProcessLimits } from '../../src/runtimes/engine/limits.ts'
import { Listener, makeSession, makeTurn } from '../contracts/runtime-bench.ts'
import type { StepInput } from '../models/script.ts'
import { codexBench, type CodexBench } from './codex-bench.ts'
import { Signing } from '../../src/runtimes/engine/signing.ts'

/** The runtime of the real CLI with one session, without a bot around it. */
export class CodexRoom implements AsyncDisposable {
  readonly bench: CodexBench
  readonly session: Session
  runtime: Runtime

  private constructor(bench: CodexBench) {
    this.bench = bench
    this.session = makeSession('codex', bench.workdir)
    this.runtime = this.make()
  }

  static async open(binary: string): Promise<CodexRoom> {
    return new CodexRoom(await codexBench(binary))
  }

  make(more: { readonly binary?: string; readonly limits?: Partial<ProcessLimits> } = {}): Runtime {
    const { dataDir, environment, account } = this.bench.options
    const ids = { next: () => randomUUID() }
    const signing = new Signing(null, dataDir)
    const protocol = codex({
      dataDir,
      ids,
      tools: () => [],
      binary: more.binary ?? null,
      environmentOf: () => environmentFor(environment, account),
      denied: ['.env.bot', 'nowhere.env', 'no-folder/nowhere.sqlite'].map((name) => join(this.bench.workdir, name)),
      open: [],
      boxing: null,
      signing,
    })
    const plain = {
      dataDir,
      clock: hostClock,
      ids,
      log: { debug: silent, info: silent, warn: silent, error: silent },
      checkpoint: silent,
      limits: { ...defaultLimits, ...more.limits },
      ownersOnly: null,
    }
    return new AgentEngine(protocol, plain, signing)
  }

  begin(text: string, more: Partial<Turn> & { readonly tier?: Tier } = {}): Listener {
    const { tier = 'owner', ...rest } = more
    const plain = makeTurn(this.session, text)
    const turn = { ...plain, ...rest, prompt: { ...plain.prompt, tier, ...rest.prompt } }
    return new Listener(this.runtime.begin(turn), turn)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.runtime.close('end')
    const left = await findMarked(dataIdOf(join(this.bench.options.dataDir, 'spools')))
    await this.bench[Symbol.asyncDispose]()
    assert.deepEqual(left, [], 'no process is left behind')
  }
}

const silent = (): void => {}

/** The model runs a command in a shell, and waits for its end as long as the CLI lets it: on a busy machine ten seconds are few. */
export function command(cmd: string, more: object = {}): StepInput {
  return { tool: 'exec_command', input: { cmd, yield_time_ms: 30_000, ...more } }
}

/** With it, a command asks to leave the sandbox. */
export const leave = { sandbox_permissions: 'require_escalated', justification: 'a test' }

/** What the turn has asked for so far. */
export function wanted(listener: Listener): readonly Approval[] {
  return listener.events.flatMap((event) => (event.type === 'wanted' ? [event.approval] : []))
}

/** Waits for a turn's next question, the `nth` (from 1). */
export async function asked(listener: Listener, nth = 1): Promise<Approval> {
  await listener.seesEventually('it is asked about', () => wanted(listener).length >= nth)
  return wanted(listener)[nth - 1] as Approval
}

export function troubleOf(listener: Listener): Trouble {
  const last = listener.last[0]
  assert.ok(last?.type === 'finished' && last.outcome.kind === 'failed', JSON.stringify(listener.events))
  return last.outcome.trouble
}
