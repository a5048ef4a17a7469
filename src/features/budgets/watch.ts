import { createHash } from 'node:crypto'
import { isNearlyUsedUp, never, type BudgetAsk, type BudgetHold } from '../../core/budget.ts'
import { buttonId } from '../../core/button.ts'
import type { DrawnButton } from '../../core/chat.ts'
import type { Doors } from '../../core/doors.ts'
import type { Effect } from '../../core/effect.ts'
import type { Entry, RunEvent } from '../../core/event.ts'
import { messageOf } from '../../core/failure.ts'
import type { RunId } from '../../core/ids.ts'
import type { OpenRun } from '../../core/journal.ts'
import type { Panel } from '../../core/panel.ts'
import type { Hold } from '../../core/quota.ts'
import { background } from '../../system/background.ts'
import { en, ko, type BudgetFate } from './words.ts'

export type BudgetDoors = Pick<
  Doors,
  'vault' | 'journal' | 'gate' | 'clock' | 'log' | 'keep' | 'hear' | 'checkpoint' | 'signal' | 'admitAgain' | 'audit'
>

/** After these, somebody may have to be asked, or no longer. */
const tell: ReadonlySet<RunEvent['type']> = new Set([
  'asked',
  'parked',
  'lost',
  'refused',
  'admitted',
  'stopped',
  'allowed',
  'finished',
])
/** Between two looks at least: the whole queue is read for one. */
const lookEveryMs = 500
/** A day that begins lets runs go on without an event. */
const lookAnywayMs = 60_000

/**
 * Sees to it that people are asked about runs that budgets hold back: about the first of each budget, until they have
 * said something or there is money again. All that it knows is in the store: it can be asked to look as often as one
 * likes.
 */
export class BudgetWatch {
  readonly #doors: BudgetDoors
  #again = false
  #isLooking = false
  #lookedAt = Number.NEGATIVE_INFINITY
  #later: Disposable | null = null

  constructor(doors: BudgetDoors) {
    this.#doors = doors
  }

  start(): void {
    this.#doors.hear((entry) => this.#take(entry))
    this.#now()
  }

  /** Something may have changed. */
  look(): void {
    const { clock, signal } = this.#doors
    if (signal.aborted || this.#isLooking) {
      this.#again = true
      return
    }
    const waitMs = this.#lookedAt + lookEveryMs - clock.monotonic()
    if (waitMs <= 0) return this.#now()
    this.#wait(waitMs)
  }

  /** The panel that asks, or (`fate`) says what came of it. */
  async panelOf(ask: BudgetAsk, { prompt, session: id }: OpenRun, fate: BudgetFate | null): Promise<Panel> {
    const { vault, clock } = this.#doors
    const { locale, id: speaker } = prompt.speaker
    const { hold, token } = ask
    const say = locale === 'ko' ? ko : en
    const session = (await vault.session(id))?.name ?? ''
    const until = this.#untilOf(hold, clock.now())
    const text = say.asking({ hold, session, speaker, until: fate === null ? until : null })
    const labels = [say.buttons.once, say.buttons.raise[hold.span], say.buttons.stop]
    const styles = ['good', 'plain', 'bad'] as const
    const buttons: readonly DrawnButton[] = (['once', 'raise', 'stop'] as const).map((verb, at) => ({
      id: buttonId({ feature: 'budgets', verb, argument: token }),
      label: labels[at] ?? verb,
      style: styles[at] ?? 'plain',
    }))
    return {
      key: `budget:${token}`,
      place: prompt.place,
      text: fate === null ? text : `${text.split('\n')[0]}\n${say.fate(fate, hold)}`,
      locale,
      buttons: fate === null ? buttons : [],
      mention: null,
    }
  }

  #untilOf({ span, period }: BudgetHold, now: number): number | null {
    if (span === 'run' || span === 'chain') return null
    const [year = 0, month = 1, day = 1] = period.split('-').map(Number)
    const until = span === 'day' ? Date.UTC(year, month - 1, day + 1) : Date.UTC(year, month)
    return until === never || until < now ? null : until
  }

  #take({ run, event }: Entry): void {
    const { log } = this.#doors
    if (tell.has(event.type)) this.look()
    if (event.type === 'used') background(this.#warn(run), log, 'budgets.warn')
  }

  #wait(ms: number): void {
    this.#later?.[Symbol.dispose]()
    this.#later = this.#doors.clock.after(ms, () => this.#now())
  }

  #now(): void {
    if (this.#doors.signal.aborted || this.#isLooking) return
    this.#isLooking = true
    this.#again = false
    background(this.#look(), this.#doors.log, 'budgets.look')
  }

  async #look(): Promise<void> {
    const { clock, log, signal } = this.#doors
    this.#lookedAt = clock.monotonic()
    try {
      await this.#seeAll()
    } catch (error) {
      if (!signal.aborted) log.warn({ error: messageOf(error) }, 'budgets.unread')
    }
    this.#isLooking = false
    if (!signal.aborted) this.#wait(this.#again ? lookEveryMs : lookAnywayMs)
  }

  async #seeAll(): Promise<void> {
    const { vault, journal, clock } = this.#doors
    const open = await vault.budgets.asks()
    const hasBudgets = (await vault.budgets.all()).length > 0
    if (open.length === 0 && !hasBudgets) return
    const { waiting } = await journal.board(clock.now())
    const wanted = new Map<string, { readonly run: RunId; readonly hold: BudgetHold }>()
    for (const { run, hold, person } of waiting) {
      const key = keyOf(hold, person)
      if (hold?.budget !== undefined && key !== null && !wanted.has(key)) wanted.set(key, { run, hold: hold.budget })
    }
    const asked = new Set<string>()
    const tokens = new Map<string, { readonly run: RunId; readonly hold: BudgetHold }>()
    const known = new Set(open.map(({ token }) => token))
    for (const each of wanted.values()) tokens.set(await this.#tokenFor(each.run, each.hold, known), each)
    for (const ask of open) {
      asked.add(ask.token)
      if (!tokens.has(ask.token)) await this.#close(ask)
    }
    for (const [token, { run, hold }] of tokens) {
      if (!asked.has(token)) await this.#ask({ token, run, hold, isOpen: true })
    }
  }

  /**
   * A question about this that was closed was answered by something else: another run came before this one, or a limit
   * was changed for a while. People are asked anew. `open`: what was, before it was seen what waits; it may be answered by
   * now.
   */
  async #tokenFor(run: RunId, hold: BudgetHold, open: ReadonlySet<string>): Promise<string> {
    for (let nth = 0; ; nth++) {
      const token = tokenOf(run, hold, nth)
      if (open.has(token) || (await this.#doors.vault.budgets.ask(token)) === null) return token
    }
  }

  async #ask(ask: BudgetAsk): Promise<void> {
    const { journal, keep, checkpoint } = this.#doors
    const run = await journal.run(ask.run)
    if (run === null) return
    await keep([
      { kind: 'budget-ask', ask },
      { kind: 'panel', panel: await this.panelOf(ask, run, null) },
    ])
    checkpoint('budget-asked')
  }

  async #close(ask: BudgetAsk): Promise<void> {
    const { journal, keep } = this.#doors
    const run = await journal.run(ask.run)
    const answered: Effect = { kind: 'budget-answered', token: ask.token }
    if (run === null) await keep([answered])
    else await keep([answered, { kind: 'panel', panel: await this.panelOf(ask, run, { kind: 'passed' }) }])
  }

  /** Says once when not much is left, and that what has no price does not count. */
  async #warn(run: RunId): Promise<void> {
    const { vault, journal, clock, keep } = this.#doors
    const standings = await vault.budgets.of(run, clock.now())
    const near = standings.filter(isNearlyUsedUp)
    const blind = standings.filter(({ budget, unpriced }) => budget.limit.unit === 'usd' && unpriced > 0)
    if (near.length === 0 && blind.length === 0) return
    const prompt = (await journal.run(run))?.prompt
    if (prompt === undefined) return
    const { place, speaker } = prompt
    const say = speaker.locale === 'ko' ? ko : en
    const note = (key: string, text: string): Effect => ({
      kind: 'note',
      note: { key, place, text, replyTo: null, mention: null },
    })
    // What somebody has used is not for everybody in a channel to read.
    const nearly = near.map((each) =>
      note(
        `budget-nearly:${each.budget.id}:${each.period}:${each.budget.scope.kind === 'role' ? speaker.id : ''}:${each.limit}`,
        place.kind === 'channel' ? say.nearlySomewhere : say.nearly(each),
      ),
    )
    const unseen = blind.map(({ budget, period }) =>
      note(`budget-unpriced:${budget.id}:${period}`, say.unpriced(budget)),
    )
    await keep([...nearly, ...unseen])
  }
}

/** What a budget counts together; null: it is no budget that holds. */
function keyOf(hold: Hold | null, person: string): string | null {
  const budget = hold?.budget
  if (budget === undefined) return null
  return `${budget.id} ${budget.period} ${budget.scope.kind === 'role' ? person : ''}`
}

/** Names what is asked, the `nth` time: a button of another database, or about another limit, is good for nothing. */
function tokenOf(run: RunId, { id, period, limit, unit }: BudgetHold, nth: number): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([run, id, period, limit, unit, ...(nth === 0 ? [] : [nth])]))
    .digest('base64url')
  return hash.slice(0, 22)
}
