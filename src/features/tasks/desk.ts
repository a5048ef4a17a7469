import { buttonId } from '../../core/button.ts'
import type { PanelLook } from '../../core/chat.ts'
import type { Call } from '../../core/command.ts'
import type { Doors } from '../../core/doors.ts'
import type { Effect } from '../../core/effect.ts'
import { harmless } from '../../core/harmless.ts'
import type { ChainId, PromptKey } from '../../core/ids.ts'
import type { Letter } from '../../core/letter.ts'
import type { Panel } from '../../core/panel.ts'
import type { Person } from '../../core/person.ts'
import type { Session } from '../../core/session.ts'
import { sessionFor } from '../../core/session-lookup.ts'
import { deedsFor, taskAfter, workOf, type Task, type TaskDeed, type TaskStep } from '../../core/task.ts'
import { newChainId, newLetterId } from '../../system/letter-names.ts'
import { en, ko, type TaskNo } from './words.ts'

export type TaskDoors = Pick<Doors, 'vault' | 'gate' | 'clock' | 'ids' | 'keep'>

/** So long they stand whole on a card, and in a frame before the agent. */
export const taskLimits = { title: 200, text: 1_200 } as const

/** How often it is tried anew when others change a task at the same moment. */
const triesUpTo = 5

/** What people do about tasks. Whatever it is, it is kept with the cards that show it, or not at all. */
export class TaskDesk {
  readonly #doors: TaskDoors

  constructor(doors: TaskDoors) {
    this.#doors = doors
  }

  /** Gives a task to a session. The same interaction again gives the task that it made. */
  async assign(call: Call, to: Session, title: string, text: string): Promise<Task> {
    const { vault, clock, keep } = this.#doors
    const { person: by, place } = call
    const chain = newChainId({ next: () => `task ${call.key}` })
    const known = await vault.tasks.task(chain)
    if (known !== null) return known
    const task: Task = {
      chain,
      title: harmless(title).replaceAll('\n', ' '),
      text: harmless(text),
      origin: { place, name: (await sessionFor(vault, place))?.name ?? null },
      to: { session: to.id, name: to.name, place: to.place, owner: to.owner },
      by,
      at: clock.now(),
      status: 'pending',
      steps: [],
      letter: null,
      trouble: null,
      stopping: false,
      version: 1,
    }
    const begins = { id: chain, run: null, session: to.id, speaker: by, at: task.at }
    await keep([{ kind: 'chain', chain: begins }, { kind: 'task', task }, ...cardsOf(task)])
    return task
  }

  /** A task that this person can see: its own place, or the one where it was given. */
  async find(by: Person, name: string): Promise<Task | null> {
    const { vault } = this.#doors
    const task = await vault.tasks.task(nameIn(name))
    return task !== null && (await this.isSeen(by, task)) ? task : null
  }

  async isSeen(by: Person, { to, origin }: Task): Promise<boolean> {
    const { gate } = this.#doors
    return (await gate.sees(by, to.place)) || (await gate.sees(by, origin.place))
  }

  /** Does something about a task for a person, as they are now. Of two at once the first counts. */
  async act(by: Person, name: string, deed: TaskDeed, key: PromptKey, words: string): Promise<Task | TaskNo> {
    const { keep, clock } = this.#doors
    for (let tries = 0; tries < triesUpTo; tries++) {
      const task = await this.find(by, name)
      if (task === null) return 'unknown'
      if (task.steps.some((step) => step.key === key)) return task
      if (!(await this.#may(by, task, deed))) return 'not-yours'
      const step = { deed, key, at: clock.now(), by: by.name, words: harmless(words) }
      const effects = await this.#effectsOf(task, step, by.id === task.by.id)
      if (typeof effects === 'string') return effects
      if (await keep(effects.kept)) return effects.task
    }
    return 'cannot'
  }

  /** Its place is gone: nobody can answer it there, and nothing of it works on. */
  async withdraw(task: Task): Promise<boolean> {
    const { keep, clock } = this.#doors
    const key = `gone:${task.to.place.id}` as PromptKey
    const next = taskAfter(task, { deed: 'cancel', key, at: clock.now(), by: null, words: '' })
    return next === null || keep([{ kind: 'task', task: next }, ...cardsOf(next), ...toldOf(next, null)])
  }

  /** The place where it was given is gone: what becomes of it is told in the place of its session. */
  async moveOrigin(task: Task): Promise<boolean> {
    const moved = { ...task, origin: { ...task.origin, place: task.to.place }, version: task.version + 1 }
    return this.#doors.keep([{ kind: 'task', task: moved }, ...cardsOf(moved)])
  }

  async #effectsOf(
    before: Task,
    step: TaskStep,
    isOwn: boolean,
  ): Promise<{ readonly task: Task; readonly kept: readonly Effect[] } | TaskNo> {
    const { ids } = this.#doors
    if (!deedsFor(before).includes(step.deed)) return 'cannot'
    if (step.deed !== 'accept') {
      const task = taskAfter(before, step)
      if (task === null) return 'cannot'
      // Whoever did it themselves knows it.
      return { task, kept: [{ kind: 'task', task }, ...cardsOf(task), ...(isOwn ? [] : toldOf(task, null))] }
    }
    const session = await this.#sessionOf(before)
    if (session === null) return 'ended'
    const letter = letterOf(before, session, newLetterId(ids), step.at)
    const to = { session: session.id, name: session.name, place: session.place, owner: session.owner }
    const task = taskAfter({ ...before, to }, step, letter.id)
    if (task === null) return 'cannot'
    return { task, kept: [{ kind: 'task', task }, { kind: 'letter', letter }, ...cardsOf(task)] }
  }

  /** The people of its session; whoever gave it may take it back. Judged by what they are at this moment. */
  async #may(by: Person, { to, by: giver, origin }: Task, deed: TaskDeed): Promise<boolean> {
    const { gate } = this.#doors
    if ((await gate.sees(by, to.place)) && (await gate.judgeNow(by, 'task.answer', to.place)).allowed) return true
    return deed === 'cancel' && by.id === giver.id && (await gate.judgeNow(by, 'task.assign', origin.place)).allowed
  }

  /** The live session that has it, or the one of its name that was started in its place since. */
  async #sessionOf({ to }: Task): Promise<Session | null> {
    const { vault } = this.#doors
    const session = await vault.session(to.session)
    if (session === null || session.endedAt === null) return session
    const next = await vault.sessionAt(session.key)
    return next?.name === session.name ? next : null
  }
}

/** The name of a task, as it is typed or chosen: what stands behind it is its title. */
export function nameIn(typed: string): ChainId {
  return (typed.trim().split(/\s/, 1)[0] ?? '').toUpperCase() as ChainId
}

/** The cards of a task: in the place of its session, and where it was given. */
export function cardsOf(task: Task): readonly Effect[] {
  const { origin, to } = task
  const isThere = origin.place.id === to.place.id
  return [cardOf(task, true), ...(isThere ? [] : [cardOf(task, false)])].map((panel) => ({ kind: 'panel', panel }))
}

/** What is said where it was given. Where that is the place of its session, the card says it. */
export function toldOf(task: Task, report: string | null): readonly Effect[] {
  const { chain, origin, to, by, version } = task
  if (origin.place.id === to.place.id) return []
  const text = { en, ko }[by.locale].ended(task, report)
  const note = { key: `task:${chain}:${version}`, place: origin.place, text, replyTo: null, mention: by.id }
  return [{ kind: 'note', note }]
}

function cardOf(task: Task, there: boolean): Panel {
  const { chain, by, to, origin, status } = task
  const { locale } = by
  const say = { en, ko }[locale]
  const deeds = deedsFor(task).filter((deed) => there || deed === 'cancel')
  return {
    key: `task:${chain}:${there ? 'to' : 'from'}`,
    place: there ? to.place : origin.place,
    text: say.card(task, there),
    locale,
    buttons: deeds.map((deed) => ({
      id: buttonId({ feature: 'tasks', verb: deed, argument: chain }),
      label: say.buttons[deed === 'accept' && status !== 'pending' ? 'again' : deed],
      style: deed === 'accept' ? 'good' : deed === 'reject' ? 'bad' : 'plain',
    })),
    mention: there && status === 'pending' ? to.owner : null,
    card: lookOf(task),
  }
}

function lookOf({ status, trouble }: Task): PanelLook {
  if (trouble !== null) return 'failed'
  const looks = { pending: 'asks', accepted: 'waiting', in_progress: 'work', done: 'done' } as const
  return status === 'rejected' || status === 'cancelled' ? 'waiting' : looks[status]
}

/** A task on its way to the agent. */
function letterOf(task: Task, to: Session, id: Letter['id'], at: number): Letter {
  return {
    id,
    chain: task.chain,
    kind: 'task',
    from: { session: to.id, name: task.by.name },
    to: { session: to.id, name: to.name },
    run: null,
    parent: null,
    answers: null,
    hop: 0,
    text: workOf(task),
    speaker: task.by,
    at,
    state: 'waiting',
    consent: null,
  }
}
