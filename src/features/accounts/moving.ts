import { holdOf, restsAt, type AccountState } from '../../core/account.ts'
import { slotsAt } from '../../core/account-places.ts'
import type { Doors } from '../../core/doors.ts'
import type { RunEvent } from '../../core/event.ts'
import type { OpenRun } from '../../core/journal.ts'
import type { Machine } from '../../core/machine.ts'
import type { Session } from '../../core/session.ts'
import { Rounds } from '../../system/rounds.ts'
import { en, ko } from './words.ts'

export type MovingDoors = Pick<
  Doors,
  'vault' | 'journal' | 'clock' | 'log' | 'accounts' | 'hear' | 'keep' | 'admitAgain' | 'signal'
>

/** Events after which something may wait for an account that rests. */
const tell: ReadonlySet<RunEvent['type']> = new Set(['asked', 'parked'])

/** One may serve before anybody had foretold it, or the clock be set. */
const lookAnywayMs = 60_000

/**
 * A session whose account rests goes on with another one of its agent at once, where the operator says of both that sessions
 * may move, and the other one serves. All that it knows is in the store: after a death it looks again.
 */
export class Moving {
  readonly #doors: MovingDoors
  readonly #rounds: Rounds
  #later: Disposable | null = null

  constructor(doors: MovingDoors) {
    this.#doors = doors
    this.#rounds = new Rounds({ ...doors, name: 'accounts.moving', work: () => this.#look() })
  }

  start(): void {
    this.#doors.hear(({ event }) => {
      if (tell.has(event.type)) this.#rounds.wake()
    })
    this.#rounds.wake()
  }

  /** Something may wait for an account that rests since now. */
  wake(): void {
    this.#rounds.wake()
  }

  async #look(): Promise<void> {
    this.#later?.[Symbol.dispose]()
    this.#later = null
    const { vault, journal, clock } = this.#doors
    const resting = (await vault.accounts.all()).filter((state) => restsAt(state, clock.now()).length > 0)
    if (resting.length === 0) return
    this.#lookWhenOneServes(resting)
    const machines = await vault.machines.all()
    const waiting = (await journal.open()).filter(({ state }) => state === 'waiting' || state === 'parked')
    // One of each session is enough: they move together.
    const first = new Map(waiting.toReversed().map((run) => [run.session, run]))
    for (const run of first.values()) {
      const session = await vault.session(run.session)
      if (session !== null && session.endedAt === null) await this.#move(session, run, machines)
    }
  }

  /** What waits for one that rests long goes on with another that serves before. */
  #lookWhenOneServes(resting: readonly AccountState[]): void {
    const { clock } = this.#doors
    const now = clock.now()
    const first = Math.min(...resting.flatMap((state) => restsAt(state, now)).map(({ until }) => until))
    this.#later = clock.after(Math.min(lookAnywayMs, Math.max(0, first - now)), () => this.#rounds.wake())
  }

  async #move(session: Session, { prompt, hold }: OpenRun, machines: readonly Machine[]): Promise<void> {
    const { vault, clock, log, keep, admitAgain } = this.#doors
    const { id, runtime, account: from, place, name, worker } = session
    const shared = slotsAt(worker, this.#doors.accounts, machines).filter(
      (slot) => slot.runtime === runtime && slot.shared,
    )
    if (!shared.some(({ account }) => account === from)) return
    // What was refused says best which model it is about.
    const model = hold?.model ?? session.model
    const serves = (state: AccountState): boolean => state.ended === null && holdOf(state, model, clock.now()) === null
    if (serves(await vault.accounts.of(runtime, from))) return
    const others = shared.filter(({ account }) => account !== from)
    const states = await Promise.all(others.map(({ account }) => vault.accounts.of(runtime, account)))
    const [best] = states.filter(serves).sort((a, b) => mostUsed(a) - mostUsed(b))
    if (best === undefined) return
    const to = best.account
    const say = prompt.speaker.locale === 'ko' ? ko : en
    const key = `account:${id}:${from}:${to}:${clock.now()}`
    const note = { key, place, text: say.movedOn(name, from, to), replyTo: null, mention: null }
    const moved = await keep([
      { kind: 'session-account', session: id, was: from, now: to },
      { kind: 'note', note },
    ])
    if (!moved) return
    log.info({ session: id, from, to }, 'session.account-moved')
    admitAgain()
  }
}

/** How much of its fullest window is used; nothing is known: nothing is. */
function mostUsed({ windows }: AccountState): number {
  return Math.max(0, ...windows.map(({ used }) => used ?? 0))
}
