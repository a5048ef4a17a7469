import type { Caps } from '../../src/core/admission.ts'
import type { Steering } from '../../src/engine/conductor.ts'
import { oneFolder } from './one-folder.ts'
import { EngineDesk } from '../../src/engine/desk.ts'
import { Dispatcher } from '../../src/engine/dispatcher.ts'
import { Expiry } from '../../src/engine/expiry.ts'
import { Feed } from '../../src/engine/feed.ts'
import { EngineGate } from '../../src/engine/gate.ts'
import { recover } from '../../src/engine/recovery.ts'
import { uuids } from '../../src/system/host.ts'
import { openStore } from '../../src/stores/open.ts'
import { rights } from '../features/product.ts'
import { quietLog } from '../stores/cast.ts'
import { scriptedRuntime, type Machine } from './scripted-runtime.ts'
import type { VirtualClock } from './virtual-clock.ts'

/** One life of the bot on the store: everything between the desk and the agents. */
export async function live(
  folder: string,
  clock: VirtualClock,
  machine: Machine,
  options: { readonly caps: Caps; readonly queueStaleMs: number },
) {
  const store = await openStore({ folder, clock, log: quietLog })
  const letGo = new AbortController()
  const runtime = scriptedRuntime(machine)
  const feed = new Feed()
  const gate = new EngineGate({
    ...store,
    rights: () => rights,
    log: quietLog,
    owners: { role: null, user: null },
    channelOwnerOnly: false,
  })
  const tools = {
    ...store,
    feed,
    gate,
    rights: () => rights,
    clock,
    caps: options.caps,
    ids: uuids(clock),
    log: quietLog,
    checkpoint: () => {},
    signal: letGo.signal,
    runtimes: new Map([[runtime.name, runtime]]),
    approve: () => Promise.resolve(null),
    unheard: async ({ steer: { key, text }, speaker, place }: Steering) =>
      void (await desk.ask({ key, place, speaker, text, message: null })),
  }
  const dispatcher = new Dispatcher(tools)
  const nobody = (): never => {
    throw new Error('nobody asks for it')
  }
  const skills = { list: async () => [], read: async () => null }
  const more = { workspaces: oneFolder, skills, began: () => {}, approvals: nobody, boards: nobody }
  const desk: EngineDesk = new EngineDesk({ ...tools, dispatcher, ...more })
  const expiry = new Expiry({ ...tools, dispatcher, queueStaleMs: options.queueStaleMs })
  async function wakeUp(): Promise<void> {
    await recover({ ...store, runtimes: [runtime], dispatcher, log: quietLog })
    await expiry.sweep()
    dispatcher.open()
  }
  return {
    store,
    desk,
    wakeUp,
    /** Nothing is finished or written any more but what was on its way to the disk; the agents work on. */
    async die(): Promise<void> {
      letGo.abort()
      expiry.close()
      await runtime.close('leave')
      await store.close()
      await dispatcher.close().catch(() => {})
    },
  }
}
