import type { RunId } from '../core/ids.ts'
import type { Prompt } from '../core/prompt.ts'
import type { Runtime } from '../core/runtime.ts'
import type { Session } from '../core/session.ts'
import type { Vault } from '../core/vault.ts'
import type { Workspaces } from '../core/workspace.ts'
import { freeMemory } from '../system/host.ts'
import type { SignatureOf } from './signature.ts'
import { beyondRoots } from './within-roots.ts'

/** Below this nothing is started that nobody has asked for yet: an agent takes some 170 MB. */
const leastFreeBytes = 1024 ** 3

export interface PreparingTools {
  readonly runtimes: readonly Runtime[]
  readonly workspaces: Pick<Workspaces, 'resolve'>
  readonly vault: Pick<Vault, 'freezes' | 'budgets'>
  readonly signature: SignatureOf
  /** Memory that is free, in bytes; the machine's when left out. */
  readonly freeMemory?: () => number
}

/** Whether a session of this machine may have a process before anybody asks: it has none, and there is room for it. */
export async function mayPrepareHere(
  { runtimes, vault, freeMemory: free = freeMemory }: PreparingTools,
  { id, runtime, endedAt }: Session,
): Promise<boolean> {
  const isThere =
    runtimes
      .find(({ name }) => name === runtime)
      ?.processes()
      .some(({ session }) => session === id) ?? true
  return endedAt === null && !isThere && free() >= leastFreeBytes && (await vault.freezes.now()) === null
}

/** Starts the process of a session of this machine, for what `asked` would ask. Rejects when it does not come up. */
export async function prepareHere(tools: PreparingTools, session: Session, asked: Prompt): Promise<void> {
  const { runtimes, workspaces, vault } = tools
  const runtime = runtimes.find(({ name }) => name === session.runtime)
  if (runtime === undefined || !(await mayPrepareHere(tools, session))) return
  if ((await beyondRoots(workspaces, [session])) !== null) return
  await runtime.prepare({
    run: '' as RunId,
    attempt: 1,
    parks: 0,
    goesOn: false,
    prompt: asked,
    session,
    files: [],
    handOver: null,
    watched: (await vault.budgets.all()).length > 0,
    signature: await tools.signature(asked, []),
  })
}
