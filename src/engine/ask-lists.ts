import { isListable, type Ask } from '../core/ask.ts'
import type { Checkpoint } from '../core/checkpoint.ts'
import type { EpochMs } from '../core/clock.ts'
import type { AskMessages, Outbox } from '../core/message.ts'
import type { Timings } from '../core/timings.ts'
import type { Vault } from '../core/vault.ts'
import { background } from '../system/background.ts'
import { retry, type RetryTools } from '../system/back-off.ts'
import { Mutex } from '../system/mutex.ts'

/** An approval in this life of the bot. */
export interface Matter {
  ask: Ask
  messages: AskMessages | null
  timer: Disposable | null
  /** Since then, time in which nobody could be heard is not given back yet. */
  heardSince: EpochMs
  /** It is kept that people are asked in this life: what a rule answers, or stands alone since before, is in no list. */
  asked: boolean
}

export interface AskListsTools extends RetryTools {
  readonly vault: Vault
  readonly outbox: Outbox
  readonly checkpoint: Checkpoint
  readonly timings: Pick<Timings, 'gatherAsksMs'>
  /** Those of a list as they are kept. */
  load(list: string): Promise<readonly Ask[]>
  /** All that there are now, by token. */
  readonly matters: Map<string, Matter>
}

interface AskList {
  readonly members: Matter[]
  /** As an earlier life left it: those that are not taken up yet, or over. */
  before: readonly Ask[]
  messages: AskMessages | null
  /** Resolves when the fate of all stands everywhere. */
  closed: Promise<void>
}

/** So many approvals of a run stand each in a message of its own; more become one message with a list. */
const singlesUpTo = 3

/** The lists of many approvals at once (SPEC F7). */
export class AskLists {
  readonly #tools: AskListsTools
  readonly #lists = new Map<string, AskList>()
  readonly #order = new Mutex()

  constructor(tools: AskListsTools) {
    this.#tools = tools
  }

  /**
   * An approval is asked: it goes on the list of its run, or begins one together with the others that come. Those that
   * stand alone for a while by then stay: somebody may have them in their hands. `again`: an earlier life had asked it.
   */
  async take(matter: Matter, again: boolean): Promise<void> {
    const { ask } = matter
    if (!isListable(ask.approval) || (again && (await this.#standsAlone(ask)))) return
    matter.asked = true
    await this.#order.run(async () => {
      const run = [...this.#tools.matters.values()].filter(
        (each) => each.ask.run === ask.run && each.ask.fate.kind === 'open' && isListable(each.ask.approval),
      )
      const known = run.find((each) => each.ask.listed !== null)?.ask.listed?.list ?? null
      const fresh = run.filter((each) => each.asked && each.ask.listed === null && this.#isMovable(each))
      // Also those of which it is not yet kept that they are asked: they will come.
      if (fresh.length > 0 && (known !== null || run.length > singlesUpTo)) await this.#enlist(known, fresh)
    })
  }

  /** What stands alone for longer, somebody may be about to answer. */
  #isMovable({ ask, messages }: Matter): boolean {
    const { clock, timings } = this.#tools
    return messages === null || clock.now() - ask.askedAt < timings.gatherAsksMs
  }

  async #standsAlone({ token }: Ask): Promise<boolean> {
    const known = await retry(this.#tools, 'approval', () => this.#tools.vault.postings.of(`approval:${token}`))
    return known.some(({ message, over }) => message !== null && !over)
  }

  /** Its message shows what has changed. */
  look({ listed }: Ask): void {
    if (listed !== null) this.#lists.get(listed.list)?.messages?.look()
  }

  /** The message that stands for it. */
  messagesOf({ ask, messages }: Matter): AskMessages | null {
    return ask.listed === null ? messages : (this.#lists.get(ask.listed.list)?.messages ?? null)
  }

  /** Resolves when its fate stands everywhere and it is closed, as `AskMessages.done`. */
  async closed({ ask, messages }: Matter): Promise<void> {
    await (ask.listed === null ? messages?.done : this.#lists.get(ask.listed.list)?.closed)
  }

  /** Shows it in its list, where it is in one. */
  show(matter: Matter): void {
    const { listed } = matter.ask
    if (listed === null) return
    const known = this.#lists.get(listed.list)
    if (known === undefined) this.#begin(listed.list, [matter], true)
    else if (!known.members.includes(matter)) known.members.push(matter)
  }

  /** Those of a list as long as it is not over everywhere, in its order. */
  of(list: string): readonly Ask[] {
    const known = this.#lists.get(list)
    const asks = new Map(known?.before.map((ask) => [ask.token, ask]))
    for (const { ask } of known?.members ?? []) asks.set(ask.token, ask)
    return [...asks.values()].sort((one, two) => (one.listed?.at ?? 0) - (two.listed?.at ?? 0))
  }

  /** The same, when all of it is known here; null: it has to be read. */
  whole(list: string): readonly Ask[] | null {
    return this.#lists.get(list)?.messages == null ? null : this.of(list)
  }

  #begin(list: string, members: Matter[], again: boolean): void {
    const begun: AskList = { members, before: [], messages: null, closed: Promise.resolve() }
    this.#lists.set(list, begun)
    begun.closed = this.#lead(list, begun, again)
    background(begun.closed, this.#tools.log, 'approval.list')
  }

  /** Until all of it is said. They are closed together, when the copies of their decisions stand as well. */
  async #lead(list: string, begun: AskList, again: boolean): Promise<void> {
    const { matters, vault, signal, outbox } = this.#tools
    // Never shown in part: what is left out would seem to be over.
    if (again) begun.before = await retry(this.#tools, 'approval-list', () => this.#tools.load(list))
    begun.messages = outbox.askMany(list, () => this.of(list))
    await begun.messages.done
    await Promise.all(begun.members.flatMap((matter) => matter.messages?.done ?? []))
    for (const { token } of this.of(list)) {
      if (signal.aborted) return
      await retry(this.#tools, 'approval-closed', () => vault.approvals.close(token))
    }
    for (const matter of begun.members) if (matters.get(matter.ask.token) === matter) matters.delete(matter.ask.token)
    this.#lists.delete(list)
  }

  async #enlist(known: string | null, fresh: readonly Matter[]): Promise<void> {
    const list = known ?? `l${fresh[0]?.ask.token ?? ''}`
    const next = Math.max(-1, ...this.of(list).map(({ listed }) => listed?.at ?? -1)) + 1
    const places = fresh.map(({ ask: { token } }, index) => ({ token, at: next + index }))
    await retry(this.#tools, 'approval-list', () => this.#tools.vault.approvals.enlist(list, places))
    this.#tools.checkpoint('approvals-listed')
    for (const [index, matter] of fresh.entries()) {
      matter.ask = { ...matter.ask, listed: { list, at: next + index } }
      // It may have stood alone for a moment.
      matter.messages?.look()
    }
    if (known === null) this.#begin(list, [...fresh], false)
    else for (const matter of fresh) this.show(matter)
    this.#lists.get(list)?.messages?.look()
  }
}
