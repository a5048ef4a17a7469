import type { Accounts } from '../core/account.ts'
import type { BudgetBook } from '../core/budget.ts'
import { budgetHold, type Hold } from '../core/quota.ts'
import type { Checkpoint } from '../core/checkpoint.ts'
import { pause, type Clock } from '../core/clock.ts'
import { noUsage, type Entry, type RunEvent } from '../core/event.ts'
import { coalesce } from '../core/coalesce.ts'
import { messageOf } from '../core/failure.ts'
import type { Signature } from '../core/identity.ts'
import type { ApprovalId, PromptKey, Seq } from '../core/ids.ts'
import type { Person } from '../core/person.ts'
import type { Journal } from '../core/journal.ts'
import type { Log } from '../core/log.ts'
import type { LoginWatch } from '../core/login-watch.ts'
import type { Conduct, Cursor, Piece, Runtime, Turn } from '../core/runtime.ts'
import type { Timings } from '../core/timings.ts'
import { background } from '../system/background.ts'
import type { GroupCommit } from './group-commit.ts'
import { intentsIn, type Intents, type Steering } from './intents.ts'
import { retry } from '../system/back-off.ts'
import { insteadOf, type Attempt } from './second-tries.ts'
import type { SignatureOf } from './signature.ts'
import { Mutex } from '../system/mutex.ts'

/** So long a CLI that has ended its turn may take to say whether it had heard a word. */
const hearWithinMs = 30_000

export interface ConductorTools {
  readonly journal: Journal
  /** In which the text of all runs is kept together. */
  readonly texts: GroupCommit
  readonly vault: {
    readonly accounts: Pick<Accounts, 'of'>
    readonly budgets: Pick<BudgetBook, 'of'>
  }
  readonly signature: SignatureOf
  readonly clock: Clock
  readonly log: Log
  readonly checkpoint: Checkpoint
  readonly signal: AbortSignal
  readonly timings: Timings
  readonly logins: Pick<LoginWatch, 'failed' | 'served'>
}

/**
 * Leads one run from its admission to its end: takes what the runtime tells and keeps it with the position behind it in
 * one transaction; reads in the journal what people want of the run, and does it. What it finds there at its beginning
 * and what comes later is read in the same way, so that it makes no difference who wrote it in which life of the bot.
 */
export class Conductor {
  readonly turn: Turn
  /** Resolves when the run is over, waits again, or was left to the next life. Never rejects. */
  readonly done: Promise<void>
  readonly #conduct: Conduct
  readonly #runtime: Pick<Runtime, 'sign'>
  readonly #tools: ConductorTools
  /** In which things are written. */
  readonly #order = new Mutex()
  /** In which the CLI is told decisions, and words. */
  readonly #answers = new Mutex()
  readonly #words = new Mutex()
  /** Words that it was told, or that need not be told. */
  readonly #told = new Set<PromptKey>()
  /** Whose words it has heard: they stand in its commits. */
  readonly #heard = new Map<PromptKey, Person>()
  /** Hosts that people are asked about. */
  readonly #hosts = new Set<ApprovalId>()
  /** How far the journal has been read. */
  #position: Seq = 0
  #reading: Promise<void> | null = null
  #again = false
  #isStopped = false
  /** An earlier attempt found its conversation gone. */
  #isForgotten = false
  /** An earlier attempt was not let in by its login. */
  #isRefused = false
  /** A budget is used up: the attempt is to be parked for it. */
  #held: Hold | null = null
  #hasSpoken = false
  #isOver = false
  #pending: RunEvent[] = []
  #cursor: Cursor | null = null
  #joined: Disposable | null = null

  constructor(turn: Turn, conduct: Conduct, runtime: Pick<Runtime, 'sign'>, tools: ConductorTools) {
    this.turn = turn
    this.#runtime = runtime
    this.#conduct = conduct
    this.#tools = tools
    this.done = this.#lead()
  }

  /** Somebody may have written something about the run. Cheap to call too often. */
  look(): void {
    this.#again = true
    this.#reading ??= this.#readOn()
  }

  async #lead(): Promise<void> {
    const { log, signal } = this.#tools
    try {
      this.look()
      await this.#reading
      await this.#answers.idle()
      for await (const piece of this.#conduct.output) {
        if (piece.events.some(endsAttempt)) await this.#wordsTold()
        await this.#order.run(() => this.#take(piece))
        if (this.#isOver) break
      }
      await this.#order.run(() => this.#flush())
    } catch (error) {
      // When the process lets go, the next life goes on from what the journal has.
      if (!signal.aborted) {
        log.error({ run: this.turn.run, error: messageOf(error) }, 'run.conduct-failed')
        await this.#abandon(messageOf(error)).catch(() => undefined)
      }
    } finally {
      this.#joined?.[Symbol.dispose]()
    }
  }

  /** Reads the journal behind what was read before, and acts on it. Never rejects. */
  async #readOn(): Promise<void> {
    const { journal, log, signal } = this.#tools
    try {
      while (this.#again && !signal.aborted) {
        this.#again = false
        const entries = await retry(this.#tools, 'intents', () => journal.read(this.turn.run, this.#position))
        this.#position = entries.at(-1)?.seq ?? this.#position
        this.#isForgotten ||= entries.some(({ event }) => event.type === 'forgotten')
        this.#isRefused ||= entries.some(({ event }) => event.type === 'parked' && event.hold.service === 'login')
        this.#act(intentsIn(entries))
        this.#hold(entries)
      }
    } catch (error) {
      if (!signal.aborted) log.error({ run: this.turn.run, error: messageOf(error) }, 'run.intents-unread')
    } finally {
      this.#reading = null
    }
  }

  #act({ stopped, held, answered, told, steered }: Intents): void {
    if (held !== null && this.#held === null) {
      this.#held = held
      this.#conduct.pause()
    }
    if (stopped && !this.#isStopped) {
      this.#isStopped = true
      this.#do('stopped', () => this.#acted(this.#conduct.stop()))
    }
    for (const { approval, decision } of answered) {
      this.#do('answered', () => this.#answers.run(() => this.#acted(this.#conduct.answer(approval, decision))))
    }
    for (const { call, text, failed } of told) {
      this.#do('told', () => this.#answers.run(() => this.#acted(this.#conduct.tell(call, text, failed))))
    }
    for (const word of steered) {
      if (this.#told.has(word.steer.key)) continue
      this.#told.add(word.steer.key)
      this.#do('steered', () => this.#words.run(() => this.#tell(word)))
    }
  }

  /** While people are asked about a host the CLI waits for it without knowing why. */
  #hold(entries: readonly Entry[]): void {
    const before = this.#hosts.size
    for (const { event } of entries) {
      if (event.type === 'admitted') this.#hosts.clear()
      if (event.type === 'wanted' && event.approval.subject.kind === 'host') this.#hosts.add(event.approval.id)
      if (event.type === 'answered' || event.type === 'withdrawn') this.#hosts.delete(event.approval)
    }
    if (before !== this.#hosts.size) this.#conduct.hold(this.#hosts.size > 0)
  }

  /** Does something beside the reading of the output. */
  #do(what: string, work: () => Promise<void>): void {
    const { log, signal } = this.#tools
    const done = work().catch((error: unknown) => {
      if (!signal.aborted) log.error({ run: this.turn.run, what, error: messageOf(error) }, 'run.intent-failed')
    })
    background(done, log, 'run.intent')
  }

  async #acted<Value>(work: Promise<Value>): Promise<Value> {
    const value = await work
    this.#tools.checkpoint('intent-acted')
    return value
  }

  /** Says a word to the CLI; one of an earlier life that it has already is nothing new to it. */
  async #tell(word: Steering): Promise<void> {
    const { journal, signal } = this.#tools
    // It has become a prompt already, and is said as that.
    if ((await retry(this.#tools, 'word', () => journal.find(word.steer.key))) !== null) return
    await this.#sign(word.steer.key, word.speaker)
    const heard = await this.#acted(this.#conduct.steer(word.steer))
    if (!heard) await this.#sign(word.steer.key, null)
    // One that was heard before needs no word about it; a CLI that has gone on since is not told it as a prompt.
    if (word.heard || signal.aborted) return
    const event = heard ? { ...word, heard } : ({ type: 'declined', steer: word.steer.key } as const)
    await this.#order.run(() => this.#keep([event], null))
  }

  /** Somebody takes part in the turn, or (null) does not after all. */
  async #sign(word: PromptKey, by: Person | null): Promise<void> {
    if (by === null) this.#heard.delete(word)
    else this.#heard.set(word, by)
    const sign = (): Promise<Signature> => this.#tools.signature(this.turn.prompt, [...this.#heard.values()])
    this.#runtime.sign(this.turn.session.id, await retry(this.#tools, 'identity', sign))
  }

  /** After the end nothing can be written: a word that was heard must not be taken for one that was not. */
  async #wordsTold(): Promise<void> {
    const { clock, signal } = this.#tools
    const waited = new AbortController()
    const late = pause(clock, hearWithinMs, AbortSignal.any([waited.signal, signal]))
    await Promise.race([this.#words.idle(), late])
    waited.abort()
  }

  /** We are wrong somewhere: the person is told, and the agent does not work on unheard. */
  async #abandon(detail: string): Promise<void> {
    await this.#conduct.stop()
    const { journal, clock } = this.#tools
    const outcome = { kind: 'failed', trouble: { code: 'process-died', detail }, usage: noUsage } as const
    await journal.append(this.turn.run, [{ type: 'finished', outcome }], clock.now())
  }

  async #take(piece: Piece): Promise<void> {
    const isText = piece.events.every((event) => event.type === 'said')
    if (!isText || !this.#hasSpoken || piece.stands === true) {
      await this.#keep(piece.events, piece.cursor)
      if (!this.#isOver && (piece.stands === true || piece.events.some(isUse))) await this.#mayGoOn()
      return
    }
    this.#pending.push(...piece.events)
    this.#cursor = piece.cursor
    this.#joined ??= this.#tools.texts.join(() => {
      this.#order.run(() => this.#flush()).catch(() => undefined)
    })
  }

  /** Lets the turn on where it stands still, or has it parked, because a budget is used up by now. */
  async #mayGoOn(): Promise<void> {
    const { vault, clock, checkpoint } = this.#tools
    const { run, session } = this.turn
    if (this.#isStopped || this.#held !== null) return
    const standings = await retry(this.#tools, 'budgets', () => vault.budgets.of(run, clock.now()))
    const hold = budgetHold(standings, session.runtime, clock.now())
    if (hold === null) return this.#conduct.goOn()
    await this.#keep([{ type: 'held', hold }], null)
    checkpoint('run-held')
    // It may have been stopped or over by then: then nothing was kept, and nothing is to be gone on with.
    this.#held = hold
    this.#conduct.pause()
  }

  /** Keeps events with all the text before them. */
  async #keep(events: readonly RunEvent[], cursor: Cursor | null): Promise<void> {
    for (const event of events) this.#pending.push(await insteadOf(event, this.#attempt(), this.#tools))
    this.#cursor = cursor ?? this.#cursor
    await this.#flush()
  }

  #attempt(): Attempt {
    return {
      turn: this.turn,
      isStopped: this.#isStopped,
      isForgotten: this.#isForgotten,
      isRefused: this.#isRefused,
      held: this.#held,
    }
  }

  async #flush(): Promise<void> {
    this.#joined?.[Symbol.dispose]()
    this.#joined = null
    if (this.#pending.length === 0 && this.#cursor === null) return
    const { journal, clock, checkpoint, log } = this.#tools
    // A line of the journal for what is said in one breath, not for each word of it.
    const events = coalesce(this.#pending)
    const options = this.#cursor === null ? {} : { cursor: this.#cursor }
    const entries = await retry(this.#tools, 'append', () =>
      journal.append(this.turn.run, events, clock.now(), options),
    )
    this.#pending = []
    this.#cursor = null
    this.#hasSpoken ||= events.some(({ type }) => type === 'said')
    this.#isOver ||= events.some(endsAttempt)
    if (entries.length < events.length) {
      // A CLI that asks after Stop, or talks after its end, is heard no more.
      const types = events.map(({ type }) => type)
      log.warn({ run: this.turn.run, events: types, kept: entries.length }, 'run.events-dropped')
    }
    checkpoint('piece-committed')
    if (entries.some(({ event }) => event.type === 'wanted')) checkpoint('approval-wanted')
    if (entries.some(({ event }) => event.type === 'finished')) checkpoint('run-ended')
  }
}

function isUse({ type }: RunEvent): boolean {
  return type === 'used'
}

function endsAttempt({ type }: RunEvent): boolean {
  return type === 'finished' || type === 'lost' || type === 'forgotten' || type === 'parked'
}
