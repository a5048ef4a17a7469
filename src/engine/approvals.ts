import type { Approval, Decision } from '../core/approval.ts'
import { befall, type Ask, type Fate, type Reaction } from '../core/ask.ts'
import type { Chat, Spot } from '../core/chat.ts'
import type { Checkpoint } from '../core/checkpoint.ts'
import { pause, type Clock } from '../core/clock.ts'
import { bySessionRule, canLast, mayAnswer } from '../core/consent.ts'
import type { Result } from '../core/desk.ts'
import type { Entry } from '../core/event.ts'
import { messageOf, type Refusal } from '../core/failure.ts'
import type { RunId, RuntimeName } from '../core/ids.ts'
import type { Journal } from '../core/journal.ts'
import type { Log } from '../core/log.ts'
import type { AskMessages, Outbox } from '../core/message.ts'
import type { Person } from '../core/person.ts'
import type { Place } from '../core/place.ts'
import { hasLess, type Verdict } from '../core/policy.ts'
import type { Prompt } from '../core/prompt.ts'
import type { Runtime } from '../core/runtime.ts'
import type { Session } from '../core/session.ts'
import type { ApprovalRecord } from '../core/approval-record.ts'
import type { Vault } from '../core/vault.ts'
import { viewOf } from '../core/view.ts'
import { background } from '../system/background.ts'
import type { EventBus } from './bus.ts'
import type { Gate } from '../core/gate.ts'
import { retry } from '../system/back-off.ts'
import { reactTo } from './reaction.ts'
import { stopRun } from './stopping.ts'
import { Mutex } from '../system/mutex.ts'
import { grantedBy, keepConsent } from './lasting-consent.ts'
import { inputHashOf, subjectOf, tokenOf } from './token.ts'

export interface ApprovalsTools {
  readonly journal: Journal
  readonly vault: Vault
  readonly chat: Chat
  readonly gate: Gate
  readonly bus: EventBus
  readonly runtimes: ReadonlyMap<RuntimeName, Runtime>
  readonly clock: Clock
  readonly log: Log
  readonly checkpoint: Checkpoint
  readonly signal: AbortSignal
  /** OMC_APPROVAL_TIMEOUT_MS */
  readonly timeoutMs: number
  readonly outbox: Outbox
  /** Where an approval stands has changed. */
  moved(): void
}

/** An approval in this life of the bot. */
interface Matter {
  ask: Ask
  messages: AskMessages | null
  timer: Disposable | null
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
  readonly #matters = new Map<string, Matter>()
  /** In which people's answers are taken: the first one counts. */
  readonly #order = new Mutex()
  readonly #listening: Disposable

  constructor(tools: ApprovalsTools) {
    this.#tools = tools
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

  async #look(by: Person, token: string, judge: (place: Place) => Promise<Verdict>): Promise<Result<Ask>> {
    const ask = await this.#find(token)
    if (ask === null) return no({ code: 'approval-over', why: 'unknown' })
    const { approval, prompt } = ask
    const speaker = { id: prompt.speaker.id, tier: prompt.tier }
    const verdict = await judge(prompt.place)
    if (!verdict.allowed || !mayAnswer(approval, speaker, { id: by.id, tier: verdict.tier })) {
      const mayToo = mayAnswer(approval, speaker, speaker)
      return no({ code: 'approval-not-yours', speaker: mayToo ? prompt.speaker.name : null })
    }
    return ask.fate.kind === 'open' ? { ok: true, value: ask } : no(overOf(ask.fate))
  }

  async #react(by: Person, token: string, reaction: Reaction): Promise<Result<Ask>> {
    const ask = await this.#find(token)
    if (ask === null || ask.fate.kind !== 'open') return no(overOf(ask?.fate))
    const outcome = reactTo(ask, reaction, by.name)
    if (outcome.kind === 'refused') return no(outcome.refusal)
    if (outcome.kind === 'drafted') {
      await this.#tools.vault.approvals.draft(token, outcome.draft)
      return { ok: true, value: this.#change({ ...ask, draft: outcome.draft }) }
    }
    const lasting = reaction.kind === 'approve' && reaction.lasting && canLast(ask.approval)
    if (lasting) await keepConsent(ask, by, this.#tools)
    const now = await this.#decide({ ...ask, lasting }, { decision: outcome.decision, by: by.name })
    return now !== null ? { ok: true, value: now } : no(overOf((await this.#loadBy(token))?.fate))
  }

  /** Where the question stands that a run waits for; null when it waits for none, or it stands nowhere yet. */
  spotOf(run: RunId): Spot | null {
    for (const { ask, messages } of this.#matters.values()) {
      if (ask.run === run && ask.fate.kind === 'open') return messages?.spot() ?? null
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
      const ask = await this.#load(record)
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
    await Promise.race([Promise.all(decided.flatMap(({ messages }) => messages?.done ?? [])), pause(clock, ms, signal)])
  }

  /** Resolves when nothing is written any more (the signal has fired). */
  async close(): Promise<void> {
    this.#listening[Symbol.dispose]()
    const matters = [...this.#matters.values()]
    for (const matter of matters) {
      matter.timer?.[Symbol.dispose]()
      matter.messages?.look()
    }
    await Promise.all(matters.flatMap(({ messages }) => messages?.done ?? []))
  }

  #take(entry: Entry): void {
    for (const matter of this.#matters.values()) {
      const { ask } = matter
      if (ask.run !== entry.run || ask.fate.kind !== 'open') continue
      const fate = befall(ask.fate, ask.approval.id, entry.event)
      if (fate.kind === 'open') continue
      matter.timer?.[Symbol.dispose]()
      this.#change({ ...ask, fate })
      this.#tools.moved()
    }
  }

  /** A run wants something of people. One that is asked already is asked once. Never rejects. */
  async #ask(run: RunId, approval: Approval): Promise<void> {
    const { journal, vault, clock, log, signal } = this.#tools
    const token = tokenOf(run, approval)
    try {
      const open = await retry(this.#tools, 'approval', () => journal.run(run))
      const session = open === null ? null : await retry(this.#tools, 'approval', () => vault.session(open.session))
      // Read last: whatever is written after it is heard on the bus.
      const view = viewOf(await retry(this.#tools, 'approval', () => journal.read(run)))
      const known = this.#matters.get(token)
      if (view === null || session === null || known?.ask.fate.kind === 'open' || signal.aborted) return
      if (!view.run.open.some(({ id }) => id === approval.id)) return
      const askedAt = clock.now()
      const expiresAt = askedAt + this.#tools.timeoutMs
      const record = { token, run, approval: approval.id, askedAt, expiresAt, draft: {}, closed: false }
      const matter = this.#add(this.#askOf(record, view.prompt, session, approval, { kind: 'open' }, false))
      background(this.#put(matter, known?.messages ?? null), log, 'approval.put')
    } catch (error) {
      if (!signal.aborted) log.error({ run, approval: approval.id, error: messageOf(error) }, 'approval.failed')
    }
  }

  /** Keeps that it is asked, and puts it before people; or finds that a consent answers it. */
  async #put(matter: Matter, earlier: AskMessages | null): Promise<void> {
    const { vault, log, signal } = this.#tools
    const { token, run, approval } = matter.ask
    this.#expireAt(matter)
    try {
      // The same question again, before the last words about the first one were said.
      await earlier?.done
      const granted = await grantedBy(matter.ask, this.#tools)
      const { askedAt, expiresAt } = matter.ask
      const record = await retry(this.#tools, 'approval', () =>
        vault.approvals.open({ token, run, approval: approval.id, askedAt, expiresAt }),
      )
      matter.ask = { ...matter.ask, askedAt: record.askedAt, expiresAt: record.expiresAt, draft: record.draft }
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

  /** Also while Discord is away, and nobody could be asked. */
  #expireAt(matter: Matter): void {
    const { clock } = this.#tools
    matter.timer?.[Symbol.dispose]()
    if (matter.ask.fate.kind !== 'open') return
    matter.timer = clock.after(Math.max(0, matter.ask.expiresAt - clock.now()), () => this.#expire(matter))
  }

  #expire(matter: Matter): void {
    const minutes = Math.max(1, Math.round((matter.ask.expiresAt - matter.ask.askedAt) / 60_000))
    const reason = `Nobody answered within ${minutes} min, so the answer is no. Go on without it, or ask again later.`
    const { run } = matter.ask
    this.#decide(matter.ask, { decision: { verdict: 'deny', reason }, by: null }).catch((error: unknown) => {
      if (!this.#tools.signal.aborted) this.#tools.log.error({ run, error: messageOf(error) }, 'approval.failed')
    })
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
    }
    return ask
  }

  async #find(token: string): Promise<Ask | null> {
    return this.#matters.get(token)?.ask ?? this.#loadBy(token)
  }

  async #loadBy(token: string): Promise<Ask | null> {
    const record = await this.#tools.vault.approvals.record(token)
    return record === null ? null : this.#load(record)
  }

  /** An approval as the journal has it. */
  async #load(record: ApprovalRecord): Promise<Ask | null> {
    const { journal, vault } = this.#tools
    const entries = await journal.read(record.run)
    const view = viewOf(entries)
    let approval: Approval | null = null
    let fate: Fate = { kind: 'open' }
    for (const { event } of entries) {
      if (event.type === 'wanted' && event.approval.id === record.approval) approval = event.approval
      if (approval !== null) fate = befall(fate, record.approval, event)
    }
    const session = view === null ? null : await vault.session(view.prompt.session)
    if (view === null || session === null || approval === null) return null
    const consent = await vault.approvals.consentTo(
      session.id,
      view.prompt.speaker.id,
      subjectOf(approval, session.workdir),
    )
    return this.#askOf(record, view.prompt, session, approval, fate, consent?.token === record.token)
  }

  #askOf(
    record: ApprovalRecord,
    prompt: Prompt,
    session: Session,
    approval: Approval,
    fate: Fate,
    lasting: boolean,
  ): Ask {
    const { token, run, askedAt, expiresAt, draft } = record
    const runtime = this.#tools.runtimes.get(session.runtime)?.title ?? session.runtime
    const inputHash = inputHashOf(approval)
    return { token, run, prompt, session, runtime, approval, inputHash, askedAt, expiresAt, draft, fate, lasting }
  }

  #add(ask: Ask): Matter {
    const matter: Matter = { ask, messages: null, timer: null }
    this.#matters.set(ask.token, matter)
    return matter
  }

  /** Shows it, until its fate stands everywhere. `quiet`: a rule answers it. */
  #assign(matter: Matter, quiet: boolean): void {
    const messages = this.#tools.outbox.ask(() => matter.ask, quiet)
    matter.messages = messages
    const { token } = matter.ask
    const leaving = messages.done.then(() => {
      if (this.#matters.get(token) === matter) this.#matters.delete(token)
    })
    background(leaving, this.#tools.log, 'approval.messages')
  }
}

/** Why an approval that has an end cannot be answered. */
function overOf(fate: Fate | undefined): Refusal {
  if (fate?.kind === 'answered') return { code: 'approval-answered', by: fate.by, verdict: fate.decision.verdict }
  return { code: 'approval-over', why: fate === undefined || fate.kind === 'open' ? 'unknown' : fate.kind }
}

function no(refusal: Refusal): { readonly ok: false; readonly refusal: Refusal } {
  return { ok: false, refusal }
}
