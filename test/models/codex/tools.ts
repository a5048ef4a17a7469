import { setTimeout as delay } from 'node:timers/promises'
import type { Mischief } from '../mischief.ts'
import type { Answer, Asks } from './asks.ts'
import { begun, commandExecution, completed, fileChange, shellOf, type Json } from './lines.ts'
import { apply, changesOf, leavesFolder, toldOf } from './patch.ts'
import type { Thread } from './thread.ts'

export interface ToolGround {
  readonly thread: Thread
  /** The turn's id. */
  readonly turn: string
  readonly asks: Asks
  readonly mischief: Mischief
  /** The turn was interrupted: nobody waits any more, but what runs goes on. */
  readonly signal: AbortSignal
}

/** A person has broken the whole turn off instead of answering. */
export const cancelled = Symbol('cancelled')

/** What the model is told; null: nothing, because the turn was broken off. */
export type Told = string | typeof cancelled | null

/** Uses a tool; gives what the model is told, or that a person broke the turn off. */
export async function use(call: Json, ground: ToolGround): Promise<Told> {
  if (call['name'] === 'apply_patch') return patch(call, ground)
  if (call['name'] === 'exec_command') return command(call, ground)
  return `unsupported call: ${String(call['name'])}`
}

async function command(call: Json, ground: ToolGround): Promise<Told> {
  const { thread, turn, mischief, signal } = ground
  const input = JSON.parse(String(call['arguments'])) as Json
  const [id, cmd] = [String(call['call_id']), String(input['cmd'])]
  let item: Json | null = null
  if (input['sandbox_permissions'] === 'require_escalated' && !thread.allowed.has(cmd)) {
    item = commandExecution(id, cmd, thread.facts.cwd, null)
    thread.active('waitingOnApproval')
    begun(thread.id, turn, item)
    const leave = await asked(ground, 'item/commandExecution/requestApproval', {
      kind: 'command',
      threadId: thread.id,
      turnId: turn,
      itemId: id,
      startedAtMs: item['startedAtMs'],
      environmentId: 'local',
      reason: input['justification'] ?? null,
      command: shellOf(cmd),
      cwd: thread.facts.cwd,
      commandActions: item['commandActions'],
      proposedExecpolicyAmendment: cmd.split(' '),
      availableDecisions: [
        'accept',
        { acceptWithExecpolicyAmendment: { execpolicy_amendment: cmd.split(' ') } },
        'cancel',
      ],
    })
    if (signal.aborted) return null
    if (leave === 'acceptForSession') thread.allowed.add(cmd)
    else if (leave !== 'accept') return refused(leave, item, ground)
    thread.active()
  }
  const { shell, item: told } = thread.open(turn, id, cmd, item)
  if (item === null) begun(thread.id, turn, told)
  await mischief.at('tool')
  const yields = delay(Number(input['yield_time_ms'] ?? 10_000), null)
  const code = await Promise.race([shell.ended, yields])
  if (code === null) return `Process running with session ID ${String(told['processId'])}\nOutput:\n${shell.output}`
  return `Process exited with code ${code}\nOutput:\n${shell.output}`
}

async function patch(call: Json, ground: ToolGround): Promise<Told> {
  const { thread, turn, signal } = ground
  const id = String(call['call_id'])
  const changes = changesOf(String(call['input']), thread.facts.cwd)
  const item = begun(thread.id, turn, fileChange(id, changes.map(toldOf)))
  if (leavesFolder(changes, thread.facts.cwd)) {
    thread.active('waitingOnApproval')
    const leave = await asked(ground, 'item/fileChange/requestApproval', {
      threadId: thread.id,
      turnId: turn,
      itemId: id,
      startedAtMs: Date.now(),
      reason: null,
      grantRoot: null,
    })
    if (signal.aborted) return null
    if (leave !== 'accept' && leave !== 'acceptForSession') return refused(leave, item, ground)
    thread.active()
  }
  const isDone = apply(changes)
  completed(thread.id, turn, { ...item, status: isDone ? 'completed' : 'failed' })
  return isDone ? 'Success. Updated the files.' : 'apply_patch verification failed'
}

/** Asks a person; gives the word of the answer. */
async function asked({ asks, thread, mischief, signal }: ToolGround, method: string, params: Json): Promise<string> {
  const asking = asks.ask(method, thread.id, params)
  await mischief.at('asking')
  const broken = new Promise<Answer>((resolve) => {
    signal.addEventListener('abort', () => resolve({ failed: true }), { once: true })
  })
  const answer = await Promise.race([asking, broken])
  return 'failed' in answer ? 'failed' : String(answer.result['decision'])
}

function refused(leave: string, item: Json, { thread, turn }: ToolGround): Told {
  completed(thread.id, turn, { ...item, status: leave === 'failed' ? 'failed' : 'declined' })
  thread.active()
  if (leave === 'cancel') return cancelled
  const why = leave === 'failed' ? 'approval request failed' : 'rejected by user'
  return `exec_command failed: CreateProcess { message: "Rejected(\\"${why}\\")" }`
}
