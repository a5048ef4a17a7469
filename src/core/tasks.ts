import type { ChainId, PlaceId } from './ids.ts'
import type { Task } from './task.ts'

/** The kept tasks; they are changed by `Letters.keep`. Part of the vault door; the same contract. */
export interface Tasks {
  task(chain: ChainId): Promise<Task | null>
  /** All about which something is to be done, oldest first: see `isTaskBusy`. */
  busy(): Promise<readonly Task[]>
  /** The open ones of sessions in a place, or given there, oldest first. */
  openAt(place: PlaceId): Promise<readonly Task[]>
  /** One page, newest first. */
  page(which: TaskPage): Promise<readonly ListedTask[]>
}

/** Which tasks a list shows. */
export interface TaskPage {
  /** Of this place alone; null: of all. */
  readonly place: PlaceId | null
  /** Also those that are over. */
  readonly settled: boolean
  /** Only older ones; null: from the newest. */
  readonly before: number | null
  readonly most: number
}

/** A task with where it stands in the list. */
export interface ListedTask {
  readonly task: Task
  readonly position: number
}
