import type { Approval } from '../core/approval.ts'
import { befall, type Ask, type Fate, type Reaction } from '../core/ask.ts'
import type { Chat, Spot } from '../core/chat.ts'
import type { Checkpoint } from '../core/checkpoint.ts'
import { pause, type Clock } from '../core/clock.ts'
import { bySessionRule, canLast, mayAnswer } from '../core/consent.ts'
import type { Result } from '../core/desk.ts'
import type { Entry } from '../core/event.ts'
import { messageOf, type Refusal } from '../core/failure.ts'
import type { PersonId, PlaceId, RunId, RuntimeName } from '../core/ids.ts'
import type { Journal } from '../core/journal.ts'
import type { Log } from '../core/log.ts'
import type { Locale, Person } from '../core/person.ts'
import type { Runtime, Turn } from '../core/runtime.ts'
import type { Slip } from '../core/slip.ts'
import type { Vault } from '../core/vault.ts'
import { viewOf } from '../core/view.ts'
import { background } from '../system/background.ts'
import { Clerk } from './clerk.ts'
import type { Answer } from './conductor.ts'
import type { Feed } from './feed.ts'
import type { Gate } from '../core/gate.ts'
import { retry } from '../system/back-off.ts'
import { reactTo } from './reacting.ts'
import { inputHashOf, subjectOf, tokenOf } from './token.ts'

export interface ApprovalsTools {
  readonly journal: Journal
  readonly vault: Vault
  readonly chat: Chat
  readonly gate: Gate
  readonly feed: Feed
  readonly runtimes: ReadonlyMap<RuntimeName, Runtime>
  readonly clock: Clock
  readonly log: Log
  readonly checkpoint: Checkpoint
  readonly signal: AbortSignal
  /** OMC_APPROVAL_TIMEOUT_MS */
  readonly timeoutMs: number
  /** OMC_OWNER_USER_ID */
  readonly owner: PersonId | null
  /** OMC_AUDIT_CHANNEL_ID */
  readonly auditChannel: PlaceId | null
  readonly locale: Locale
  /** Resolves when the run is conducted, or nobody will conduct it. */
  conducted(run: RunId): Promise<unknown>
  /** Where an approval stands has changed. */
  moved(): void
}

/** An approval in this life of the bot. */
interface Matter {
  ask: Ask
  /** What the conductor waits for. */
  readonly answer: PromiseWithResolvers<Answer | null>
  /** Whether that was kept in the journal. */
  readonly kept: PromiseWithResolvers<boolean>
  /** Somebody has answered it, or nobody needs to any more: the next one is too late. */
  isTaken: boolean
  clerk: Clerk | null
  timer: Disposable | null
}

/** How long a click waits for a run to be taken up after a restart. */
const patience = { tries: 100, everyMs: 50 } as const

/** Asks people, hears their answers, and hands the first one on. Everything durable is in the journal and the vault. */
export class Approvals {
  readonly #tools: ApprovalsTools
  readonly #matters = new Map<string, Matter>()
  readonly #listening: Disposable

  constructor(tools: ApprovalsTools) {
    this.#tools = tools
    this.#listening = tools.feed.subscribe((entry) => this.#take(entry))
  }

  /** For the conductor: the answer, once somebody (or a rule, or the clock) gave it; null when none is needed any more. */
  approve(turn: Turn, approval: Approval): Promise<Answer | null> {
    const token = tokenOf(turn.run, approval)
    const known = this.#matters.get(token)
    if (known !== undefined && known.ask.fate.kind === 'open') return known.answer.promise
    const askedAt = this.#tools.clock.now()
    const expiresAt = askedAt + this.#tools.timeoutMs
    const slip = { token, run: turn.run, approval: approval.id, askedAt, expiresAt, draft: {}, closed: false }
    const matter = this.#add(this.#askOf(slip, turn, approval, { kind: 'open' }, false))
    background(this.#put(matter, known?.clerk ?? null), this.#tools.log, 'approval.put')
    return matter.answer.promise
  }

  /** An open approval for somebody who may answer it. */
  async look(by: Person, token: string): Promise<Result<Ask>> {
    const ask = await this.#find(token)
    if (ask === null) return no({ code: 'approval-over', why: 'unknown' })
    const { approval, prompt } = ask
    const speaker = { id: prompt.speaker.id, tier: prompt.tier }
    const verdict = await this.#tools.gate.judge(by, 'approval.answer', prompt.place)
    if (!verdict.allowed || !mayAnswer(approval, speaker, { id: by.id, tier: verdict.tier })) {
      const mayToo = mayAnswer(approval, speaker, speaker)
      return no({ code: 'approval-not-yours', speaker: mayToo ? prompt.speaker.name : null })
    }
    return ask.fate.kind === 'open' ? { ok: true, value: ask } : no(overOf(ask.fate))
  }

  /** Answers an approval, or keeps a choice; gives it as it is then. */
  async answer(by: Person, token: string, reaction: Reaction): Promise<Result<Ask>> {
    const looked = await this.look(by, token)
    if (!looked.ok) return looked
    const matter = await this.#live(token)
    if (matter === null) return no({ code: 'approval-over', why: 'unreached' })
    const outcome = reactTo(matter.ask, reaction, by.name)
    if (outcome.kind === 'refused') return no(outcome.refusal)
    if (outcome.kind === 'drafted') {
      await this.#tools.vault.approvals.draft(token, outcome.draft)
      matter.ask = { ...matter.ask, draft: outcome.draft }
      matter.clerk?.look()
      return { ok: true, value: matter.ask }
    }
    const lasting = reaction.kind === 'approve' && reaction.lasting && canLast(matter.ask.approval)
    if (!matter.isTaken) {
      matter.isTaken = true
      if (lasting) await this.#consent(matter, by)
      matter.answer.resolve({ decision: outcome.decision, by: by.name })
      if (await matter.kept.promise) return { ok: true, value: matter.ask }
    }
    await matter.kept.promise
    return no(overOf(matter.ask.fate))
  }

  /** Where the question stands that a run waits for; null when it waits for none, or it stands nowhere yet. */
  spotOf(run: RunId): Spot | null {
    for (const { ask, clerk } of this.#matters.values()) {
      if (ask.run === run && ask.fate.kind === 'open') return clerk?.spot() ?? null
    }
    return null
  }

  /** Says what became of approvals that an earlier life could not close. Call when every run was taken up. */
  async resume(): Promise<void> {
    const { vault, log } = this.#tools
    for (const slip of await vault.approvals.unclosed()) {
      if (this.#matters.has(slip.token)) continue
      const ask = await this.#load(slip)
      if (ask === null) {
        log.warn({ run: slip.run, approval: slip.approval }, 'approval.run-missing')
        await vault.approvals.close(slip.token)
      } else if (ask.fate.kind !== 'open' && !this.#matters.has(slip.token)) {
        // An open one comes by its conductor.
        const posts = await vault.approvals.posts(slip.token)
        const matter = this.#add(ask)
        this.#assign(matter, new Clerk(() => matter.ask, posts, false, this.#clerkTools()))
      }
    }
  }

  /** Resolves when the fate of every approval that is decided stands everywhere, or after `ms`. */
  async settles(ms: number): Promise<void> {
    const { clock, signal } = this.#tools
    const decided = [...this.#matters.values()].filter(({ ask }) => ask.fate.kind !== 'open')
    await Promise.race([Promise.all(decided.flatMap(({ clerk }) => clerk?.done ?? [])), pause(clock, ms, signal)])
  }

  /** Resolves when nothing is written any more (the signal has fired). */
  async close(): Promise<void> {
    this.#listening[Symbol.dispose]()
    const matters = [...this.#matters.values()]
    for (const matter of matters) {
      matter.timer?.[Symbol.dispose]()
      matter.answer.resolve(null)
      matter.kept.resolve(false)
      matter.clerk?.look()
    }
    await Promise.all(matters.flatMap(({ clerk }) => clerk?.done ?? []))
  }

  #take(entry: Entry): void {
    for (const matter of this.#matters.values()) {
      const { ask } = matter
      if (ask.run !== entry.run || ask.fate.kind !== 'open') continue
      const fate = befall(ask.fate, ask.approval.id, entry.event)
      if (fate.kind === 'open') continue
      matter.ask = { ...ask, fate }
      matter.isTaken = true
      matter.timer?.[Symbol.dispose]()
      matter.kept.resolve(fate.kind === 'answered')
      matter.answer.resolve(null)
      matter.clerk?.look()
      this.#tools.moved()
    }
  }

  /** Keeps that it is asked, and puts it before people; or finds that a consent answers it. */
  async #put(matter: Matter, earlier: Clerk | null): Promise<void> {
    const { vault, log, signal } = this.#tools
    const { token, run, approval } = matter.ask
    this.#expireAt(matter)
    try {
      // The same question again, before the last words about the first one were said.
      await earlier?.done
      const granted = await this.#grantedBy(matter.ask)
      const { askedAt, expiresAt } = matter.ask
      const slip = await retry(this.#tools, 'approval', () =>
        vault.approvals.open({ token, run, approval: approval.id, askedAt, expiresAt }),
      )
      matter.ask = { ...matter.ask, askedAt: slip.askedAt, expiresAt: slip.expiresAt, draft: slip.draft }
      const posts = await vault.approvals.posts(token)
      const quiet = granted !== null && posts.length === 0
      this.#assign(matter, new Clerk(() => matter.ask, posts, quiet, this.#clerkTools()))
      if (granted !== null) this.#offer(matter, { decision: { verdict: 'approve' }, by: bySessionRule(granted) })
      this.#expireAt(matter)
    } catch (error) {
      if (signal.aborted) return
      log.error({ run, error: messageOf(error) }, 'approval.failed')
      const reason = 'Nobody could be asked: the approval could not be kept. Go on without it.'
      this.#offer(matter, { decision: { verdict: 'deny', reason }, by: null })
    }
  }

  /** Also while Discord is away, and nobody could be asked. */
  #expireAt(matter: Matter): void {
    const { clock } = this.#tools
    matter.timer?.[Symbol.dispose]()
    if (matter.isTaken) return
    matter.timer = clock.after(Math.max(0, matter.ask.expiresAt - clock.now()), () => this.#expire(matter))
  }

  #expire(matter: Matter): void {
    const minutes = Math.max(1, Math.round((matter.ask.expiresAt - matter.ask.askedAt) / 60_000))
    const reason = `Nobody answered within ${minutes} min, so the answer is no. Go on without it, or ask again later.`
    this.#offer(matter, { decision: { verdict: 'deny', reason }, by: null })
  }

  #offer(matter: Matter, answer: Answer): void {
    if (matter.isTaken) return
    matter.isTaken = true
    matter.answer.resolve(answer)
  }

  /** Who consented to this for the session, if that still holds: for this speaker, by somebody who still may. */
  async #grantedBy({ approval, session, prompt }: Ask): Promise<string | null> {
    if (!canLast(approval)) return null
    const { vault, chat, gate, log } = this.#tools
    try {
      const subject = subjectOf(approval, session.workdir)
      const consent = await vault.approvals.consentTo(session.id, prompt.speaker.id, subject)
      if (consent === null) return null
      const { place, speaker } = prompt
      const roles = await Promise.all([speaker.id, consent.grantedBy.id].map((id) => chat.rolesOf(id, place)))
      const [speakerRoles, grantorRoles] = roles
      if (speakerRoles == null || grantorRoles == null) return null
      const asks = await gate.judge({ ...speaker, roles: speakerRoles }, 'prompt', place)
      const grantor = { ...speaker, ...consent.grantedBy, roles: grantorRoles }
      const grants = await gate.judge(grantor, 'approval.answer', place)
      const standing = { id: speaker.id, tier: prompt.tier }
      const may = grants.allowed && mayAnswer(approval, standing, { id: grantor.id, tier: grants.tier })
      return asks.allowed && may ? grantor.name : null
    } catch (error) {
      // Whether it still holds cannot be known now: people are asked.
      log.warn({ error: messageOf(error) }, 'approval.consent-unread')
      return null
    }
  }

  async #consent(matter: Matter, by: Person): Promise<void> {
    const { token, session, prompt, approval } = matter.ask
    const { vault, clock } = this.#tools
    const subject = subjectOf(approval, session.workdir)
    const grantedBy = { id: by.id, name: by.name }
    const consent = { session: session.id, person: prompt.speaker.id, subject, grantedBy, token, at: clock.now() }
    await retry(this.#tools, 'consent', () => vault.approvals.consent(consent))
    matter.ask = { ...matter.ask, lasting: true }
  }

  /** The matter once its conductor waits for it: right after a restart that takes a moment. Null: it does not. */
  async #live(token: string): Promise<Matter | null> {
    const { clock, signal } = this.#tools
    for (let tries = 0; tries < patience.tries && !signal.aborted; tries++) {
      const matter = this.#matters.get(token)
      if (matter !== undefined && matter.clerk !== null) return matter
      if (matter === undefined) {
        const ask = await this.#find(token)
        if (ask === null || ask.fate.kind !== 'open') return null
        await this.#tools.conducted(ask.run)
      }
      await pause(clock, patience.everyMs, signal)
    }
    return null
  }

  async #find(token: string): Promise<Ask | null> {
    const matter = this.#matters.get(token)
    if (matter !== undefined) return matter.ask
    const slip = await this.#tools.vault.approvals.slip(token)
    return slip === null ? null : this.#load(slip)
  }

  /** An approval of an earlier life, from the journal. */
  async #load(slip: Slip): Promise<Ask | null> {
    const { journal, vault } = this.#tools
    const entries = await journal.read(slip.run)
    const view = viewOf(entries)
    let approval: Approval | null = null
    let fate: Fate = { kind: 'open' }
    for (const { event } of entries) {
      if (event.type === 'wanted' && event.approval.id === slip.approval) approval = event.approval
      if (approval !== null) fate = befall(fate, slip.approval, event)
    }
    const session = view === null ? null : await vault.session(view.prompt.session)
    if (view === null || session === null || approval === null) return null
    const consent = await vault.approvals.consentTo(
      session.id,
      view.prompt.speaker.id,
      subjectOf(approval, session.workdir),
    )
    return this.#askOf(slip, { prompt: view.prompt, session }, approval, fate, consent?.token === slip.token)
  }

  #askOf(
    slip: Slip,
    { prompt, session }: Pick<Turn, 'prompt' | 'session'>,
    approval: Approval,
    fate: Fate,
    lasting: boolean,
  ): Ask {
    const { token, run, askedAt, expiresAt, draft } = slip
    const runtime = this.#tools.runtimes.get(session.runtime)?.title ?? session.runtime
    const inputHash = inputHashOf(approval)
    return { token, run, prompt, session, runtime, approval, inputHash, askedAt, expiresAt, draft, fate, lasting }
  }

  #add(ask: Ask): Matter {
    const matter: Matter = {
      ask,
      answer: Promise.withResolvers(),
      kept: Promise.withResolvers(),
      isTaken: ask.fate.kind !== 'open',
      clerk: null,
      timer: null,
    }
    this.#matters.set(ask.token, matter)
    return matter
  }

  #assign(matter: Matter, clerk: Clerk): void {
    matter.clerk = clerk
    const { token } = matter.ask
    const leaving = clerk.done.then(() => {
      if (this.#matters.get(token) === matter) this.#matters.delete(token)
    })
    background(leaving, this.#tools.log, 'approval.clerk')
  }

  #clerkTools(): ConstructorParameters<typeof Clerk>[3] {
    return { ...this.#tools, approvals: this.#tools.vault.approvals, posted: () => this.#tools.moved() }
  }
}

/** Why an approval that has an end cannot be answered. */
function overOf(fate: Fate): Refusal {
  if (fate.kind === 'answered') return { code: 'approval-answered', by: fate.by, verdict: fate.decision.verdict }
  return { code: 'approval-over', why: fate.kind === 'open' ? 'unreached' : fate.kind }
}

function no(refusal: Refusal): { readonly ok: false; readonly refusal: Refusal } {
  return { ok: false, refusal }
}
