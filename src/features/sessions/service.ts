import type { Result } from '../../core/desk.ts'
import type { Doors } from '../../core/doors.ts'
import type { EpochMs } from '../../core/clock.ts'
import { messageOf } from '../../core/failure.ts'
import type { AccountId, MessageId, PlaceId, PromptKey, RuntimeName, SessionId } from '../../core/ids.ts'
import type { Memo } from '../../core/interaction.ts'
import { viewOf } from '../../core/view.ts'
import { isLive, isQueued, type State } from '../../core/lifecycle.ts'
import { pageOf, type ListPage } from '../../core/list-page.ts'
import type { Machine } from '../../core/machine.ts'
import type { Person } from '../../core/person.ts'
import { composeSessionKey, type Place } from '../../core/place.ts'
import type { Runtime } from '../../core/runtime.ts'
import { isModelName, isSessionName, namedAs, type Session } from '../../core/session.ts'
import type { Remains } from '../../core/work.ts'
import { no, yes } from '../../core/result.ts'
import { isOver, bindingAt, nameFor } from '../../core/session-lookup.ts'
import type { Mutex } from '../../system/mutex.ts'
import { accountsOf, placeFor, usualAccount } from './placing.ts'
import { seenBy } from './suggesting.ts'

export interface SessionDoors extends Pick<
  Doors,
  | 'journal'
  | 'vault'
  | 'runtimes'
  | 'workspaces'
  | 'gate'
  | 'clock'
  | 'ids'
  | 'log'
  | 'checkpoint'
  | 'stopRun'
  | 'began'
  | 'agentsHere'
  | 'agentFault'
  | 'accounts'
  | 'ended'
> {
  /**
   * In which worktrees are made and taken away: two starts at once could take up one worktree, and the one that is
   * refused take it from the other.
   */
  readonly order: Mutex
}

export interface SessionWish {
  /** The interaction that asks for it. */
  readonly key: PromptKey
  /** The machine it is to work on; null: the bot's own, or where there is most room. */
  readonly worker: string | null
  readonly name: string
  readonly runtime: string
  /** As typed; null: the first root. */
  readonly workdir: string | null
  readonly model: string | null
  /** As named; null: the usual one. */
  readonly account: string | null
  /** False: in a git repository it works in the folder itself. */
  readonly worktree: boolean
  /** What the repository brings may run. */
  readonly trust: boolean
}

export interface Started {
  readonly session: Session
  /** Its worktree holds what an earlier session of this name had left. */
  readonly takenUp: boolean
  /** Folders of submodules that are empty in it. */
  readonly emptySubmodules: readonly string[]
  /** Where it works; null: on the bot's own machine. */
  readonly machine: Machine | null
}

export interface Ended {
  readonly session: Session
  /** How it is called, for whoever may hear of it; null: nobody may who reads this. */
  readonly name: string | null
  /** What became of its worktree; null: it had none, or was not ended. */
  readonly remains: Remains | null
  /** The place was attached to it, and no more than that has ended. */
  readonly detached: boolean
}

export interface SessionOverview {
  readonly session: Session
  /** State of its oldest open run; null: idle. */
  readonly state: State | null
  readonly waiting: number
  readonly since: EpochMs
}

/** Sessions on one page of the list: two lines each fit a message with room. */
const shownAtOnce = 10

/** Sessions from their start to their end (SPEC F1). */
export class Sessions {
  readonly #doors: SessionDoors

  constructor(doors: SessionDoors) {
    this.#doors = doors
  }

  async start(by: Person, place: Place, typed: SessionWish): Promise<Result<Started>> {
    const { runtimes, gate } = this.#doors
    const wish = { ...typed, name: typed.name.normalize('NFC') }
    const trust = wish.trust ? await gate.judge(by, 'session.trust', place) : null
    if (trust?.allowed === false) return no(trust.refusal)
    if (!isSessionName(wish.name)) return no({ code: 'name-invalid', name: wish.name })
    if (wish.model !== null && !isModelName(wish.model)) return no({ code: 'model-invalid', model: wish.model })
    const runtime = runtimes.get(wish.runtime as RuntimeName)
    if (runtime === undefined) {
      return no({ code: 'runtime-unknown', runtime: wish.runtime, known: [...runtimes.keys()] })
    }
    const placed = await placeFor(wish, runtime.name, this.#doors)
    if (!placed.ok) return placed
    const machine = placed.value
    const known = accountsOf(runtime, machine?.accounts ?? this.#doors.accounts)
    if (!known.includes((wish.account ?? usualAccount) as AccountId))
      return no({ code: 'account-unknown', account: wish.account ?? '', known })
    const detail = await this.#doors.agentFault(machine?.id ?? null, runtime.name)
    if (detail !== null) return no({ code: 'runtime-unavailable', runtime: runtime.title, detail })
    return this.#doors.order.run(() => this.#start(by, place, wish, runtime, machine))
  }

  async #start(
    by: Person,
    place: Place,
    wish: SessionWish,
    runtime: Runtime,
    machine: Machine | null,
  ): Promise<Result<Started>> {
    const worker = machine?.id ?? null
    const workspaces = this.#doors.workspaces(worker)
    const { vault, clock, ids, log, checkpoint } = this.#doors
    const key = composeSessionKey(place)
    const there = await bindingAt(vault, place)
    // A second try: the first one has started it.
    if (there?.attached === null && there.since === (wish.key as string)) {
      this.#doors.began(there.session, by)
      return yes({ session: there.session, takenUp: false, emptySubmodules: [], machine })
    }
    if (there !== null && !isOver(there)) {
      return no({ code: 'session-exists', name: await nameFor(this.#doors.gate, by, there.session) })
    }
    const live = await vault.liveSessions()
    const namesake = namedAs(live, wish.name)
    if (namesake !== null) return no({ code: 'name-taken', name: namesake.name })
    const folder = await workspaces.resolve(wish.workdir)
    if (!folder.ok) return folder
    const opened = await workspaces.open({ name: wish.name, folder: folder.value, worktree: wish.worktree }, live)
    if (!opened.ok) {
      const { refusal } = opened
      if (refusal.code !== 'folder-taken') return opened
      const other = live.find(({ name }) => name === refusal.name)
      return no({ ...refusal, name: other === undefined ? null : await nameFor(this.#doors.gate, by, other) })
    }
    const { workdir, worktree, takenUp, emptySubmodules } = opened.value
    if (worktree !== null) checkpoint('worktree-made')
    const session: Session = {
      id: ids.next() as SessionId,
      key,
      place,
      name: wish.name,
      runtime: runtime.name,
      workdir,
      model: wish.model,
      owner: by.id,
      account: (wish.account ?? usualAccount) as AccountId,
      conversation: null,
      since: wish.key as string as MessageId,
      worker,
      worktree,
      trusted: wish.trust || (await workspaces.isTrusted(folder.value)),
      startedAt: clock.now(),
      endedAt: null,
    }
    const added = await vault.addSession(session)
    if (added !== 'added') {
      if (worktree !== null) await workspaces.close(worktree)
      const other = added === 'key-taken' ? await vault.sessionAt(key) : null
      return no(other === null ? { code: 'name-taken', name: wish.name } : { code: 'session-exists', name: other.name })
    }
    await vault.attachedPlaces.remove(key)
    await vault.saw(place.id, session.since)
    log.info({ session: session.id, name: session.name, runtime: session.runtime, worktree }, 'session.started')
    this.#doors.began(session, by)
    return yes({ session, takenUp, emptySubmodules, machine })
  }

  async stop(by: Person, place: Place, memo: Memo): Promise<Result<Ended>> {
    const { vault, log } = this.#doors
    const noted = memo.read()
    const begun = noted === null ? null : await vault.session(noted as SessionId)
    // A second try ends what the first one was about to end, not what was started in its place since.
    if (begun !== null) return yes(await this.#ended(begun, by))
    const binding = await bindingAt(vault, place)
    if (binding === null) return no({ code: 'no-session' })
    const { session, attached } = binding
    if (attached !== null) {
      await vault.attachedPlaces.remove(attached.key)
      log.info({ session: session.id, place: place.id }, 'session.detached')
      return yes({ session, name: await nameFor(this.#doors.gate, by, session), remains: null, detached: true })
    }
    await memo.keep(session.id)
    return yes(await this.#ended(session, by))
  }

  async #ended(session: Session, by: Person): Promise<Ended> {
    return { session, name: session.name, remains: await this.end(session, by.name), detached: false }
  }

  /**
   * Ends a session for somebody, or (null) because its place is gone. Gives what became of its worktree; null: it had
   * none. A death in between leaves nothing worse than a clean worktree: the next life stops the runs (recovery).
   */
  async end(session: Session, by: string | null): Promise<Remains | null> {
    const { vault, clock, checkpoint } = this.#doors
    await vault.endSession(session.id, clock.now())
    checkpoint('session-ended')
    return this.#wind(session, by)
  }

  /** The rest of a session's end: its runs, its process, its worktree. Each may have been done already. */
  async #wind(session: Session, by: string | null): Promise<Remains | null> {
    const { journal, log } = this.#doors
    for (const { run } of await journal.openOf(session.id)) await this.#doors.stopRun(run, by)
    await this.#doors.ended(session)
    const remains = session.worktree === null ? null : await this.#doors.order.run(() => this.#tidy(session))
    log.info({ session: session.id, name: session.name, remains }, 'session.stopped')
    return remains
  }

  /** Its place was deleted: its own session ends, and it is attached to none. */
  async placeGone(place: PlaceId): Promise<void> {
    const { vault } = this.#doors
    const own = (await vault.liveSessions()).filter((session) => session.place.id === place)
    for (const session of own) await this.end(session, null)
    const attached = (await vault.attachedPlaces.all()).filter((each) => each.place.id === place)
    for (const { key } of attached) await vault.attachedPlaces.remove(key)
  }

  /** Ends wholly what has ended but still has runs: a death came between the two. */
  async stopLeft(): Promise<void> {
    const { journal, vault } = this.#doors
    for (const id of new Set((await journal.open()).map(({ session }) => session))) {
      const session = await vault.session(id)
      if (session !== null && session.endedAt !== null) await this.#wind(session, null)
    }
  }

  /** Logs the worktrees that no session works in any more. */
  async reportLeftovers(): Promise<void> {
    const { vault, log } = this.#doors
    try {
      const left = await this.#doors.workspaces(null).leftovers(await vault.worktrees(), await vault.liveSessions())
      const bytes = left.reduce((sum, each) => sum + each.bytes, 0)
      if (left.length > 0) log.warn({ count: left.length, bytes, left: left.slice(0, 20) }, 'worktrees.left')
    } catch (error) {
      log.warn({ error: messageOf(error) }, 'worktrees.unread')
    }
  }

  /** In the order of the starts: one that takes this worktree up must not find it half removed. */
  async #tidy(session: Session): Promise<Remains | null> {
    const { vault } = this.#doors
    const { worktree, worker } = session
    if (worktree === null) return null
    const live = await vault.liveSessions()
    // Somebody started a session of that name meanwhile, and works in it.
    if (live.some((each) => each.worker === worker && each.worktree?.folder === worktree.folder))
      return { kind: 'kept', why: 'unknown' }
    return this.#doors.workspaces(worker).close(worktree)
  }

  /** The live sessions in places that this person can see, a page of them. */
  async list(by: Person, wanted: number): Promise<ListPage<SessionOverview>> {
    const { journal, vault, gate } = this.#doors
    const page = pageOf(await seenBy(gate, by, await vault.liveSessions()), wanted, shownAtOnce)
    const open = await journal.open()
    const items = await Promise.all(
      page.items.map(async (session) => {
        const runs = open.filter((each) => each.session === session.id)
        const current = runs.find((each) => isLive(each.state)) ?? runs[0]
        const view = current === undefined ? null : viewOf(await journal.read(current.run))
        return {
          session,
          state: current?.state ?? null,
          waiting: runs.filter((each) => isQueued(each.state)).length,
          since: view?.startedAt ?? view?.askedAt ?? session.startedAt,
        }
      }),
    )
    return { ...page, items }
  }
}
