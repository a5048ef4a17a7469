import { refuseByNumbers, type Board, type Caps } from '../core/admission.ts'
import type { Ask, PlainReaction, Reaction } from '../core/ask.ts'
import type { Attachment } from '../core/attachment.ts'
import type { DrawnButton } from '../core/chat.ts'
import type { Checkpoint } from '../core/checkpoint.ts'
import type { Clock } from '../core/clock.ts'
import type { Asked, Desk, Promoted, Request, Result, Steered, SteerWish, Stopped } from '../core/desk.ts'
import { Problem, type Refusal } from '../core/failure.ts'
import type { Ids, RunId } from '../core/ids.ts'
import type { Memo } from '../core/interaction.ts'
import type { Journal, OpenRun } from '../core/journal.ts'
import { isLive } from '../core/lifecycle.ts'
import type { Log } from '../core/log.ts'
import type { Person } from '../core/person.ts'
import { channelOf, type Place } from '../core/place.ts'
import type { Verdict } from '../core/policy.ts'
import { isBlank, promptLimit, type Prompt } from '../core/prompt.ts'
import type { Quotation } from '../core/quotation.ts'
import { reaches, type ActionName } from '../core/right.ts'
import type { Session } from '../core/session.ts'
import type { Vault } from '../core/vault.ts'
import type { ApprovalDesk } from './approvals.ts'
import type { EventBus } from './bus.ts'
import type { Dispatcher } from './dispatcher.ts'
import type { RefusalBook } from './past-refusals.ts'
import type { Gate } from '../core/gate.ts'
import { no, yes } from '../core/result.ts'
import { isOver, bindingAt, nameFor, sessionSeen } from '../core/session-lookup.ts'
import { viewOf } from '../core/view.ts'
import { promote } from './promoting.ts'
import { steer } from './steering.ts'
import { stopRun } from './stopping.ts'

export interface DeskTools {
  readonly journal: Journal
  readonly vault: Vault
  readonly dispatcher: Dispatcher
  readonly bus: EventBus
  readonly signal: AbortSignal
  readonly gate: Gate
  readonly refusals: Pick<RefusalBook, 'refused'>
  readonly caps: Caps
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
  readonly checkpoint: Checkpoint
  /** Asked for when somebody answers: it is built on top of the chat, and that of the desk. */
  readonly approvals: () => ApprovalDesk
}

/** The desk: asks the gate, keeps what is asked, and only then says yes. */
export class EngineDesk implements Desk {
  readonly #tools: DeskTools

  constructor(tools: DeskTools) {
    this.#tools = tools
  }

  judge(person: Person, action: ActionName, place: Place): Promise<Verdict> {
    return this.#tools.gate.judge(person, action, place)
  }

  refused(by: Person, place: Place, key: string, refusal: Refusal): Promise<readonly DrawnButton[]> {
    return this.#tools.refusals.refused(by, place, key, refusal)
  }

  async ask(request: Request): Promise<Asked> {
    const { gate, vault, journal, caps, clock, ids, checkpoint } = this.#tools
    const verdict = await this.judge(request.speaker, 'prompt', request.place)
    if (!verdict.allowed) return { kind: 'refused', refusal: verdict.refusal }
    const binding = await bindingAt(vault, request.place)
    const refusal =
      binding === null ? ({ code: 'no-session' } as const) : faultOf(request.text, request.attachments, request.quotes)
    if (binding === null || refusal !== null) return { kind: 'refused', refusal: refusal ?? { code: 'no-session' } }
    const { session } = binding
    if ((request.session ?? session.id) !== session.id) return { kind: 'refused', refusal: { code: 'no-session' } }
    if (isOver(binding))
      return {
        kind: 'refused',
        refusal: { code: 'attached-ended', name: await nameFor(gate, request.speaker, session) },
      }
    if (binding.attached !== null && !(await gate.sees(request.speaker, session.place))) {
      return { kind: 'refused', refusal: { code: 'no-session' } }
    }
    // Who asks from an attached place may no more than they may where the session lives.
    const there = binding.attached === null ? verdict : await this.judge(request.speaker, 'prompt', session.place)
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
    if (request.letter !== undefined) {
      const whole = (): Promise<Board> => journal.board(at)
      const full = await refuseByNumbers(await journal.crowd(asker), { ...asker, hold: null }, caps, whole)
      if (full !== null) return { kind: 'refused', refusal: full }
    }
    let hasEnded = false
    try {
      const asked = await journal.ask(ids.next() as RunId, prompt, at, ({ crowd, hold, board, ...so }) => {
        hasEnded = so.isOver
        // Thrown, so that nothing is kept: nobody would ever stop a run that comes after its session's end.
        if (hasEnded) throw new Problem('refused', `The session ${session.name} has just ended.`)
        return refuseByNumbers(crowd, { ...asker, hold }, caps, board)
      })
      checkpoint('asked')
      return { kind: asked.fresh ? 'accepted' : 'known', run: asked.run }
    } catch (error) {
      if (!hasEnded) throw error
      return { kind: 'refused', refusal: { code: 'no-session' } }
    }
  }

  async stop(by: Person, place: Place, memo?: Memo): Promise<Result<Stopped>> {
    const verdict = await this.judge(by, 'run.stop', place)
    if (!verdict.allowed) return no(verdict.refusal)
    const binding = await bindingAt(this.#tools.vault, place)
    if (binding === null) return no({ code: 'no-session' })
    const { session, attached } = binding
    if (attached !== null && !(await this.#tools.gate.sees(by, session.place))) return no({ code: 'no-session' })
    const there = attached === null ? verdict : await this.judge(by, 'run.stop', session.place)
    if (!there.allowed) return no(there.refusal)
    const noted = memo?.read() ?? null
    if (noted !== null) return this.#stopAgain(noted as RunId, by.name)
    const open = await this.#tools.journal.openOf(session.id)
    const mine = open.filter((each) => each.prompt.speaker.id === by.id)
    const target = open.find((each) => isLive(each.state)) ?? mine.at(-1) ?? open.at(-1)
    if (target === undefined) return no({ code: 'nothing-to-stop' })
    await memo?.keep(target.run)
    return this.#stop(target, by.name)
  }

  async stopRun(by: Person, place: Place, run: RunId, memo?: Memo): Promise<Result<Stopped>> {
    const target = await this.#openRun(run)
    const isOwn = target?.prompt.speaker.id === by.id
    // The place that counts is the run's, whatever place a button was pressed in.
    const where = target?.prompt.place ?? place
    const verdict = await this.judge(by, isOwn ? 'run.stop-own' : 'run.stop', where)
    if (!verdict.allowed) return no(verdict.refusal)
    const noted = memo?.read() ?? null
    if (noted !== null) return this.#stopAgain(run, by.name)
    if (target === null) return no({ code: 'nothing-to-stop' })
    await memo?.keep(run)
    return this.#stop(target, by.name)
  }

  async promote(by: Person, place: Place, run: RunId): Promise<Result<Promoted>> {
    const target = await this.#openRun(run)
    const verdict = await this.judge(by, 'queue.first', target?.prompt.place ?? place)
    if (!verdict.allowed) return no(verdict.refusal)
    return target === null ? no({ code: 'not-waiting' }) : promote(target, by.name, this.#tools)
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
    const fault = faultOf(text, attachments, prompt.quotes)
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

  approvals(by: Person, list: string): Promise<Result<readonly Ask[]>> {
    return this.#tools.approvals().lookAll(by, list)
  }

  answerAll(by: Person, list: string, last: number, reaction: PlainReaction): Promise<Result<readonly Ask[]>> {
    return this.#tools.approvals().answerAll(by, list, last, reaction)
  }

  answer(by: Person, token: string, reaction: Reaction): Promise<Result<Ask>> {
    return this.#tools.approvals().answer(by, token, reaction)
  }

  steer(by: Person, place: Place, word: SteerWish): Promise<Result<Steered>> {
    const { gate, vault } = this.#tools
    const sessionOf = (at: Place): Promise<Session | null> => sessionSeen({ gate, vault }, by, at)
    return steer(by, place, word, { ...this.#tools, sessionOf, ask: (request) => this.ask(request) })
  }

  /** A second try: the first one may have stopped it already. */
  async #stopAgain(run: RunId, by: string): Promise<Result<Stopped>> {
    const { journal } = this.#tools
    const entries = await journal.read(run)
    const stopped = entries.findLast(({ event }) => event.type === 'stopped')
    if (stopped !== undefined) {
      const startedAt = viewOf(entries)?.startedAt ?? null
      return yes({ run, waiting: startedAt === null, afterMs: startedAt === null ? 0 : stopped.at - startedAt })
    }
    const open = await this.#openRun(run)
    return open === null ? no({ code: 'nothing-to-stop' }) : this.#stop(open, by)
  }

  async #openRun(run: RunId): Promise<OpenRun | null> {
    const found = await this.#tools.journal.run(run)
    return found?.state === 'over' ? null : found
  }

  async #stop(target: OpenRun, by: string | null): Promise<Result<Stopped>> {
    const stopped = await stopRun(target.run, by, this.#tools)
    return stopped === null ? no({ code: 'nothing-to-stop' }) : yes(stopped)
  }
}

/** Whether a quotation can stand for the words of a message that has none. */
function isSaid({ kind, text }: Quotation): boolean {
  return kind !== 'opening' && text !== null
}

function faultOf(
  text: string,
  attachments: readonly Attachment[] = [],
  quotes: readonly Quotation[] = [],
): Refusal | null {
  if (isBlank(text) && attachments.length === 0 && !quotes.some(isSaid)) return { code: 'prompt-empty' }
  return text.length > promptLimit ? { code: 'prompt-too-long', length: text.length, limit: promptLimit } : null
}
