import type { AgentBoxes } from '../core/agent-box.ts'
import type { Egress } from '../core/egress.ts'
import type { Errands } from '../core/errand.ts'
import { messageOf } from '../core/failure.ts'
import { inOneLine } from '../core/finding.ts'
import type { RuntimeName, WorkerId } from '../core/ids.ts'
import type { Log } from '../core/log.ts'
import type { Prompt } from '../core/prompt.ts'
import type { Session } from '../core/session.ts'
import type { Skills } from '../core/skill.ts'
import type { Vault } from '../core/vault.ts'
import type { Workspaces } from '../core/workspace.ts'
import { mayPrepareHere, prepareHere, type PreparingTools } from './preparing.ts'
import { remoteSkills, remoteWorkspaces } from './remote-workspaces.ts'
import { signatureFor, type SignatureOf } from './signature.ts'

export interface PremisesTools extends Omit<PreparingTools, 'signature'> {
  readonly vault: PreparingTools['vault'] & Pick<Vault, 'identities'>
  readonly workspaces: Workspaces
  readonly skills: Skills
  readonly egress: Egress | null
  readonly boxes: AgentBoxes
  readonly errands: Errands
  readonly log: Log
}

/** What is where sessions work: on the bot's own machine, and on the others. */
export interface Premises {
  workspaces(worker: WorkerId | null): Workspaces
  readonly skills: Skills
  /** Why no session with that agent can begin there now, in one line; null: one can. */
  agentFault(worker: WorkerId | null, runtime: RuntimeName): Promise<string | null>
  /** Takes away what is left of a session that has ended and of which nothing runs any more: its process, its box. */
  ended(session: Session): Promise<void>
  /** Whether it is worth asking for the process of a session: what its machine knows better, it looks at itself. */
  mayPrepare(session: Session): Promise<boolean>
  /**
   * Has the process of a session started before anybody asks, for what `asked` would ask, where its machine has room for it.
   * Rejects when it does not come up, or nobody answers.
   */
  prepare(session: Session, asked: Prompt): Promise<void>
}

/** An agent may be looked at for a minute on a busy machine. One that is not there is not waited for. */
const faultMs = 120_000
/** An agent takes some seconds to start; nobody waits for this. */
const prepareMs = 120_000

export function premisesOf(tools: PremisesTools): Premises {
  const { errands, log, vault } = tools
  const signature: SignatureOf = (prompt, coAuthors) => signatureFor(prompt, coAuthors, vault.identities)
  const far = new Map<WorkerId, { readonly workspaces: Workspaces; readonly skills: Skills }>()
  const at = (worker: WorkerId | null): Pick<PremisesTools, 'workspaces' | 'skills'> => {
    if (worker === null) return tools
    const known = far.get(worker)
    if (known !== undefined) return known
    const made = { workspaces: remoteWorkspaces(worker, errands, log), skills: remoteSkills(worker, errands) }
    far.set(worker, made)
    return made
  }
  return {
    workspaces: (worker) => at(worker).workspaces,
    skills: {
      list: (session) => at(session.worker).skills.list(session),
      read: (session, name) => at(session.worker).skills.read(session, name),
    },
    async agentFault(worker, runtime) {
      if (worker === null) return faultHere(tools, runtime)
      try {
        return (await errands.ask(worker, 'fault', runtime, faultMs)) as string | null
      } catch (error) {
        return messageOf(error)
      }
    },
    async ended(session) {
      if (session.worker === null) await endHere(tools, session)
      else await errands.leave(session.worker, 'ended', session)
    },
    mayPrepare: async (session) =>
      session.worker === null ? mayPrepareHere({ ...tools, signature }, session) : session.endedAt === null,
    async prepare(session, asked) {
      if (session.worker === null) await prepareHere({ ...tools, signature }, session, asked)
      else await errands.ask(session.worker, 'prepare', asked, prepareMs)
    },
  }
}

/** Why an agent of this machine cannot begin. */
export async function faultHere(
  { runtimes }: Pick<PremisesTools, 'runtimes'>,
  name: RuntimeName,
): Promise<string | null> {
  const found = await runtimes.find((each) => each.name === name)?.check('errors')
  if (found === undefined) return `There is no agent ${name} on this machine.`
  const fault = found.find(({ level }) => level === 'error')
  return fault === undefined ? null : inOneLine(fault)
}

/** Nothing of an ended session stays on this machine. */
export async function endHere(
  { runtimes, egress, boxes }: Pick<PremisesTools, 'runtimes' | 'egress' | 'boxes'>,
  { id, runtime }: Session,
): Promise<void> {
  await runtimes.find(({ name }) => name === runtime)?.release(id)
  await egress?.close(id)
  await boxes.remove(id)
}
