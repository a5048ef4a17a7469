import type { Approval } from '../core/approval.ts'
import type { Clock } from '../core/clock.ts'
import { authorityOf, type Egress, type EgressListener, type HostQuestion } from '../core/egress.ts'
import type { Entry, RunEvent } from '../core/event.ts'
import { messageOf } from '../core/failure.ts'
import type { ApprovalId, RunId, SessionId } from '../core/ids.ts'
import type { Journal } from '../core/journal.ts'
import { isLive, type State } from '../core/lifecycle.ts'
import type { Log } from '../core/log.ts'
import type { Session } from '../core/session.ts'
import type { Vault } from '../core/vault.ts'
import { viewOf } from '../core/view.ts'
import { background } from '../system/background.ts'
import { retry } from '../system/back-off.ts'
import type { EventBus } from './bus.ts'
import { subjectOf } from './token.ts'

export interface HostQuestionsTools {
  readonly egress: Egress
  readonly journal: Journal
  readonly vault: Vault
  readonly bus: EventBus
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
}

/**
 * Turns closed hosts that agents want to reach into approvals of their runs, and what people answer into open hosts. All
 * that is known of a question stands in the run's journal; the process outside holds whoever waits, also while there is
 * no bot, and tells of them again.
 */
export class HostQuestions implements EgressListener {
  readonly #tools: HostQuestionsTools
  /** Those that stand, by their approval, with the run they were asked in. */
  readonly #standing = new Map<ApprovalId, { readonly question: HostQuestion; readonly run: RunId }>()
  readonly #started = Promise.withResolvers<void>()
  readonly #listening: Disposable

  constructor(tools: HostQuestionsTools) {
    this.#tools = tools
    tools.egress.listen(this)
    this.#listening = tools.bus.subscribe((entry) => this.#take(entry))
  }

  /** From now on questions are asked; the runs that an earlier life left are known. */
  start(): void {
    this.#started.resolve()
  }

  /** Writes nothing more (the signal has fired). What is asked now waits for the next life: it is not refused. */
  close(): void {
    this.#listening[Symbol.dispose]()
  }

  asked(question: HostQuestion): void {
    background(this.#ask(question), this.#tools.log, 'host.ask')
  }

  gone({ id }: HostQuestion): void {
    const standing = this.#standing.get(approvalId(id))
    if (standing === undefined) return
    this.#standing.delete(approvalId(id))
    background(this.#write(standing.run, { type: 'withdrawn', approval: approvalId(id) }), this.#tools.log, 'host.gone')
  }

  async #ask(question: HostQuestion): Promise<void> {
    await this.#started.promise
    const { egress, log, signal } = this.#tools
    const id = approvalId(question.id)
    try {
      const run = await this.#runOf(question.session)
      // Nobody's turn: there is nobody to ask, and nobody who asked for it.
      if (run === null) return egress.answer(question.id, 'refuse')
      this.#standing.set(id, { question, run })
      const known = await retry(this.#tools, 'host', () => this.#tools.journal.read(run))
      const answered = known.find(({ event }) => event.type === 'answered' && event.approval === id)
      if (answered !== undefined) return this.#take(answered)
      if (known.some(({ event }) => event.type === 'wanted' && event.approval.id === id)) return
      if (await this.#write(run, { type: 'wanted', approval: approvalFor(question) })) return
      // Before its first word nothing can be asked yet; what begins with the CLI (a server of the repository's) waits.
      if ((await this.#stateOf(run)) !== 'starting') this.#refuse(id)
    } catch (error) {
      if (signal.aborted) return
      log.error({ host: authorityOf(question), error: messageOf(error) }, 'host.ask-failed')
      this.#refuse(id)
    }
  }

  #take({ run, event }: Entry): void {
    if (event.type === 'started') {
      for (const standing of this.#standing.values()) if (standing.run === run) this.asked(standing.question)
    } else if (event.type === 'answered') {
      const standing = this.#standing.get(event.approval)
      if (standing === undefined) return
      if (event.decision.verdict !== 'approve') return this.#refuse(event.approval)
      this.#standing.delete(event.approval)
      background(this.#open(standing.question, run), this.#tools.log, 'host.open')
    } else if (ends.has(event.type))
      for (const [id, standing] of this.#standing) if (standing.run === run) this.#refuse(id)
  }

  /** Opens the host for whoever waits, and for the session when the consent was for that. */
  async #open(question: HostQuestion, run: RunId): Promise<void> {
    const { egress, vault, journal, log } = this.#tools
    const { host, port, session: id } = question
    try {
      const session = await retry(this.#tools, 'host', () => vault.session(id))
      const speaker = viewOf(await retry(this.#tools, 'host', () => journal.read(run)))?.prompt.speaker.id
      if (session !== null && speaker !== undefined && (await this.#lasts(question, session, speaker)))
        await egress.allow(id, { host, port, until: null, speaker })
      egress.answer(question.id, 'let-through')
      log.info({ session: id, host: authorityOf(question) }, 'host.opened')
    } catch (error) {
      if (!this.#tools.signal.aborted) egress.answer(question.id, 'refuse')
      throw error
    }
  }

  async #lasts(
    question: HostQuestion,
    { id, workdir }: Session,
    speaker: Parameters<Vault['approvals']['consentTo']>[1],
  ) {
    const subject = subjectOf(approvalFor(question), workdir)
    return (
      (await retry(this.#tools, 'host', () => this.#tools.vault.approvals.consentTo(id, speaker, subject))) !== null
    )
  }

  #refuse(id: ApprovalId): void {
    const standing = this.#standing.get(id)
    if (!this.#standing.delete(id) || standing === undefined) return
    this.#tools.egress.answer(standing.question.id, 'refuse')
  }

  /** The run that is at work in the session. */
  async #runOf(session: SessionId): Promise<RunId | null> {
    const open = await retry(this.#tools, 'host', () => this.#tools.journal.openOf(session))
    return open.find(({ state }) => isLive(state))?.run ?? null
  }

  async #stateOf(run: RunId): Promise<State | null> {
    return (await retry(this.#tools, 'host', () => this.#tools.journal.run(run)))?.state ?? null
  }

  /** False: the run takes no such event any more. */
  async #write(run: RunId, event: RunEvent): Promise<boolean> {
    const { journal, clock } = this.#tools
    return (await retry(this.#tools, 'host', () => journal.append(run, [event], clock.now()))).length > 0
  }
}

/** With these nobody asks any more. */
const ends: ReadonlySet<RunEvent['type']> = new Set(['stopped', 'lost', 'forgotten', 'finished'])

function approvalFor(question: HostQuestion): Approval {
  const { host, port } = question
  const id = approvalId(question.id)
  return {
    id,
    action: { id, kind: 'web', tool: 'network', title: authorityOf(question) },
    input: JSON.stringify({ host, port }),
    subject: { kind: 'host', host, port },
    risks: ['network'],
  }
}

function approvalId(question: string): ApprovalId {
  return `host:${question}` as ApprovalId
}
