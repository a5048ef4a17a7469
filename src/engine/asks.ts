import type { Approval } from '../core/approval.ts'
import type { ApprovalRecord } from '../core/approval-record.ts'
import { befall, type Ask, type Fate } from '../core/ask.ts'
import type { Entry } from '../core/event.ts'
import type { RuntimeName } from '../core/ids.ts'
import type { Journal } from '../core/journal.ts'
import { risksWith } from '../core/obeyed.ts'
import type { Prompt } from '../core/prompt.ts'
import { runsNothing, type CommandContent } from '../core/running.ts'
import type { Runtime } from '../core/runtime.ts'
import type { Session } from '../core/session.ts'
import type { Vault } from '../core/vault.ts'
import { viewOf } from '../core/view.ts'
import type { Premises } from './premises.ts'
import { inputHashOf, subjectOf } from './token.ts'

export interface AskTools {
  readonly journal: Journal
  readonly vault: Vault
  readonly runtimes: ReadonlyMap<RuntimeName, Runtime>
  readonly workspaces: Premises['workspaces']
}

/** An approval as its record says by now: one that was asked before the last death is what people saw then. */
export function asKept(ask: Ask, { askedAt, expiresAt, draft, runs, changed, listed }: ApprovalRecord): Ask {
  return { ...ask, askedAt, expiresAt, draft, runs, changed, listed }
}

/** Approvals as they are put to people, made of what is kept of them. */
export class Asks {
  readonly #tools: AskTools

  constructor(tools: AskTools) {
    this.#tools = tools
  }

  /** What it would run now; null: the machine where that lies does not answer. */
  async runs({ subject }: Approval, { workdir, worker }: Session): Promise<CommandContent | null> {
    return subject.kind === 'command'
      ? this.#tools.workspaces(worker).runs(workdir, subject.command, subject.folder)
      : runsNothing
  }

  async byToken(token: string): Promise<Ask | null> {
    const record = await this.#tools.vault.approvals.record(token)
    return record === null ? null : this.load(record)
  }

  /** Those of a list, in its order. */
  async listed(list: string): Promise<readonly Ask[]> {
    const records = await this.#tools.vault.approvals.listed(list)
    const [first] = records
    if (first === undefined) return []
    // All of one run.
    const entries = await this.#tools.journal.read(first.run)
    return (await Promise.all(records.map((record) => this.load(record, entries)))).filter((ask) => ask !== null)
  }

  /** An approval as the journal has it. */
  async load(record: ApprovalRecord, known: readonly Entry[] | null = null): Promise<Ask | null> {
    const { journal, vault } = this.#tools
    const entries = known ?? (await journal.read(record.run))
    const view = viewOf(entries)
    let approval: Approval | null = null
    let fate: Fate = { kind: 'open' }
    for (const { event } of entries) {
      if (event.type === 'wanted' && event.approval.id === record.approval) approval = event.approval
      if (approval !== null) fate = befall(fate, record.approval, event)
    }
    const session = view === null ? null : await vault.session(view.prompt.session)
    if (view === null || session === null || approval === null) return null
    const ask = this.make(record, view.prompt, session, approval, fate)
    const consent = await vault.approvals.consentTo(
      session.id,
      view.prompt.speaker.id,
      subjectOf(ask.approval, session.workdir),
    )
    return { ...ask, lasting: consent?.token === record.token }
  }

  /** The risks that its text tells are found here, the same for all agents. */
  make(record: ApprovalRecord, prompt: Prompt, session: Session, wanted: Approval, fate: Fate): Ask {
    const { token, run, askedAt, expiresAt, draft, runs, changed, listed } = record
    const runtime = this.#tools.runtimes.get(session.runtime)?.title ?? session.runtime
    const approval = { ...wanted, risks: risksWith(wanted, session.workdir) }
    const known = { token, run, askedAt, expiresAt, draft, runs, changed, listed }
    return { ...known, prompt, session, runtime, approval, inputHash: inputHashOf(approval), fate, lasting: false }
  }
}
