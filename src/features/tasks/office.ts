import { workOn } from '../../core/chain.ts'
import type { Doors } from '../../core/doors.ts'
import type { RunEvent } from '../../core/event.ts'
import { messageOf } from '../../core/failure.ts'
import type { LetterId } from '../../core/ids.ts'
import { letterKey, type Letter } from '../../core/letter.ts'
import { isQueued } from '../../core/lifecycle.ts'
import { isWithAgent, type Task } from '../../core/task.ts'
import { viewOf } from '../../core/view.ts'
import { Rounds } from '../../system/rounds.ts'
import { cardsOf, toldOf, type TaskDoors } from './desk.ts'
import { en, ko } from './words.ts'

/** How often it is looked although nothing was heard. */
const lookEveryMs = 10_000

export type TaskOfficeDoors = TaskDoors &
  Pick<Doors, 'journal' | 'hear' | 'hearKept' | 'log' | 'checkpoint' | 'stopRun' | 'signal'>

/** Events after which a task may stand differently. */
const tell: ReadonlySet<RunEvent['type']> = new Set(['admitted', 'refused', 'finished', 'stopped'])

/**
 * Follows the tasks that agents have: says when one has begun and what became of it, and stops what works on one that was
 * taken back. All that it knows is in the store: it can be asked to look as often as one likes.
 */
export class TaskOffice {
  readonly #doors: TaskOfficeDoors
  readonly #rounds: Rounds

  constructor(doors: TaskOfficeDoors) {
    this.#doors = doors
    this.#rounds = new Rounds({ ...doors, name: 'tasks', work: () => this.#look() })
  }

  start(): void {
    const { hear, hearKept } = this.#doors
    hear(({ event }) => {
      if (tell.has(event.type)) this.look()
    })
    hearKept(() => this.look())
    this.#rounds.every(lookEveryMs, this.#doors.clock)
    this.look()
  }

  /** Something may have changed. */
  look(): void {
    this.#rounds.wake()
  }

  async #look(): Promise<void> {
    const { vault, log, signal } = this.#doors
    for (const task of await vault.tasks.busy()) {
      // One that cannot be looked at now holds up no other.
      await this.#see(task).catch((error: unknown) => {
        if (!signal.aborted) log.warn({ task: task.chain, error: messageOf(error) }, 'task.later')
      })
    }
  }

  async #see(task: Task): Promise<void> {
    const { vault, journal } = this.#doors
    if (task.stopping) return this.#stop(task)
    const letter = task.letter === null ? null : await vault.letters.letter(task.letter)
    if (letter === null || !isWithAgent(task)) return
    if (letter.state === 'waiting') return this.#sayWaits(task, letter)
    if (letter.state === 'closed') return this.#end(task, letter)
    const run = await journal.find(letterKey(letter.id))
    if (task.status === 'accepted' && run !== null && !isQueued(run.state))
      await this.#keep({ ...task, status: 'in_progress' }, [])
  }

  /** Its session has ended before the agent had it. */
  async #sayWaits(task: Task, letter: Letter): Promise<void> {
    const { vault, keep } = this.#doors
    const session = await vault.session(task.to.session)
    if (session === null || session.endedAt === null) return
    const next = await vault.sessionAt(session.key)
    const key = `task:${task.chain}:waits:${letter.id}`
    if (next?.name === session.name || (await vault.postings.noted(key)) !== null) return
    const text = { en, ko }[task.by.locale].waits(task)
    await keep([{ kind: 'note', note: { key, place: task.origin.place, text, replyTo: null, mention: task.by.id } }])
  }

  /** What became of it is known: the post office has closed its letter, with a report. */
  async #end(task: Task, letter: Letter): Promise<void> {
    const letters = await this.#doors.vault.letters.ofChain(task.chain)
    const report = letters.findLast(({ kind, answers }) => kind === 'report' && answers === letter.id)?.text ?? ''
    const isDone = await this.#isDone(workOn(letter, letters) ?? [letter.id])
    const next: Task = isDone ? { ...task, status: 'done' } : { ...task, trouble: report }
    await this.#keep(next, toldOf({ ...next, version: task.version + 1 }, report))
  }

  async #isDone(work: readonly LetterId[]): Promise<boolean> {
    const { journal } = this.#doors
    let isDone = false
    for (const letter of work) {
      const run = await journal.find(letterKey(letter))
      // A notice or an answer that was not delivered has none.
      if (run === null) continue
      isDone = viewOf(await journal.read(run.run))?.outcome?.kind === 'done'
      if (!isDone && letter === work[0]) return false
    }
    return isDone
  }

  /** Everything that works on it, however far below, is stopped; the post office takes back what is on its way. */
  async #stop(task: Task): Promise<void> {
    const { vault, journal, stopRun } = this.#doors
    const by = task.steps.at(-1)?.by ?? null
    const letters = await vault.letters.ofChain(task.chain)
    let isOver = !letters.some(({ state }) => state === 'asked' || state === 'waiting' || state === 'delivered')
    for (const { id } of letters) {
      const run = await journal.find(letterKey(id))
      if (run === null || run.state === 'over') continue
      isOver = false
      await stopRun(run.run, by)
    }
    if (isOver) await this.#keep({ ...task, stopping: false }, [])
  }

  async #keep(task: Task, told: ReturnType<typeof toldOf>): Promise<void> {
    const { keep, checkpoint, log } = this.#doors
    const next = { ...task, version: task.version + 1 }
    if (!(await keep([{ kind: 'task', task: next }, ...cardsOf(next), ...told]))) return
    log.info({ task: task.chain, status: task.status, trouble: task.trouble !== null }, 'task.moved')
    checkpoint('task-moved')
  }
}
