import { refuseToWait, type Caps } from '../core/admission.ts'
import type { Attachment } from '../core/attachment.ts'
import type { Checkpoint } from '../core/checkpoint.ts'
import type { Clock } from '../core/clock.ts'
import type { Asked, Desk, Request, Result, SessionOverview, SessionWish, SkillWish, Stopped } from '../core/desk.ts'
import type { Refusal } from '../core/failure.ts'
import type { Health } from '../core/health.ts'
import type { AccountId, Ids, MessageId, PromptKey, RunId, RuntimeName, SessionId } from '../core/ids.ts'
import type { Journal, OpenRun } from '../core/journal.ts'
import { isLive } from '../core/lifecycle.ts'
import type { Log } from '../core/log.ts'
import type { Person } from '../core/person.ts'
import { channelOf, composeSessionKey, type Place } from '../core/place.ts'
import type { Verdict } from '../core/policy.ts'
import { promptLimit, type Prompt } from '../core/prompt.ts'
import type { ActionName } from '../core/right.ts'
import type { Runtime } from '../core/runtime.ts'
import { isSessionName, type Session } from '../core/session.ts'
import type { Skills } from '../core/skill.ts'
import type { Vault } from '../core/vault.ts'
import { viewOf } from '../core/view.ts'
import type { Workspaces } from '../core/workspace.ts'
import type { WallboardKeeper } from './wallboard.ts'
import type { Dispatcher } from './dispatcher.ts'
import type { Feed } from './feed.ts'
import type { Gate } from './gate.ts'
import { runSkill, suggestSkills, type SkillTools } from './skills.ts'

export interface DeskTools {
  readonly journal: Journal
  readonly vault: Vault
  readonly dispatcher: Dispatcher
  readonly feed: Feed
  readonly runtimes: ReadonlyMap<RuntimeName, Runtime>
  readonly workspaces: Workspaces
  readonly skills: Skills
  readonly gate: Gate
  readonly caps: Caps
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
  readonly checkpoint: Checkpoint
  readonly health: () => Promise<Health>
  readonly boards: () => WallboardKeeper
  /** Told of every new session. */
  readonly began: (session: Session, by: Person) => void
}

const theAccount = 'default' as AccountId

/** The desk: asks the gate, keeps what is asked, and only then says yes. */
export class EngineDesk implements Desk {
  readonly #tools: DeskTools

  constructor(tools: DeskTools) {
    this.#tools = tools
  }

  judge(person: Person, action: ActionName, place: Place): Promise<Verdict> {
    return this.#tools.gate.judge(person, action, place)
  }

  async ask(request: Request): Promise<Asked> {
    const { vault, journal, caps, clock, ids, feed, dispatcher, checkpoint } = this.#tools
    const verdict = await this.judge(request.speaker, 'prompt', request.place)
    if (!verdict.allowed) return { kind: 'refused', refusal: verdict.refusal }
    const session = await vault.sessionAt(composeSessionKey(request.place))
    const refusal = session === null ? ({ code: 'no-session' } as const) : faultOf(request.text, request.attachments)
    if (session === null || refusal !== null) return { kind: 'refused', refusal: refusal ?? { code: 'no-session' } }
    const at = clock.now()
    const prompt: Prompt = {
      ...request,
      session: session.id,
      askedAt: at,
      tier: verdict.tier,
      attachments: request.attachments ?? [],
      context: request.context ?? [],
    }
    const asker = { person: request.speaker.id, channel: channelOf(request.place), session: session.id }
    const asked = await journal.ask(ids.next() as RunId, prompt, at, (board) => refuseToWait(board, asker, caps))
    checkpoint('asked')
    feed.publish(asked.entries)
    dispatcher.wake()
    return { kind: asked.fresh ? 'accepted' : 'known', run: asked.run }
  }

  async stop(by: Person, place: Place): Promise<Result<Stopped>> {
    const verdict = await this.judge(by, 'run.stop', place)
    if (!verdict.allowed) return no(verdict.refusal)
    const session = await this.#tools.vault.sessionAt(composeSessionKey(place))
    if (session === null) return no({ code: 'no-session' })
    const open = await this.#tools.journal.openOf(session.id)
    const mine = open.filter((each) => each.prompt.speaker.id === by.id)
    const target = open.find((each) => isLive(each.state)) ?? mine.at(-1) ?? open.at(-1)
    return target === undefined ? no({ code: 'nothing-to-stop' }) : this.#stop(target, by.name)
  }

  async stopRun(by: Person, place: Place, run: RunId): Promise<Result<Stopped>> {
    const target = (await this.#tools.journal.open()).find((each) => each.run === run)
    const isOwn = target?.prompt.speaker.id === by.id
    // The place that counts is the run's, whatever place a button was pressed in.
    const where = target?.prompt.place ?? place
    const verdict = await this.judge(by, isOwn ? 'run.stop-own' : 'run.stop', where)
    if (!verdict.allowed) return no(verdict.refusal)
    return target === undefined ? no({ code: 'nothing-to-stop' }) : this.#stop(target, by.name)
  }

  /** What a waiting prompt asks is something else now: null, or why not. One that has begun stays as it was. */
  async reword(
    by: Person,
    { run, prompt }: OpenRun,
    text: string,
    attachments: readonly Attachment[],
  ): Promise<Refusal | null> {
    const { journal, clock, feed } = this.#tools
    const verdict = await this.judge(by, 'prompt', prompt.place)
    if (!verdict.allowed) return verdict.refusal
    const fault = faultOf(text, attachments)
    if (fault !== null) return fault
    const event = { type: 'reworded', text, attachments } as const
    feed.publish(await journal.append(run, [event], clock.now(), { expect: 'waiting' }))
    return null
  }

  /** Its message was taken back, so a waiting prompt is too. No gate: less is done then, whoever deleted it. */
  async withdraw({ run, prompt }: OpenRun): Promise<void> {
    const { journal, clock, feed, dispatcher } = this.#tools
    const event = { type: 'stopped', by: prompt.speaker.name } as const
    feed.publish(await journal.append(run, [event], clock.now(), { expect: 'waiting' }))
    dispatcher.wake()
  }

  async startSession(by: Person, place: Place, wish: SessionWish): Promise<Result<Session>> {
    const { vault, runtimes, workspaces, clock, ids, log } = this.#tools
    const verdict = await this.judge(by, 'session.start', place)
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

  async stopSession(by: Person, place: Place): Promise<Result<Session>> {
    const verdict = await this.judge(by, 'session.stop', place)
    if (!verdict.allowed) return no(verdict.refusal)
    const session = await this.#tools.vault.sessionAt(composeSessionKey(place))
    if (session === null) return no({ code: 'no-session' })
    await this.endSession(session, by.name)
    return yes(session)
  }

  /** Ends a session for somebody, or (null) because its place is gone. */
  async endSession(session: Session, by: string | null): Promise<void> {
    const { vault, journal, clock, runtimes, log } = this.#tools
    await vault.endSession(session.id, clock.now())
    for (const open of await journal.openOf(session.id)) await this.#stop(open, by)
    await runtimes.get(session.runtime)?.release(session.id)
    log.info({ session: session.id, name: session.name }, 'session.stopped')
  }

  async sessions(by: Person, place: Place): Promise<Result<readonly SessionOverview[]>> {
    const verdict = await this.judge(by, 'session.list', place)
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

  async suggestFolders(by: Person, place: Place, typed: string): Promise<readonly string[]> {
    return (await this.judge(by, 'session.start', place)).allowed ? this.#tools.workspaces.suggest(typed) : []
  }

  runtimes(): readonly { readonly name: string; readonly title: string }[] {
    return [...this.#tools.runtimes.values()].map(({ name, title }) => ({ name, title }))
  }

  async putUpBoard(by: Person, place: Place, key: PromptKey): Promise<Result<'stands' | 'later'>> {
    const verdict = await this.judge(by, 'board', place)
    if (!verdict.allowed) return no(verdict.refusal)
    if (place.kind === 'dm') return no({ code: 'place-unsupported' })
    const channel = { kind: 'channel', id: channelOf(place), guild: place.guild } as const
    const put = await this.#tools.boards().putUp(channel, by, key)
    return put === 'gone' ? no({ code: 'place-unsupported' }) : yes(put)
  }

  runSkill(by: Person, place: Place, wish: SkillWish): Promise<Result<RunId>> {
    return runSkill(by, place, wish, this.#skillTools())
  }

  suggestSkills(by: Person, place: Place, typed: string): Promise<readonly string[]> {
    return suggestSkills(by, place, typed, this.#skillTools())
  }

  #skillTools(): SkillTools {
    return { ...this.#tools, judge: (...asked) => this.judge(...asked), ask: (request) => this.ask(request) }
  }

  async health(by: Person, place: Place): Promise<Result<Health>> {
    const verdict = await this.judge(by, 'health', place)
    return verdict.allowed ? yes(await this.#tools.health()) : no(verdict.refusal)
  }

  async #stop(target: OpenRun, by: string | null): Promise<Result<Stopped>> {
    const { journal, dispatcher, clock, feed } = this.#tools
    const at = clock.now()
    const withdrawn = await journal.append(target.run, [{ type: 'stopped', by }], at, { expect: 'waiting' })
    if (withdrawn.length > 0) {
      feed.publish(withdrawn)
      dispatcher.wake()
      return yes({ run: target.run, waiting: true, afterMs: 0 })
    }
    const startedAt = viewOf(await journal.read(target.run))?.startedAt ?? at
    const stopped = (await (await dispatcher.conductorFor(target.run))?.stop(by)) ?? false
    return stopped ? yes({ run: target.run, waiting: false, afterMs: at - startedAt }) : no({ code: 'nothing-to-stop' })
  }
}

function faultOf(text: string, attachments: readonly Attachment[] = []): Refusal | null {
  if (text.trim() === '' && attachments.length === 0) return { code: 'prompt-empty' }
  return text.length > promptLimit ? { code: 'prompt-too-long', length: text.length, limit: promptLimit } : null
}

function yes<Value>(value: Value): Result<Value> {
  return { ok: true, value }
}

function no(refusal: Refusal): { readonly ok: false; readonly refusal: Refusal } {
  return { ok: false, refusal }
}
