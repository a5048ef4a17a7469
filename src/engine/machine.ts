import type { StoreTrouble, WorkerHealth } from '../core/health.ts'
import type { WorkerId } from '../core/ids.ts'
import { isLive } from '../core/lifecycle.ts'
import type { Wake } from '../core/journal.ts'
import type { LoginWatch } from '../core/login-watch.ts'
import { background } from '../system/background.ts'
import type { MachineKey } from '../system/machine-key.ts'
import { EventBus } from './bus.ts'
import { endIdleProcesses } from './freezer.ts'
import { GroupCommit } from './group-commit.ts'
import { examineMachine, type MachineHealthTools } from './health.ts'
import { HostQuestions } from './host-questions.ts'
import { RemoteIdentities } from './linked.ts'
import { MachinePulse } from './machine-pulse.ts'
import { answerBot, type MachineErrandTools } from './machine-errands.ts'
import type { RemoteBot } from './remote-bot.ts'
import { stopRun } from './stopping.ts'
import { Worker, type WorkerTools } from './worker.ts'
import type { Vault } from '../core/vault.ts'

export interface MachineOptions
  extends
    Omit<MachineErrandTools, 'frozen' | 'vault' | 'signature'>,
    Omit<WorkerTools, 'bus' | 'runtimes' | 'gate' | 'texts' | 'as' | 'vault' | 'workspaces' | 'signature'> {
  readonly id: WorkerId
  /** With which it opens what the bot tells it of what people have linked. */
  readonly key: MachineKey
  readonly vault: Vault
  readonly wake: Wake
  readonly bot: RemoteBot
  readonly logins: LoginWatch
  readonly vitals: MachineHealthTools['vitals']
  storeTrouble(): StoreTrouble | null
  /** Its signal is `signal`. */
  readonly letGo: AbortController
}

/** The engine of a machine: it leads the agents here, and everything else is the bot's. */
export interface MachineEngine {
  /** Takes up what an earlier life left at work, and begins what is admitted for this machine from now on. */
  start(): Promise<void>
  /** How it is now. Never rejects: what cannot be read is a reason. */
  health(): Promise<WorkerHealth>
  /** Lets go; the agents work on, or are stopped, on record. Idempotent. */
  stop(agents: 'leave' | 'end'): Promise<void>
}

/** Puts the side together that leads agents, on a machine of its own. */
export function createMachine(options: MachineOptions): MachineEngine {
  const { bot, id, egress, vault, log } = options
  const bus = new EventBus({ ...options, of: id })
  const runtimes = new Map(options.runtimes.map((runtime) => [runtime.name, runtime]))
  const texts = new GroupCommit(options.clock, options.timings.textEveryMs)
  const startedAt = options.clock.now()
  const identities = new RemoteIdentities(options.errands, id, options.key)
  const { signature } = identities
  const worker = new Worker({ ...options, as: id, bus, runtimes, texts, gate: bot.gate, signature })
  const hosts = egress === null ? null : new HostQuestions({ ...options, egress, bus })
  const lending = egress?.lend((session, origin) => identities.tokenFor(session, origin))
  const frozen = (): Promise<void> => endIdleProcesses({ ...options, bus }, (each) => each.worker === id)
  const pulse = new MachinePulse(options)
  let serving: Disposable | null = null
  let stopping: Promise<void> | null = null

  async function stop(agents: 'leave' | 'end'): Promise<void> {
    if (agents === 'end') await endRuns()
    options.letGo.abort()
    serving?.[Symbol.dispose]()
    pulse.close()
    hosts?.close()
    lending?.[Symbol.dispose]()
    await Promise.all(options.runtimes.map((runtime) => runtime.close(agents)))
    await worker.close()
    await bus.close()
  }

  /** On record, so that the next life does not take them up again. */
  async function endRuns(): Promise<void> {
    const live = (await options.journal.open()).filter((run) => run.worker === id && isLive(run.state))
    await Promise.all(live.map(({ run }) => stopRun(run, null, options)))
    await bus.idle()
    await worker.ended(live.map(({ run }) => run))
  }

  return {
    async start() {
      await bus.open()
      bot.start()
      await worker.recover()
      hosts?.start()
      serving = answerBot(id, {
        ...options,
        signature,
        frozen: async () => background(frozen(), log, 'freeze.processes'),
      })
      pulse.start()
      if ((await vault.freezes.now()) !== null) background(frozen(), log, 'freeze.processes')
    },
    health: () => examineMachine({ ...options, startedAt, unkept: () => 0 }),
    stop: (agents) => (stopping ??= stop(agents)),
  }
}
