import { refuseToWait, type Caps } from '../core/admission.ts'
import type { Ask, Reaction } from '../core/ask.ts'
import type { Attachment } from '../core/attachment.ts'
import type { Checkpoint } from '../core/checkpoint.ts'
import type { Clock } from '../core/clock.ts'
import type { Asked, Changed, Desk, Ended, Request, Result, SessionDiff, SessionOverview } from '../core/desk.ts'
import type { SessionTurn, SessionWish, Started, Stopped, Transcript } from '../core/desk.ts'
import type { Steered } from '../core/desk.ts'
import type { Refusal } from '../core/failure.ts'
import type { Ids, PromptKey, RunId, RuntimeName } from '../core/ids.ts'
import type { Journal, OpenRun } from '../core/journal.ts'
import { isLive } from '../core/lifecycle.ts'
import type { Log } from '../core/log.ts'
import type { Person } from '../core/person.ts'
import { channelOf, type Place } from '../core/place.ts'
import type { Verdict } from '../core/policy.ts'
import { promptLimit, type Prompt } from '../core/prompt.ts'
import { reaches, type ActionName } from '../core/right.ts'
import type { Runtime } from '../core/runtime.ts'
import type { Session } from '../core/session.ts'
import type { Transcripts } from '../core/transcript.ts'
import type { Vault } from '../core/vault.ts'
import type { Workspaces } from '../core/workspace.ts'
import { background } from '../system/background.ts'
import type { Approvals } from './approvals.ts'
import type { EventBus } from './bus.ts'
import type { Dispatcher } from './dispatcher.ts'
import { Errands } from './errands.ts'
import type { Gate } from '../core/gate.ts'
import { no, yes } from '../core/result.ts'
import { isOver, seatAt, sessionFor } from '../core/session-lookup.ts'
import { Mutex } from '../system/mutex.ts'
import { Sessions } from './sessions.ts'
import { steer } from './steering.ts'
import { stopRun } from './stopping.ts'

export interface DeskTools {
  readonly journal: Journal
  readonly vault: Vault
  readonly transcripts: Transcripts
  readonly dispatcher: Dispatcher
  readonly bus: EventBus
  readonly signal: AbortSignal
  readonly runtimes: ReadonlyMap<RuntimeName, Runtime>
  readonly workspaces: Workspaces
  readonly gate: Gate
  readonly caps: Caps
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
  readonly checkpoint: Checkpoint
  /** Told of every new session. */
  readonly began: (session: Session, by: Person) => void
  /** Asked for when somebody answers: it is built on top of the chat, and that of the desk. */
  readonly approvals: () => Approvals
}

/** The desk: asks the gate, keeps what is asked, and only then says yes. */
export class EngineDesk implements Desk {
  readonly #tools: DeskTools
  readonly #sessions: Sessions
  readonly #errands: Errands

  constructor(tools: DeskTools) {
    this.#tools = tools
    const order = new Mutex()
    this.#sessions = new Sessions({ ...tools, order, stopRun: (run, by) => this.#stop(run, by) })
    this.#errands = new Errands({ ...tools, order, ask: (request) => this.ask(request) })
  }

  judge(person: Person, action: ActionName, place: Place): Promise<Verdict> {
    return this.#tools.gate.judge(person, action, place)
  }

  async ask(request: Request): Promise<Asked> {
    const { vault, journal, caps, clock, ids, checkpoint } = this.#tools
    const verdict = await this.judge(request.speaker, 'prompt', request.place)
    if (!verdict.allowed) return { kind: 'refused', refusal: verdict.refusal }
    const seat = await seatAt(vault, request.place)
    const refusal = seat === null ? ({ code: 'no-session' } as const) : faultOf(request.text, request.attachments)
    if (seat === null || refusal !== null) return { kind: 'refused', refusal: refusal ?? { code: 'no-session' } }
    const { session } = seat
    if (isOver(seat)) return { kind: 'refused', refusal: { code: 'attached-ended', name: session.name } }
    // Who asks from an attached place may no more than they may where the session lives.
    const there = seat.attached === null ? verdict : await this.judge(request.speaker, 'prompt', session.place)
    if (!there.allowed) return { kind: 'refused', refusal: there.refusal }
    const at = clock.now()
    const prompt: Prompt = {
      ...request,
      session: session.id,
      askedAt: at,
      tier: reaches(verdict.tier, there.tier) ? there.tier : verdict.tier,
      attachments: request.attachments ?? [],
      context: request.context ?? [],
    }
    const asker = { person: request.speaker.id, channel: channelOf(request.place), session: session.id }
    const asked = await journal.ask(ids.next() as RunId, prompt, at, (board) => refuseToWait(board, asker, caps))
    checkpoint('asked')
    return { kind: asked.fresh ? 'accepted' : 'known', run: asked.run }
  }

  async stop(by: Person, place: Place): Promise<Result<Stopped>> {
    const verdict = await this.judge(by, 'run.stop', place)
    if (!verdict.allowed) return no(verdict.refusal)
    const seat = await seatAt(this.#tools.vault, place)
    if (seat === null) return no({ code: 'no-session' })
    const { session, attached } = seat
    const there = attached === null ? verdict : await this.judge(by, 'run.stop', session.place)
    if (!there.allowed) return no(there.refusal)
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
    const { journal, clock } = this.#tools
    const verdict = await this.judge(by, 'prompt', prompt.place)
    if (!verdict.allowed) return verdict.refusal
    const fault = faultOf(text, attachments)
    if (fault !== null) return fault
    const event = { type: 'reworded', text, attachments } as const
    await journal.append(run, [event], clock.now(), { expect: 'waiting' })
    return null
  }

  /** Its message was taken back, so a waiting prompt is too. No gate: less is done then, whoever deleted it. */
  async withdraw({ run, prompt }: OpenRun): Promise<void> {
    const { journal, clock } = this.#tools
    const event = { type: 'stopped', by: prompt.speaker.name } as const
    await journal.append(run, [event], clock.now(), { expect: 'waiting' })
  }

  approval(by: Person, token: string): Promise<Result<Ask>> {
    return this.#tools.approvals().look(by, token)
  }

  answer(by: Person, token: string, reaction: Reaction): Promise<Result<Ask>> {
    return this.#tools.approvals().answer(by, token, reaction)
  }

  startSession(by: Person, place: Place, wish: SessionWish): Promise<Result<Started>> {
    return this.#sessions.start(by, place, wish)
  }

  stopSession(by: Person, place: Place): Promise<Result<Ended>> {
    return this.#sessions.stop(by, place)
  }

  /** Ends a session because its place is gone. */
  async endSession(session: Session): Promise<void> {
    await this.#sessions.end(session, null)
  }

  /** At the start of a life: what an earlier one had ended and not yet stopped; then a look at what lies about. */
  async tidyUp(): Promise<void> {
    await this.#sessions.stopLeft()
    background(this.#sessions.reportLeftovers(), this.#tools.log, 'session.leftovers')
  }

  changeSession(by: Person, place: Place, change: SessionTurn): Promise<Result<Changed>> {
    return this.#errands.change(by, place, change)
  }

  attach(by: Person, place: Place, key: PromptKey, to: string): Promise<Result<Session>> {
    return this.#errands.attach(by, place, key, to)
  }

  resume(by: Person, place: Place, key: PromptKey): Promise<Result<Session>> {
    return this.#errands.resume(by, place, key)
  }

  diff(by: Person, place: Place): Promise<Result<SessionDiff>> {
    return this.#errands.diff(by, place)
  }

  transcript(by: Person, place: Place): Promise<Result<Transcript>> {
    return this.#errands.transcript(by, place)
  }

  suggestModels(by: Person, place: Place, typed: string, runtime: string | null): Promise<readonly string[]> {
    return this.#errands.models(by, place, typed, runtime)
  }

  suggestSessions(by: Person, place: Place, typed: string): Promise<readonly string[]> {
    return this.#errands.names(by, place, typed)
  }

  sessions(by: Person, place: Place): Promise<Result<readonly SessionOverview[]>> {
    return this.#sessions.list(by, place)
  }

  async suggestFolders(by: Person, place: Place, typed: string): Promise<readonly string[]> {
    return (await this.judge(by, 'session.start', place)).allowed ? this.#tools.workspaces.suggest(typed) : []
  }

  runtimes(): readonly { readonly name: string; readonly title: string }[] {
    return [...this.#tools.runtimes.values()].map(({ name, title }) => ({ name, title }))
  }

  steer(by: Person, place: Place, word: { readonly key: PromptKey; readonly text: string }): Promise<Result<Steered>> {
    const sessionOf = (at: Place): Promise<Session | null> => sessionFor(this.#tools.vault, at)
    return steer(by, place, word, { ...this.#tools, sessionOf, ask: (request) => this.ask(request) })
  }

  async #stop(target: OpenRun, by: string | null): Promise<Result<Stopped>> {
    const stopped = await stopRun(target.run, by, this.#tools)
    return stopped === null ? no({ code: 'nothing-to-stop' }) : yes(stopped)
  }
}

function faultOf(text: string, attachments: readonly Attachment[] = []): Refusal | null {
  if (text.trim() === '' && attachments.length === 0) return { code: 'prompt-empty' }
  return text.length > promptLimit ? { code: 'prompt-too-long', length: text.length, limit: promptLimit } : null
}
