import type { Task } from '../../core/task.ts'
import type { ListedTask, TaskPage } from '../../core/tasks.ts'

/** What fits into one message. */
const shownAtOnce = 10
/** Where somebody can see few of many, it is not looked through all of them for one page. */
const [readAtOnce, readsUpTo] = [50, 10]

export type ListWish = Omit<TaskPage, 'most'>

/** The next tasks that somebody can see, and where to go on; `next` null: that was all. */
export async function pageOf(
  wish: ListWish,
  read: (page: TaskPage) => Promise<readonly ListedTask[]>,
  isSeen: (task: Task) => Promise<boolean>,
): Promise<{ readonly tasks: readonly Task[]; readonly next: number | null }> {
  const tasks: Task[] = []
  let { before } = wish
  for (let reads = 0; reads < readsUpTo; reads++) {
    const page = await read({ ...wish, before, most: readAtOnce })
    for (const { task, position } of page) {
      // One more than is shown says that there are more.
      if (await isSeen(task)) {
        if (tasks.length === shownAtOnce) return { tasks, next: before }
        tasks.push(task)
      }
      before = position
    }
    if (page.length < readAtOnce) return { tasks, next: null }
  }
  return { tasks, next: before }
}
