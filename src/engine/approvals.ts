import type { Approval, Decision } from '../core/approval.ts'
import { befall, type Ask, type PlainReaction, type Reaction } from '../core/ask.ts'
import type { Chat, Spot } from '../core/chat.ts'
import type { Checkpoint } from '../core/checkpoint.ts'
import { pause, type Clock } from '../core/clock.ts'
import { bySessionRule, canLast } from '../core/consent.ts'
import type { Result } from '../core/desk.ts'
import type { Entry } from '../core/event.ts'
import { messageOf } from '../core/failure.ts'
import type { RunId } from '../core/ids.ts'
import type { Log } from '../core/log.ts'
import type { Outbox } from '../core/message.ts'
import type { Person } from '../core/person.ts'
import type { Place } from '../core/place.ts'
import { hasLess, type Verdict } from '../core/policy.ts'
import { viewOf } from '../core/view.ts'
import { no } from '../core/result.ts'
import { changedBetween, runsUnknown } from '../core/running.ts'
import type { Timings } from '../core/timings.ts'
import { background } from '../system/background.ts'
import type { EventBus } from './bus.ts'
import type { Gate } from '../core/gate.ts'
import { answerAll } from './answer-all.ts'
import { isTheirs, notYours, overOf } from './approval-refusals.ts'
import { AskLists, type Matter } from './ask-lists.ts'
import { asKept, Asks, type AskTools } from './asks.ts'
import { retry } from '../system/back-off.ts'
import { reactTo } from './reaction.ts'
import { stopRun } from './stopping.ts'
import { Mutex } from '../system/mutex.ts'
import { keepConsent, standingFor } from './lasting-consent.ts'
import { prolonged, unansweredReason } from './time-to-answer.ts'
import { tokenOf } from './token.ts'

export interface ApprovalsTools extends AskTools {
  readonly chat: Chat
  readonly gate: Gate
  readonly bus: EventBus
  readonly clock: Clock
  readonly log: Log
  readonly checkpoint: Checkpoint
  readonly signal: AbortSignal
  /** OMC_APPROVAL_TIMEOUT_MS */
  readonly timeoutMs: number
  readonly timings: Pick<Timings, 'gatherAsksMs'>
  readonly outbox: Outbox
  /** It has an end. */
  decided(ask: Ask): void
}

/** A decision, and who made it; null: nobody in time. */
interface Answer {
  readonly decision: Decision
  readonly by: string | null
}

/**
 * Asks people what a run wants of them, and writes the first answer into the journal, where whoever conducts the run
 * reads it. Whether anybody conducts it just now makes no difference here.
 */
export class ApprovalDesk {
  readonly #tools: ApprovalsTools
  readonly #asks: Asks
  readonly #matters = new Map<string, Matter>()
  readonly #lists: AskLists
  /** In which people's answers are taken: the first one counts. */
  readonly #order = new Mutex()
  readonly #listening: Disposable

  constructor(tools: ApprovalsTools) {
    this.#tools = tools
    this.#asks = new Asks(tools)
    this.#lists = new AskLists({ ...tools, matters: this.#matters, load: (list) => this.#asks.listed(list) })
    this.#listening = tools.bus.subscribe((entry) => {
      this.#take(entry)
      if (entry.event.type === 'wanted')
        background(this.#ask(entry.run, entry.event.approval), tools.log, 'approval.ask')
    })
  }

  /** An open approval for somebody who may answer it. */
  look(by: Person, token: string): Promise<Result<Ask>> {
    return this.#look(by, token, (place) => this.#tools.gate.judge(by, 'approval.answer', place))
  }

  /** Answers an approval, or keeps a choice; gives it as it is then. Rejects when nobody can say who they are by now. */
  async answer(by: Person, token: string, reaction: Reaction): Promise<Result<Ask>> {
    const { gate } = this.#tools
    const looked = await this.#look(by, token, (place) => gate.judgeNow(by, 'approval.answer', place))
    if (!looked.ok) return looked
    const { run, prompt, session } = looked.value
    if (reaction.kind !== 'deny' && hasLess(await gate.speakerNow(prompt, session), prompt.tier)) {
      await stopRun(run, null, this.#tools)
      return no({ code: 'approval-over', why: 'stopped' })
    }
    return this.#order.run(() => this.#react(by, token, reaction))
  }

  /** A list, for somebody who may answer something of it. */
  async lookAll(by: Person, list: string): Promise<Result<readonly Ask[]>> {
    const asks = await this.listed(list)
    const [first] = asks
    if (first === undefined) return no({ code: 'approval-over', why: 'unknown' })
    const verdict = await this.#tools.gate.judge(by, 'approval.answer', first.prompt.place)
    const closed = asks.filter((ask) => !isTheirs(ask, by, verdict))
    return closed.length < asks.length ? { ok: true, value: asks } : no(notYours(first))
  }

  /** See `Desk.answerAll`. */
  answerAll(by: Person, list: string, last: number, reaction: PlainReaction): Promise<Result<readonly Ask[]>> {
    return answerAll(by, list, last, reaction, {
      ...this.#tools,
      order: this.#order,
      listed: (name) => this.listed(name),
      rerun: (ask) => this.#rerun(ask),
      take: (entry) => this.#take(entry),
    })
  }

  /** Those of a list, also when it is over. */
  async listed(list: string): Promise<readonly Ask[]> {
    return this.#lists.whole(list) ?? this.#asks.listed(list)
  }

  async #look(by: Person, token: string, judge: (place: Place) => Promise<Verdict>): Promise<Result<Ask>> {
    const ask = await this.find(token)
    if (ask === null) return no({ code: 'approval-over', why: 'unknown' })
    if (!isTheirs(ask, by, await judge(ask.prompt.place))) return no(notYours(ask))
    return ask.fate.kind === 'open' ? { ok: true, value: ask } : no(overOf(ask.fate))
  }

  async #react(by: Person, token: string, reaction: Reaction): Promise<Result<Ask>> {
    const ask = await this.find(token)
    if (ask === null || ask.fate.kind !== 'open') return no(overOf(ask?.fate))
    const outcome = reactTo(ask, reaction, by.name)
    if (outcome.kind === 'refused') return no(outcome.refusal)
    if (outcome.kind === 'drafted') {
      await this.#tools.vault.approvals.draft(token, outcome.draft)
      return { ok: true, value: this.#change({ ...ask, draft: outcome.draft }) }
    }
    if (outcome.decision.verdict === 'approve') {
      const changed = await this.#rerun(ask)
      if (changed.length > 0) return no({ code: 'approval-changed', files: changed })
    }
    const lasting = reaction.kind === 'approve' && reaction.lasting && canLast(ask)
    if (lasting) await keepConsent(ask, by, this.#tools)
    const now = await this.#decide({ ...ask, lasting }, { decision: outcome.decision, by: by.name })
    return now !== null ? { ok: true, value: now } : no(overOf((await this.#asks.byToken(token))?.fate))
  }

  /** The files it would run that are not what people were shown: they are asked about those as they are now. */
  async #rerun(ask: Ask): Promise<readonly string[]> {
    const runs = await this.#asks.runs(ask.approval, ask.session)
    // Its machine is away, so nobody can tell; people are not asked about what was not read.
    if (runs === null) return Object.keys(ask.runs.files)
    const changed = changedBetween(ask.runs, runs)
    if (changed.length > 0) {
      await this.#tools.vault.approvals.rerun(ask.token, runs, changed)
      this.#change({ ...ask, runs, changed })
    }
    return changed
  }

  /** Where the question stands that a run waits for; null when it waits for none, or it stands nowhere yet. */
  spotOf(run: RunId): Spot | null {
    for (const matter of this.#matters.values()) {
      const { ask } = matter
      if (ask.run === run && ask.fate.kind === 'open') return this.#lists.messagesOf(matter)?.spot() ?? null
    }
    return null
  }

  /** Goes on asking what runs want, and says what became of approvals that an earlier life could not close. */
  async resume(): Promise<void> {
    const { vault, log, journal } = this.#tools
    for (const { run, state } of await journal.open()) {
      const view = state === 'asking' ? viewOf(await journal.read(run)) : null
      for (const approval of view?.run.open ?? []) await this.#ask(run, approval)
    }
    for (const record of await vault.approvals.unclosed()) {
      if (this.#matters.has(record.token)) continue
      const ask = await this.#asks.load(record)
      if (ask === null) {
        log.warn({ run: record.run, approval: record.approval }, 'approval.run-missing')
        await vault.approvals.close(record.token)
      } else if (ask.fate.kind !== 'open' && !this.#matters.has(record.token)) {
        const matter = this.#add(ask)
        this.#assign(matter, false)
      }
    }
  }

  /** Resolves when the fate of every approval that is decided stands everywhere, or after `ms`. */
  async settles(ms: number): Promise<void> {
    const { clock, signal } = this.#tools
    const decided = [...this.#matters.values()].filter(({ ask }) => ask.fate.kind !== 'open')
    const said = decided.flatMap((matter) => this.#lists.messagesOf(matter)?.done ?? [])
    await Promise.race([Promise.all(said), pause(clock, ms, signal)])
  }

  /** Resolves when nothing is written any more (the signal has fired). */
  async close(): Promise<void> {
    this.#listening[Symbol.dispose]()
    const matters = [...this.#matters.values()]
    for (const matter of matters) {
      matter.timer?.[Symbol.dispose]()
      matter.messages?.look()
      this.#lists.look(matter.ask)
    }
    const said = matters.flatMap((matter) => [matter.messages, this.#lists.messagesOf(matter)])
    await Promise.all(said.flatMap((messages) => (messages === null ? [] : [messages.done])))
  }

  #take(entry: Entry): void {
    for (const matter of this.#matters.values()) {
      const { ask } = matter
      if (ask.run !== entry.run || ask.fate.kind !== 'open') continue
      const fate = befall(ask.fate, ask.approval.id, entry.event)
      if (fate.kind === 'open') continue
      matter.timer?.[Symbol.dispose]()
      this.#change({ ...ask, fate })
      this.#tools.decided(ask)
    }
  }

  /** A run wants something of people. One that is asked already is asked once. Never rejects. */
  async #ask(run: RunId, approval: Approval): Promise<void> {
    const { journal, vault, clock, log, signal } = this.#tools
    const token = tokenOf(run, approval)
    try {
      const open = await retry(this.#tools, 'approval', () => journal.run(run))
      const session = open === null ? null : await retry(this.#tools, 'approval', () => vault.session(open.session))
      const kept = await retry(this.#tools, 'approval', () => vault.approvals.record(token))
      // Read last: whatever is written after it is heard on the bus.
      const view = viewOf(await retry(this.#tools, 'approval', () => journal.read(run)))
      const known = this.#matters.get(token)
      if (view === null || session === null || known?.ask.fate.kind === 'open' || signal.aborted) return
      if (!view.run.open.some(({ id }) => id === approval.id)) return
      const askedAt = clock.now()
      const times = { askedAt, expiresAt: askedAt + this.#tools.timeoutMs, draft: {}, closed: false }
      // Whoever presses at once consents to what people were shown before the last death, and to nothing that came since.
      const { runs, changed } = kept ?? { runs: runsUnknown, changed: [] }
      const record = { token, run, approval: approval.id, ...times, runs, changed, listed: null }
      const matter = this.#add(this.#asks.make(record, view.prompt, session, approval, { kind: 'open' }))
      background(this.#put(matter, known ?? null), log, 'approval.put')
    } catch (error) {
      if (!signal.aborted) log.error({ run, approval: approval.id, error: messageOf(error) }, 'approval.failed')
    }
  }

  /** Keeps that it is asked, and puts it before people; or finds that a consent answers it. */
  async #put(matter: Matter, earlier: Matter | null): Promise<void> {
    const { vault, log, signal } = this.#tools
    const { token, run, approval } = matter.ask
    this.#expireAt(matter)
    try {
      // The same question again, before the last words about the first one were said.
      if (earlier !== null) await this.#lists.closed(earlier)
      const runs = (await this.#asks.runs(approval, matter.ask.session)) ?? runsUnknown
      const { by: granted, changed } = await standingFor({ ...matter.ask, runs }, this.#tools)
      const { askedAt, expiresAt } = matter.ask
      const record = await retry(this.#tools, 'approval', () =>
        vault.approvals.open({ token, run, approval: approval.id, askedAt, expiresAt, runs, changed }),
      )
      // One that was asked before the last death is what people saw then.
      matter.ask = asKept(matter.ask, record)
      if (granted === null) await this.#lists.take(matter, record.askedAt < askedAt)
      this.#assign(matter, granted !== null)
      if (granted !== null) {
        await this.#decide(matter.ask, { decision: { verdict: 'approve' }, by: bySessionRule(granted) })
      }
      this.#expireAt(matter)
    } catch (error) {
      if (signal.aborted) return
      log.error({ run, error: messageOf(error) }, 'approval.failed')
      const reason = 'Nobody could be asked: the approval could not be kept. Go on without it.'
      await this.#decide(matter.ask, { decision: { verdict: 'deny', reason }, by: null }).catch(() => undefined)
    }
  }

  /** Also when it stands nowhere yet; what Discord was away for is given back (`#due`). */
  #expireAt(matter: Matter): void {
    const { clock, log, signal } = this.#tools
    const { fate, expiresAt, run } = matter.ask
    matter.timer?.[Symbol.dispose]()
    if (fate.kind !== 'open') return
    matter.timer = clock.after(Math.max(0, expiresAt - clock.now()), () => {
      this.#due(matter).catch((error: unknown) => {
        if (!signal.aborted) log.error({ run, error: messageOf(error) }, 'approval.failed')
      })
    })
  }

  async #due(matter: Matter): Promise<void> {
    const expiresAt = await prolonged(matter, this.#tools)
    const { ask } = matter
    if (expiresAt !== null) return this.#expireAt(Object.assign(matter, { ask: this.#change({ ...ask, expiresAt }) }))
    const decision = { verdict: 'deny', reason: unansweredReason(ask) } as const
    await this.#decide(ask, { decision, by: null })
  }

  /** Writes the answer for whoever conducts the run. Null: it came too late, the journal knows why. */
  async #decide(ask: Ask, answer: Answer): Promise<Ask | null> {
    const { journal, clock, checkpoint } = this.#tools
    const event = { type: 'answered', approval: ask.approval.id, ...answer } as const
    const entries = await retry(this.#tools, 'answer', () => journal.append(ask.run, [event], clock.now()))
    if (entries.length === 0) return null
    checkpoint('approval-answered')
    this.#change(ask)
    for (const entry of entries) this.#take(entry)
    return { ...ask, fate: befall(ask.fate, ask.approval.id, event) }
  }

  /** The approval is this now; whoever shows it looks again. */
  #change(ask: Ask): Ask {
    const matter = this.#matters.get(ask.token)
    if (matter !== undefined) {
      matter.ask = ask
      matter.messages?.look()
      this.#lists.look(ask)
    }
    return ask
  }

  /** An approval by its token, whatever became of it. */
  async find(token: string): Promise<Ask | null> {
    return this.#matters.get(token)?.ask ?? this.#asks.byToken(token)
  }

  #add(ask: Ask): Matter {
    const matter: Matter = { ask, messages: null, timer: null, heardSince: this.#tools.clock.now(), asked: false }
    this.#matters.set(ask.token, matter)
    return matter
  }

  /** Shows it, until its fate stands everywhere. `quiet`: a rule answers it. */
  #assign(matter: Matter, quiet: boolean): void {
    const messages = this.#tools.outbox.ask(() => matter.ask, quiet)
    matter.messages = messages
    this.#lists.show(matter)
    const { token } = matter.ask
    const leaving = messages.done.then(() => {
      // One of a list stays until the list is over.
      if (this.#matters.get(token) === matter && matter.ask.listed === null) this.#matters.delete(token)
    })
    background(leaving, this.#tools.log, 'approval.messages')
  }
}
