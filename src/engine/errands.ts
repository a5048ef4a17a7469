import type { Clock } from '../core/clock.ts'
import type { Asked, Changed, Request, Result, SessionDiff, SessionTurn, Transcript } from '../core/desk.ts'
import type { Refusal } from '../core/failure.ts'
import type { MessageId, PromptKey, RuntimeName } from '../core/ids.ts'
import type { Journal } from '../core/journal.ts'
import type { Log } from '../core/log.ts'
import type { Person } from '../core/person.ts'
import { composeSessionKey, type Place } from '../core/place.ts'
import type { ActionName } from '../core/right.ts'
import type { Runtime } from '../core/runtime.ts'
import type { Session } from '../core/session.ts'
import type { Transcripts } from '../core/transcript.ts'
import type { SessionChange, Vault } from '../core/vault.ts'
import { viewOf } from '../core/view.ts'
import type { Workspaces } from '../core/workspace.ts'
import type { Gate } from '../core/gate.ts'
import { no, yes } from '../core/result.ts'
import { isOver, seatAt } from '../core/session-lookup.ts'
import type { Mutex } from '../system/mutex.ts'

export interface ErrandsTools {
  readonly journal: Journal
  readonly vault: Vault
  readonly transcripts: Transcripts
  readonly runtimes: ReadonlyMap<RuntimeName, Runtime>
  readonly workspaces: Workspaces
  readonly gate: Gate
  readonly clock: Clock
  readonly log: Log
  /** In which worktrees are made and taken away. */
  readonly order: Mutex
  ask(request: Request): Promise<Asked>
}

/** What the agent is told by `/resume`; it knows from its own conversation where it was. */
const goOn = 'You were interrupted. Go on from where you stopped; begin by checking what is already done.'

/** Discord takes files of 10 MiB. */
const mostExported = 8 * 1024 * 1024
const suggested = 25
/** Runs that were refused or taken back before they began are passed over: so many, to find one that had. */
const looksBack = 10

/** What people want of the session of a place beside asking it: change it, look at its work, go on, join it. */
export class Errands {
  readonly #tools: ErrandsTools

  constructor(tools: ErrandsTools) {
    this.#tools = tools
  }

  async change(by: Person, place: Place, turn: SessionTurn): Promise<Result<Changed>> {
    const found = await this.#session(by, 'session.change', place)
    if (!found.ok) return found
    const session = found.value
    if ((await this.#tools.journal.openOf(session.id)).length > 0) return no(await this.#busy(session))
    return this.#tools.order.run(() =>
      turn.what === 'model' ? this.#keep(session, { model: turn.model }) : this.#move(session, turn.typed),
    )
  }

  async attach(by: Person, place: Place, key: PromptKey, to: string): Promise<Result<Session>> {
    const { vault, gate, clock, log } = this.#tools
    const verdict = await gate.judge(by, 'session.attach', place)
    if (!verdict.allowed) return no(verdict.refusal)
    const own = await vault.sessionAt(composeSessionKey(place))
    if (own !== null) return no({ code: 'session-exists', name: own.name })
    const wanted = /^<#(\d+)>$/.exec(to)?.[1] ?? to
    const live = await vault.liveSessions()
    const session = live.find(({ name }) => name === wanted) ?? live.find((each) => each.place.id === wanted)
    if (session === undefined) return no({ code: 'session-unknown', name: to })
    const there = await gate.judge(by, 'session.attach', session.place)
    if (!there.allowed) return no(there.refusal)
    const since = key as string as MessageId
    const at = clock.now()
    await vault.attachedPlaces.set({ key: composeSessionKey(place), place, session: session.id, by: by.id, since, at })
    await vault.saw(place.id, since)
    log.info({ session: session.id, place: place.id, by: by.id }, 'session.attached')
    return yes(session)
  }

  async resume(by: Person, place: Place, key: PromptKey): Promise<Result<Session>> {
    const { journal } = this.#tools
    const found = await this.#session(by, 'session.resume', place)
    if (!found.ok) return found
    const session = found.value
    const known = await journal.find(key)
    if (known === null) {
      if ((await journal.openOf(session.id)).length > 0) return no(await this.#busy(session))
      if (!(await this.#wasInterrupted(session))) return no({ code: 'nothing-to-resume', name: session.name })
    }
    const asked = await this.#tools.ask({ key, place, speaker: by, text: goOn, message: null })
    return asked.kind === 'refused' ? no(asked.refusal) : yes(session)
  }

  async diff(by: Person, place: Place): Promise<Result<SessionDiff>> {
    const found = await this.#session(by, 'diff', place)
    if (!found.ok) return found
    const diff = await this.#tools.workspaces.diff(found.value)
    return diff.ok ? yes({ session: found.value, diff: diff.value }) : diff
  }

  async transcript(by: Person, place: Place): Promise<Result<Transcript>> {
    const { vault, transcripts } = this.#tools
    const verdict = await this.#tools.gate.judge(by, 'session.export', place)
    if (!verdict.allowed) return no(verdict.refusal)
    // Also when the session has ended: what was said here stays this place's.
    const session = (await seatAt(vault, place))?.session ?? null
    if (session !== null && session.key !== composeSessionKey(place)) {
      const there = await this.#tools.gate.judge(by, 'session.export', session.place)
      if (!there.allowed) return no(there.refusal)
    }
    const found = await transcripts.read(session?.key ?? composeSessionKey(place), mostExported)
    return found === null ? no({ code: 'nothing-to-export' }) : yes({ name: session?.name ?? 'transcript', ...found })
  }

  async models(by: Person, place: Place, typed: string, named: string | null): Promise<readonly string[]> {
    const { gate, vault, runtimes } = this.#tools
    if (!(await gate.judge(by, 'session.change', place)).allowed) return []
    const name = named ?? (await seatAt(vault, place))?.session.runtime
    const models = (await runtimes.get(name as RuntimeName)?.models()) ?? []
    return models.filter((model) => model.toLowerCase().includes(typed.trim().toLowerCase())).slice(0, suggested)
  }

  async names(by: Person, place: Place, typed: string): Promise<readonly string[]> {
    const { gate, vault } = this.#tools
    if (!(await gate.judge(by, 'session.attach', place)).allowed) return []
    const live = (await vault.liveSessions()).filter((session) => session.place.id !== place.id)
    const names = live.map(({ name }) => name).filter((name) => name.toLowerCase().includes(typed.trim().toLowerCase()))
    return names.slice(0, suggested)
  }

  /** To another repository there leads a new worktree; the one it leaves is dealt with as at a session's end. */
  async #move(session: Session, typed: string): Promise<Result<Changed>> {
    const { workspaces, vault } = this.#tools
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
    const { vault, log } = this.#tools
    // Asked in the same transaction once more: a run may have begun meanwhile.
    if (!(await vault.changeSession(session.id, change))) return no(await this.#busy(session))
    log.info({ session: session.id, ...change }, 'session.changed')
    const now = { ...session, ...change }
    return yes({ session: now, left: null, trustEnded: session.trusted && !now.trusted })
  }

  /** Whether the latest run that the agent ever heard of came to no end of its own. */
  async #wasInterrupted({ id }: Session): Promise<boolean> {
    const { journal } = this.#tools
    for (const run of await journal.lastOf(id, looksBack)) {
      const view = viewOf(await journal.read(run))
      if (view !== null && view.startedAt !== null) return view.outcome?.kind !== 'done'
    }
    return false
  }

  /** The live session that a place talks to, if the person may do that here and, when it is attached, there. */
  async #session(by: Person, action: ActionName, place: Place): Promise<Result<Session>> {
    const verdict = await this.#tools.gate.judge(by, action, place)
    if (!verdict.allowed) return no(verdict.refusal)
    const seat = await seatAt(this.#tools.vault, place)
    if (seat === null) return no({ code: 'no-session' })
    if (isOver(seat)) return no({ code: 'attached-ended', name: seat.session.name })
    if (seat.attached === null) return yes(seat.session)
    const there = await this.#tools.gate.judge(by, action, seat.session.place)
    return there.allowed ? yes(seat.session) : no(there.refusal)
  }

  async #busy({ id, name }: Session): Promise<Refusal> {
    const waiting = (await this.#tools.journal.openOf(id)).filter(({ state }) => state === 'waiting').length
    return { code: 'session-busy', name, waiting }
  }
}
