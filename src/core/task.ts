import type { EpochMs } from './clock.ts'
import type { ChainId, LetterId, PersonId, PromptKey, SessionId } from './ids.ts'
import type { Person } from './person.ts'
import type { Place } from './place.ts'

/**
 * A piece of work that a person gives to a session. Its people take it or not; taken, it is a letter to its agent, with
 * the rights of who gave it, and everything that agents hand on because of it belongs to its chain, which names it.
 */
export interface Task {
  readonly chain: ChainId
  readonly title: string
  /** What there is to say beside the title; may be empty. */
  readonly text: string
  /** Where it was given, and where its end is told. */
  readonly origin: {
    readonly place: Place
    /** Of the session there; null: there is none. */
    readonly name: string | null
  }
  /** Whose it is, where that session is. */
  readonly to: {
    readonly session: SessionId
    readonly name: string
    readonly place: Place
    readonly owner: PersonId
  }
  /** Who gave it. */
  readonly by: Person
  readonly at: EpochMs
  readonly status: TaskStatus
  /** What was done about it, first to last. */
  readonly steps: readonly TaskStep[]
  /** The letter by which the agent has it, the last one when it was tried again; null: it was not taken yet. */
  readonly letter: LetterId | null
  /** Why the last try came to nothing; null: it did not, or not yet. */
  readonly trouble: string | null
  /** Taken back, and what works on it is not known to have stopped yet. */
  readonly stopping: boolean
  /** From 1, one more with each change. */
  readonly version: number
}

/** What people see of it. `accepted`: taken, and not begun; it is begun when its run is. */
export type TaskStatus = 'pending' | 'accepted' | 'in_progress' | 'done' | 'rejected' | 'cancelled'

/** What somebody did about a task. */
export interface TaskStep {
  readonly deed: TaskDeed
  /** The interaction, so that a second try of it changes nothing. */
  readonly key: PromptKey
  readonly at: EpochMs
  /** Name of the person; null: its place is gone. */
  readonly by: string | null
  /** Their own words; may be empty. */
  readonly words: string
}

/** `accept`: for the first time, or again after trouble. */
export type TaskDeed = 'accept' | 'reject' | 'done' | 'cancel'

/** Those that may still come to something. */
const openStatuses: readonly TaskStatus[] = ['pending', 'accepted', 'in_progress']

/** Whether nothing more comes of it. */
function isSettled({ status }: Pick<Task, 'status'>): boolean {
  return !openStatuses.includes(status)
}

/** Whether an agent has it, or will have it. */
export function isWithAgent({ status, trouble }: Pick<Task, 'status' | 'trouble'>): boolean {
  return (status === 'accepted' || status === 'in_progress') && trouble === null
}

/** Whether something is to be done about it without anybody asking. */
export function isTaskBusy(task: Pick<Task, 'status' | 'trouble' | 'stopping'>): boolean {
  return isWithAgent(task) || task.stopping
}

/** What may be done about it now. Pure: the one table of it. */
export function deedsFor(task: Pick<Task, 'status' | 'trouble'>): readonly TaskDeed[] {
  if (task.status === 'pending') return ['accept', 'reject', 'cancel']
  if (isSettled(task)) return []
  return isWithAgent(task) ? ['cancel'] : ['accept', 'done', 'cancel']
}

/** The task after somebody did something about it; null: that cannot be done now. Pure. */
export function taskAfter(task: Task, step: TaskStep, letter: LetterId | null = null): Task | null {
  if (!deedsFor(task).includes(step.deed)) return null
  const next = { ...task, steps: [...task.steps, step].slice(-stepsUpTo), version: task.version + 1 }
  switch (step.deed) {
    case 'accept':
      return { ...next, status: 'accepted', letter, trouble: null }
    case 'reject':
      return { ...next, status: 'rejected' }
    case 'done':
      return { ...next, status: 'done', trouble: null }
    case 'cancel':
      return { ...next, status: 'cancelled', trouble: null, stopping: task.letter !== null }
  }
}

/** Tried again and again, a task keeps the last ones. */
const stepsUpTo = 20

/** What a task is told as to its agent. */
export function workOf({ title, text }: Pick<Task, 'title' | 'text'>): string {
  return text === '' ? title : `${title}\n\n${text}`
}
