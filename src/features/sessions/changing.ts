import type { Result } from '../../core/desk.ts'
import type { Doors } from '../../core/doors.ts'
import type { Memo } from '../../core/interaction.ts'
import type { Person } from '../../core/person.ts'
import type { Place } from '../../core/place.ts'
import { no, yes } from '../../core/result.ts'
import { isModelName, type Session, type Worktree } from '../../core/session.ts'
import { busyWith, sessionAllowed } from '../../core/session-lookup.ts'
import type { SessionChange } from '../../core/vault.ts'
import type { Remains } from '../../core/work.ts'
import type { Mutex } from '../../system/mutex.ts'

export interface ChangeDoors extends Pick<Doors, 'journal' | 'vault' | 'workspaces' | 'gate' | 'log'> {
  /** In which worktrees are made and taken away. */
  readonly order: Mutex
}

/** What of a session is changed: the folder as typed, or the model (null: the runtime's own default). */
export type SessionTurn =
  | { readonly what: 'folder'; readonly typed: string }
  | { readonly what: 'model'; readonly model: string | null }

export interface Changed {
  readonly session: Session
  /** The worktree it went out of, and what became of that; null: it is still in the same, or had none. */
  readonly left: { readonly worktree: Worktree; readonly remains: Remains } | null
  /** The repository it was in was trusted, and where it is now nobody has said so. */
  readonly trustEnded: boolean
}

/** `/cd` and `/model`: a session goes on otherwise from its next turn on. */
export class Changing {
  readonly #doors: ChangeDoors

  constructor(doors: ChangeDoors) {
    this.#doors = doors
  }

  /** A second try finds in the memo how the session was before, so that `..` leads up once. */
  async change(by: Person, place: Place, turn: SessionTurn, memo: Memo): Promise<Result<Changed>> {
    const { journal, order } = this.#doors
    const found = await sessionAllowed(this.#doors, by, 'session.change', place)
    if (!found.ok) return found
    const before = noted(memo.read(), found.value)
    if (before !== null && isMade(turn, before, found.value)) return yes(madeBefore(before, found.value))
    if (turn.what === 'model' && turn.model !== null && !isModelName(turn.model))
      return no({ code: 'model-invalid', model: turn.model })
    const session = found.value
    if ((await journal.openOf(session.id)).length > 0) return no(await busyWith(session, journal))
    if (before === null) await memo.keep(JSON.stringify(session))
    return order.run(() =>
      turn.what === 'model' ? this.#keep(session, { model: turn.model }) : this.#move(session, turn.typed),
    )
  }

  /** To another repository there leads a new worktree; the one it leaves is dealt with as at a session's end. */
  async #move(session: Session, typed: string): Promise<Result<Changed>> {
    const { vault } = this.#doors
    const workspaces = this.#doors.workspaces(session.worker)
    const others = (await vault.liveSessions()).filter(({ id }) => id !== session.id)
    const moved = await workspaces.move(session, typed, others)
    if (!moved.ok) return moved
    const { workdir, worktree } = moved.value
    // An owner's trust was for the folder before, not for wherever a member moves it, or what an agent has put there.
    const stays = workdir === session.workdir
    const trusted = stays ? session.trusted : await workspaces.isTrusted(worktree?.repository ?? workdir)
    const changed = await this.#keep(session, { workdir, worktree, trusted })
    const isOther = worktree?.folder !== session.worktree?.folder
    const left = changed.ok ? session.worktree : worktree
    if (!isOther || left === null) return changed
    const remains = await workspaces.close(left)
    return changed.ok ? yes({ ...changed.value, left: { worktree: left, remains } }) : changed
  }

  async #keep(session: Session, change: SessionChange): Promise<Result<Changed>> {
    const { journal, vault, log } = this.#doors
    // Asked in the same transaction once more: a run may have begun meanwhile.
    if (!(await vault.changeSession(session.id, change))) return no(await busyWith(session, journal))
    log.info({ session: session.id, ...change }, 'session.changed')
    const now = { ...session, ...change }
    return yes({ session: now, left: null, trustEnded: session.trusted && !now.trusted })
  }
}

/** The session as it was before an earlier try; null: there was none, or it was another session. */
function noted(memo: string | null, { id }: Session): Session | null {
  const before = memo === null ? null : (JSON.parse(memo) as Session)
  return before?.id === id ? before : null
}

/** Whether an earlier try had changed it. One that asked for what was there already is simply made again. */
function isMade({ what }: SessionTurn, before: Session, now: Session): boolean {
  return what === 'folder' ? before.workdir !== now.workdir : before.model !== now.model
}

/** What became of a worktree that it left, the earlier try has seen to; `session.leftovers` in the log names what stayed. */
function madeBefore(before: Session, session: Session): Changed {
  return { session, left: null, trustEnded: before.trusted && !session.trusted }
}
