import type { Checkpoint } from '../core/checkpoint.ts'
import type { RunEvent } from '../core/event.ts'
import type { Errands } from '../core/errand.ts'
import { fine, type Finding } from '../core/finding.ts'
import type { Freeze, Frozen, Panic } from '../core/freeze.ts'
import type { Memo } from '../core/interaction.ts'
import type { Journal, OpenRun } from '../core/journal.ts'
import { isLive } from '../core/lifecycle.ts'
import type { RunId } from '../core/ids.ts'
import type { Person } from '../core/person.ts'
import type { Runtime } from '../core/runtime.ts'
import type { Vault } from '../core/vault.ts'
import { background } from '../system/background.ts'
import { retry, type RetryTools } from '../system/back-off.ts'
import type { EventBus } from './bus.ts'
import { stopRun } from './stopping.ts'

export interface FreezerTools extends RetryTools {
  readonly vault: Vault
  readonly journal: Journal
  readonly bus: EventBus
  readonly runtimes: readonly Runtime[]
  readonly errands: Pick<Errands, 'leave'>
  readonly checkpoint: Checkpoint
  /** Called when everything stands still, or goes on. */
  moved(): void
}

/** After these a run is at work no more. */
const ends: ReadonlySet<RunEvent['type']> = new Set(['finished', 'lost', 'forgotten', 'parked', 'refused'])

/** Brings everything to a stop: see `Panic`. Admission reads what is kept here in the transaction in which it decides. */
export class Freezer implements Panic {
  readonly #tools: FreezerTools

  constructor(tools: FreezerTools) {
    this.#tools = tools
  }

  now(): Promise<Freeze | null> {
    return this.#tools.vault.freezes.now()
  }

  /** How it stands, for whoever looks at how everything is. */
  async check(): Promise<readonly Finding[]> {
    const freeze = await this.now()
    if (freeze === null) return [fine('panic', 'Nothing stands still.')]
    const text = `${freeze.by} has brought everything to a stop.`
    return [{ id: 'panic', level: 'error', stopsAll: true, text, mend: 'An owner lifts it by /panic lift:true.' }]
  }

  async freeze(by: Person, memo: Memo): Promise<Frozen> {
    const { vault, clock, checkpoint } = this.#tools
    // A second try finds nothing at work any more, also because the next life stops it first, and is to say the same.
    const before = memo.read() ?? JSON.stringify((await this.#live()).map(({ run }) => run))
    await memo.keep(before)
    const freeze = await vault.freezes.set({ by: by.name, at: clock.now() })
    checkpoint('frozen')
    const live = await this.#live()
    const noted = (JSON.parse(before) as readonly RunId[]).filter((run) => !live.some((each) => each.run === run))
    this.#tools.moved()
    await this.#stop(freeze, live)
    return { freeze, ran: [...(await this.#these(noted)), ...live] }
  }

  async lift(): Promise<boolean> {
    const { vault } = this.#tools
    const was = await vault.freezes.lift()
    this.#tools.moved()
    return was
  }

  /** What an earlier life brought to a stop, or died over. */
  async resume(): Promise<void> {
    const freeze = await this.now()
    if (freeze !== null) await this.#stop(freeze, await this.#live())
  }

  async #stop({ by }: Freeze, runs: readonly OpenRun[]): Promise<void> {
    await Promise.all(runs.map(({ run }) => stopRun(run, by, this.#tools)))
    background(
      endIdleProcesses(this.#tools, ({ worker }) => worker === null),
      this.#tools.log,
      'freeze.processes',
    )
    for (const { id } of await this.#tools.vault.machines.all()) await this.#tools.errands.leave(id, 'frozen', null)
  }

  async #live(): Promise<readonly OpenRun[]> {
    return (await retry(this.#tools, 'freeze', () => this.#tools.journal.open())).filter(({ state }) => isLive(state))
  }

  async #these(runs: readonly RunId[]): Promise<readonly OpenRun[]> {
    const found = await Promise.all(runs.map((run) => this.#tools.journal.run(run)))
    return found.filter((each) => each !== null)
  }
}

/** Ends what agents are alive here: those at work when they have stopped, so that nothing of them works on unseen. */
export async function endIdleProcesses(
  { bus, runtimes, journal, vault, signal }: Pick<FreezerTools, 'bus' | 'runtimes' | 'journal' | 'vault' | 'signal'>,
  isHere: (run: OpenRun) => boolean,
): Promise<void> {
  const ended = Promise.withResolvers<void>()
  const look = async (): Promise<void> => {
    if ((await vault.freezes.now()) === null) return ended.resolve()
    const atWork = new Set(
      (await journal.open()).filter((run) => isLive(run.state) && isHere(run)).map(({ session }) => session),
    )
    for (const runtime of runtimes)
      for (const { session } of runtime.processes()) if (!atWork.has(session)) await runtime.release(session)
    if (atWork.size === 0) ended.resolve()
  }
  const again = (): void => void look().catch((error: unknown) => ended.reject(error))
  const listening = bus.subscribe(({ event }) => {
    if (ends.has(event.type)) again()
  })
  signal.addEventListener('abort', () => ended.resolve(), { once: true })
  try {
    again()
    await ended.promise
  } finally {
    listening[Symbol.dispose]()
  }
}
