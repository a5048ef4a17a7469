import type { Clock } from '../core/clock.ts'
import type { Result, SessionOverview, SessionWish } from '../core/desk.ts'
import type { AccountId, Ids, MessageId, RuntimeName, SessionId } from '../core/ids.ts'
import type { Journal, OpenRun } from '../core/journal.ts'
import { isLive } from '../core/lifecycle.ts'
import type { Log } from '../core/log.ts'
import type { Person } from '../core/person.ts'
import { composeSessionKey, type Place } from '../core/place.ts'
import type { Runtime } from '../core/runtime.ts'
import { isSessionName, type Session } from '../core/session.ts'
import type { Vault } from '../core/vault.ts'
import type { Workspaces } from '../core/workspace.ts'
import type { Gate } from './gate.ts'
import { no, yes } from './result.ts'

export interface SessionsTools {
  readonly journal: Journal
  readonly vault: Vault
  readonly runtimes: ReadonlyMap<RuntimeName, Runtime>
  readonly workspaces: Workspaces
  readonly gate: Gate
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
  /** Stops one open run, or takes it out of the queue. */
  stopRun(run: OpenRun, by: string | null): Promise<unknown>
  /** Told of every new session. */
  readonly began: (session: Session, by: Person) => void
}

const theAccount = 'default' as AccountId

/** Sessions from their start to their end (SPEC F1). */
export class Sessions {
  readonly #tools: SessionsTools

  constructor(tools: SessionsTools) {
    this.#tools = tools
  }

  async start(by: Person, place: Place, wish: SessionWish): Promise<Result<Session>> {
    const { vault, runtimes, workspaces, clock, ids, log } = this.#tools
    const verdict = await this.#tools.gate.judge(by, 'session.start', place)
    if (!verdict.allowed) return no(verdict.refusal)
    if (!isSessionName(wish.name)) return no({ code: 'name-invalid', name: wish.name })
    const runtime = runtimes.get(wish.runtime as RuntimeName)
    if (runtime === undefined) {
      return no({ code: 'runtime-unknown', runtime: wish.runtime, known: [...runtimes.keys()] })
    }
    const key = composeSessionKey(place)
    const there = await vault.sessionAt(key)
    if (there !== null) return no({ code: 'session-exists', name: there.name })
    const folder = await workspaces.resolve(wish.workdir)
    if (!folder.ok) return folder
    const fault = (await runtime.check()).find((finding) => finding.level === 'error')
    if (fault !== undefined) return no({ code: 'runtime-unavailable', runtime: runtime.title, detail: fault.text })
    const session: Session = {
      id: ids.next() as SessionId,
      key,
      place,
      name: wish.name,
      runtime: runtime.name,
      workdir: folder.value,
      model: wish.model,
      owner: by.id,
      account: theAccount,
      conversation: null,
      since: wish.key as string as MessageId,
      worktree: null,
      trusted: false,
      startedAt: clock.now(),
      endedAt: null,
    }
    const added = await vault.addSession(session)
    if (added === 'name-taken') return no({ code: 'name-taken', name: wish.name })
    if (added === 'key-taken') {
      return no({ code: 'session-exists', name: (await vault.sessionAt(key))?.name ?? wish.name })
    }
    await vault.saw(place.id, session.since)
    log.info({ session: session.id, name: session.name, runtime: session.runtime }, 'session.started')
    this.#tools.began(session, by)
    return yes(session)
  }

  async stop(by: Person, place: Place): Promise<Result<Session>> {
    const verdict = await this.#tools.gate.judge(by, 'session.stop', place)
    if (!verdict.allowed) return no(verdict.refusal)
    const session = await this.#tools.vault.sessionAt(composeSessionKey(place))
    if (session === null) return no({ code: 'no-session' })
    await this.end(session, by.name)
    return yes(session)
  }

  /** Ends a session for somebody, or (null) because its place is gone. */
  async end(session: Session, by: string | null): Promise<void> {
    const { vault, journal, clock, runtimes, log } = this.#tools
    await vault.endSession(session.id, clock.now())
    for (const open of await journal.openOf(session.id)) await this.#tools.stopRun(open, by)
    await runtimes.get(session.runtime)?.release(session.id)
    log.info({ session: session.id, name: session.name }, 'session.stopped')
  }

  async list(by: Person, place: Place): Promise<Result<readonly SessionOverview[]>> {
    const verdict = await this.#tools.gate.judge(by, 'session.list', place)
    if (!verdict.allowed) return no(verdict.refusal)
    const open = await this.#tools.journal.open()
    const overview = (await this.#tools.vault.liveSessions()).map((session) => {
      const runs = open.filter((each) => each.session === session.id)
      return {
        session,
        state: (runs.find((each) => isLive(each.state)) ?? runs[0])?.state ?? null,
        waiting: runs.filter((each) => each.state === 'waiting').length,
        since: session.startedAt,
      }
    })
    return yes(overview)
  }
}
