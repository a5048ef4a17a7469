import type { AgentBoxes } from '../core/agent-box.ts'
import type { Egress } from '../core/egress.ts'
import type { Errands } from '../core/errand.ts'
import { Problem } from '../core/failure.ts'
import type { RunId, RuntimeName, SessionId, WorkerId } from '../core/ids.ts'
import type { Prompt } from '../core/prompt.ts'
import type { Session } from '../core/session.ts'
import type { Skills } from '../core/skill.ts'
import type { Vault } from '../core/vault.ts'
import type { Workspaces } from '../core/workspace.ts'
import { endHere, faultHere } from './premises.ts'
import { prepareHere, type PreparingTools } from './preparing.ts'
import type { SentFile } from './remote-workspaces.ts'
import { beyondRoots } from './within-roots.ts'
import { Mutex } from '../system/mutex.ts'

export interface MachineErrandTools extends PreparingTools {
  readonly errands: Errands
  readonly workspaces: Workspaces
  readonly skills: Skills
  readonly egress: Egress | null
  readonly boxes: AgentBoxes
  readonly vault: PreparingTools['vault'] & Pick<Vault, 'session'>
  /** Everything was brought to a stop: what is idle ends. */
  frozen(): Promise<void>
}

const methods: ReadonlySet<string> = new Set<keyof Workspaces>([
  'resolve',
  'suggest',
  'open',
  'move',
  'close',
  'takeBack',
  'renew',
  'diff',
  'runs',
  'obeyedSince',
  'leftovers',
  'isTrusted',
])

/** None reaches beyond the roots, whatever folder it says. */
async function insideRoots(workspaces: Workspaces, given: readonly unknown[]): Promise<void> {
  const beyond = await beyondRoots(workspaces, given)
  if (beyond !== null) throw new Problem('refused', `${beyond} is not under a root of this machine.`)
}

/** What the bot asks of this machine. */
export function answerBot(worker: WorkerId, tools: MachineErrandTools): Disposable {
  const { errands, workspaces, skills, vault } = tools
  /** In which worktrees are made and taken away. */
  const order = new Mutex()
  return errands.serve(worker, {
    async workspace(asked): Promise<unknown> {
      const { method, given } = asked as { method: keyof Workspaces; given: readonly unknown[] }
      // A command's own folder is looked at below the session's only.
      if (method === 'runs') await insideRoots(workspaces, [{ workdir: given[0] }])
      // It looks at nothing that does not lie there itself.
      else if (method !== 'leftovers') await insideRoots(workspaces, given)
      if (method === 'readFile') {
        const found = await workspaces.readFile(...(given as Parameters<Workspaces['readFile']>))
        const sent: SentFile = typeof found === 'string' ? found : { base64: Buffer.from(found).toString('base64') }
        return sent
      }
      if (!methods.has(method)) throw new Problem('wire', `It is of another version: it knows no ${method}.`)
      const work = (workspaces[method] as (...args: readonly unknown[]) => Promise<unknown>).bind(workspaces)
      const isMaking = method === 'open' || method === 'move' || method === 'close'
      return isMaking ? order.run(() => work(...given)) : work(...given)
    },
    async skills(asked): Promise<unknown> {
      const { method, given } = asked as { method: keyof Skills; given: readonly [Session, string] }
      await insideRoots(workspaces, given)
      return method === 'list' ? skills.list(given[0]) : skills.read(...given)
    },
    fault: (runtime) => faultHere(tools, runtime as RuntimeName),
    ended: (session) => endHere(tools, session as Session),
    frozen: () => tools.frozen(),
    async prepare(given) {
      const asked = given as Prompt
      const session = await vault.session(asked.session)
      if (session?.worker === worker) await prepareHere(tools, session, asked)
    },
    async branch(asked) {
      const { session: id, run } = asked as { session: SessionId; run: RunId }
      const worktree = (await vault.session(id))?.worktree ?? null
      if (worktree === null) return
      await insideRoots(workspaces, [worktree])
      const taken = await workspaces.takeBack(worktree)
      await errands.leave(null, 'branch', { session: id, run, taken })
    },
  })
}
