import type { Caps } from '../../src/core/admission.ts'
import type { Wake } from '../../src/core/journal.ts'
import type { Runtime } from '../../src/core/runtime.ts'
import type { Workspaces } from '../../src/core/workspace.ts'
import { usualTimings } from '../../src/core/timings.ts'
import { oneFolder } from './one-folder.ts'
import { EngineDesk } from '../../src/engine/desk.ts'
import { Dispatcher } from '../../src/engine/dispatcher.ts'
import { Expiry, type ExpiryTools } from '../../src/engine/expiry.ts'
import { EventBus } from '../../src/engine/bus.ts'
import { EngineGate } from '../../src/engine/gate.ts'
import { GroupCommit } from '../../src/engine/group-commit.ts'
import { signatureFor, type SignatureOf } from '../../src/engine/signature.ts'
import { UnheardWords } from '../../src/engine/unheard.ts'
import { Worker } from '../../src/engine/worker.ts'
import { uuids } from '../../src/system/host.ts'
import { openStore } from '../../src/stores/open.ts'
import { rights } from '../features/product.ts'
import { quietLog } from '../stores/cast.ts'
import { scriptedRuntime, type Machine } from './scripted-runtime.ts'
import type { VirtualClock } from './virtual-clock.ts'

/** Nobody leaves, nobody has a role. */
export const everybody = { rolesOf: () => Promise.resolve([]), sees: () => Promise.resolve(true) }

/** One life of the bot on the store: everything between the desk and the agents. */
export async function live(
  folder: string,
  clock: VirtualClock,
  machine: Machine,
  options: {
    readonly caps: Caps
    readonly queueStaleMs: number
    /** Which part of each window is kept for each person. */
    readonly reserve?: number
    /** When Discord was away; never, where nobody says. */
    readonly away?: ExpiryTools['away']
    readonly wake?: Wake
    /** Instead of one that tells everything once. */
    readonly busOf?: typeof EventBus
    /** Instead of one folder for everybody. */
    readonly workspaces?: Workspaces
    /** Instead of agents that say nothing. */
    readonly runtime?: Runtime
    /** May let go at that very moment. */
    readonly checkpoint?: (name: string, letGo: () => void) => void
  },
) {
  const store = await openStore({ folder, clock, log: quietLog, reserve: options.reserve ?? 0 })
  const letGo = new AbortController()
  const runtime = options.runtime ?? scriptedRuntime(machine)
  const { signal } = letGo
  const wake = options.wake ?? store.wake
  const { busOf = EventBus } = options
  const bus = new busOf({ ...store, wake, clock, log: quietLog, signal })
  const gate = new EngineGate({
    ...store,
    people: () => everybody,
    rights: () => rights,
    log: quietLog,
    owners: { role: null, user: null },
    channelOwnerOnly: false,
  })
  const tools = {
    ...store,
    bus,
    gate,
    as: null,
    clock,
    caps: options.caps,
    ids: uuids(clock),
    log: quietLog,
    checkpoint: (name: string) => options.checkpoint?.(name, () => letGo.abort()),
    signal,
    timings: usualTimings,
    logins: { failed: () => false, served: () => {} },
    texts: new GroupCommit(clock, 100),
    signature: ((prompt, coAuthors) => signatureFor(prompt, coAuthors, store.vault.identities)) satisfies SignatureOf,
    runtimes: new Map([[runtime.name, runtime]]),
    workspaces: options.workspaces ?? oneFolder,
  }
  const dispatcher = new Dispatcher(tools)
  const worker = new Worker(tools)
  const nobody = (): never => {
    throw new Error('nobody asks for it')
  }
  const refusals = { refused: async () => [] }
  const more = { began: () => {}, approvals: nobody, refusals }
  const desk: EngineDesk = new EngineDesk({ ...tools, dispatcher, ...more })
  const words = new UnheardWords({ ...tools, ask: (request) => desk.ask(request) })
  const away = options.away ?? (() => ({ now: false, ms: 0 }))
  const expiry = new Expiry({ ...tools, queueStaleMs: options.queueStaleMs, away })
  async function wakeUp(): Promise<void> {
    await bus.open()
    await worker.recover()
    await words.resume()
    await expiry.sweep()
    dispatcher.open()
  }
  return {
    store,
    desk,
    /** What its parts are made of. */
    tools,
    wakeUp,
    /** Nothing is finished or written any more but what was on its way to the disk; the agents work on. */
    async die(): Promise<void> {
      letGo.abort()
      expiry.close()
      await runtime.close('leave')
      await store.close()
      await Promise.all([bus, dispatcher, worker, words].map((part) => part.close().catch(() => {})))
    },
  }
}
