import { admit, count, line, type Caps } from '../core/admission.ts'
import type { AttachedFile, Attachment, Attachments } from '../core/attachment.ts'
import type { LinePlace } from '../core/chat.ts'
import { pause } from '../core/clock.ts'
import { noUsage, type RunEvent, type Entry } from '../core/event.ts'
import { messageOf } from '../core/failure.ts'
import type { PromptKey, RunId, RuntimeName, SessionId } from '../core/ids.ts'
import type { Claimed, OpenRun } from '../core/journal.ts'
import { newRun, step, type Run } from '../core/lifecycle.ts'
import type { Verdict } from '../core/policy.ts'
import { reaches } from '../core/right.ts'
import type { Conduct, Runtime, Turn } from '../core/runtime.ts'
import { spokenText } from '../core/spoken.ts'
import type { Vault } from '../core/vault.ts'
import { background } from '../system/background.ts'
import { attemptLimit, Conductor, type ConductorTools, type Steering } from './conductor.ts'
import type { Gate } from '../core/gate.ts'
import { handOverFor } from './hand-over.ts'
import { retry } from '../system/back-off.ts'

export interface DispatcherTools extends ConductorTools {
  readonly vault: Vault
  readonly runtimes: ReadonlyMap<RuntimeName, Runtime>
  readonly caps: Caps
  readonly attachments: Attachments
  readonly gate: Gate
}

/** Starts what admission allows, takes over what an earlier life left, and knows who conducts which run. */
export class Dispatcher {
  readonly #tools: DispatcherTools
  readonly #conductors = new Map<RunId, Conductor>()
  readonly #moved = new Set<() => void>()
  #places: ReadonlyMap<RunId, LinePlace> = new Map()
  #round: Promise<void> | null = null
  #again = false
  #retry: Disposable | null = null
  #held = true
  #over = false

  constructor(tools: DispatcherTools) {
    this.#tools = tools
  }

  /** Looks whether something may start now. Cheap to call too often. */
  wake(): void {
    if (this.#tools.signal.aborted || this.#held) return
    this.#again = true
    this.#round ??= this.#rounds()
  }

  /** From here on prompts are started. Before, they only wait. */
  open(): void {
    if (!this.#over) this.#held = false
    this.wake()
  }

  /** Starts nothing more in this life; what waits is left to the next. */
  hold(): void {
    this.#held = true
    this.#over = true
  }

  conductorOf(run: RunId): Conductor | null {
    return this.#conductors.get(run) ?? null
  }

  /**
   * The same, for a run that is live in the journal: between its admission (or the bot's start) and its conductor lie
   * some milliseconds, in which somebody may press Stop already.
   */
  async conductorFor(run: RunId): Promise<Conductor | null> {
    const { clock, journal, signal } = this.#tools
    for (let tries = 0; tries < 100 && !signal.aborted; tries++) {
      const conductor = this.conductorOf(run)
      if (conductor !== null) return conductor
      if (!(await journal.open()).some((open) => open.run === run)) return null
      await pause(clock, 50, signal)
    }
    return null
  }

  /** Where the waiting runs stand. */
  places(): ReadonlyMap<RunId, LinePlace> {
    return this.#places
  }

  /** Calls `moved` whenever the queue has moved. */
  onMove(moved: () => void): Disposable {
    this.#moved.add(moved)
    return { [Symbol.dispose]: () => void this.#moved.delete(moved) }
  }

  /** Takes over a run that an earlier life of the bot was conducting. */
  async recover(open: OpenRun): Promise<void> {
    const turn = await this.#turnOf(open)
    if (turn === null) return
    const runtime = this.#tools.runtimes.get(turn.session.runtime)
    const entries = await this.#tools.journal.read(open.run)
    const cursor = open.state === 'starting' ? null : open.cursor
    const standing = await this.#standingOf(turn)
    if (open.state === 'starting' && hasLess(standing, turn)) {
      // Nobody knows whether its process has the prompt: it ends with it. Looking would hand it over.
      await runtime?.release(turn.session.id)
      return this.#close(open, rightsChanged(standing, turn))
    }
    const conduct = (await runtime?.adopt(turn, cursor)) ?? null
    if (conduct !== null) {
      this.#lead(turn, conduct, entries)
      // Rights that were taken away while nobody was there to stop it.
      if (!standing.allowed) {
        const stopping = this.conductorOf(open.run)?.stop(null)
        if (stopping !== undefined) background(stopping, this.#tools.log, 'run.stop')
      }
      return
    }
    if (open.state === 'starting' && runtime !== undefined) return this.#lead(turn, runtime.begin(turn), entries)
    await this.#close(open, lossOf(open, runtime === undefined))
  }

  /** Stops listening to the runs; the agents work on. Resolves when every conductor has let go. */
  async close(): Promise<void> {
    this.#retry?.[Symbol.dispose]()
    await this.#round
    await Promise.all([...this.#conductors.values()].map((conductor) => conductor.done))
  }

  async #rounds(): Promise<void> {
    try {
      while (this.#again && !this.#tools.signal.aborted) {
        this.#again = false
        await this.#admit()
        if (!this.#again) await this.#measure()
      }
    } catch (error) {
      this.#tools.log.error({ error: messageOf(error) }, 'dispatch.failed')
      this.#retry = this.#tools.clock.after(1000, () => this.wake())
    } finally {
      this.#round = null
    }
    if (this.#again) this.wake()
  }

  async #admit(): Promise<void> {
    const { journal, caps, clock, checkpoint, feed } = this.#tools
    const claimed = await journal.claim((board) => admit(board, caps), clock.now())
    if (claimed.length > 0) checkpoint('claimed')
    feed.publish(claimed.map((each) => each.entry))
    for (const each of claimed) await this.#begin(each)
  }

  async #begin(claimed: Claimed): Promise<void> {
    const turn = await this.#turnOf(claimed)
    const runtime = turn === null ? undefined : this.#tools.runtimes.get(turn.session.runtime)
    const isBare = turn !== null && turn.files.length < turn.prompt.attachments.length
    if (turn === null || runtime === undefined || isBare) {
      const detail = isBare
        ? 'a file that came with the prompt is no longer there'
        : turn === null
          ? 'its session is gone'
          : `no runtime named ${turn.session.runtime} here`
      const outcome = { kind: 'failed', trouble: { code: 'start-failed', detail }, usage: noUsage } as const
      return this.#close(claimed, { type: 'finished', outcome })
    }
    // Asked once more here, because between asking and beginning lies the queue, and perhaps a kill -9.
    const standing = await this.#standingOf(turn)
    if (hasLess(standing, turn)) return this.#close(claimed, rightsChanged(standing, turn))
    const conduct = runtime.begin(turn)
    if (claimed.attempt > 1) return this.#lead(turn, conduct, await this.#tools.journal.read(claimed.run))
    this.#conductFrom(turn, conduct, { state: 'starting', open: [], attempts: 1 }, [])
  }

  #lead(turn: Turn, conduct: Conduct, entries: readonly Entry[]): void {
    const { run, answered, steered, forgotten } = fold(entries)
    this.#conductFrom(turn, conduct, run, answered, steered, forgotten)
  }

  #conductFrom(
    turn: Turn,
    conduct: Conduct,
    run: Run,
    answered: readonly Extract<RunEvent, { type: 'answered' }>[],
    steered: readonly Steering[] = [],
    forgotten = false,
  ): void {
    const conductor = new Conductor(turn, conduct, run, answered, this.#tools, steered, forgotten)
    this.#conductors.set(turn.run, conductor)
    const leaving = conductor.done.then(() => {
      this.#conductors.delete(turn.run)
      this.wake()
    })
    background(leaving, this.#tools.log, 'run.conductor')
  }

  async #turnOf(open: Pick<OpenRun, 'run' | 'attempt' | 'prompt' | 'session'>): Promise<Turn | null> {
    const session = await this.#session(open.session)
    if (session !== null) {
      const prompt = { ...open.prompt, text: spokenText(open.prompt) }
      const files = await locateAll(open.prompt.attachments, this.#tools.attachments)
      const handOver = await retry(this.#tools, 'hand-over', () => handOverFor(this.#tools.journal, session))
      return { run: open.run, attempt: open.attempt, prompt, session, files, handOver }
    }
    this.#tools.log.error({ run: open.run, session: open.session }, 'run.session-missing')
    return null
  }

  #standingOf({ prompt, session }: Turn): Promise<Verdict> {
    return retry(this.#tools, 'grants', () => this.#tools.gate.speakerOf(prompt, session))
  }

  #session(id: SessionId): ReturnType<Vault['session']> {
    return retry(this.#tools, 'session', () => this.#tools.vault.session(id))
  }

  async #close(open: Pick<OpenRun, 'run'>, event: RunEvent): Promise<void> {
    const { journal, clock, feed } = this.#tools
    feed.publish(await retry(this.#tools, 'append', () => journal.append(open.run, [event], clock.now())))
    this.wake()
  }

  /** Works out where everyone stands, and tells when that has changed. */
  async #measure(): Promise<void> {
    const { journal, caps } = this.#tools
    const board = await journal.board()
    // Asked this very moment: the next round starts them, so nobody needs to be told of a place.
    const about = new Set(admit(board, caps))
    const order = line(board, caps).filter((run) => !about.has(run))
    const typical = order.length === 0 ? null : median(await journal.recentDurations(20))
    const places = new Map<RunId, LinePlace>()
    const waiting = new Map(board.waiting.map((each) => [each.run, each]))
    order.forEach((run, at) => {
      const rounds = Math.floor(at / caps.active) + 1
      const candidate = waiting.get(run)
      const atWork = candidate === undefined ? 0 : count(board.live, candidate)
      const expectedMs = typical === null ? null : typical * rounds
      places.set(run, { place: at + 1, expectedMs, atWork, cap: caps.personActive })
    })
    const before = this.#places
    this.#places = places
    if (!isSame(before, places)) for (const moved of this.#moved) moved()
  }
}

/** Whether the speaker is less now than when they asked: the run would do more than they may. */
function hasLess(standing: Verdict, { prompt }: Turn): boolean {
  return !standing.allowed || !reaches(standing.tier, prompt.tier)
}

function rightsChanged(standing: Verdict, { prompt }: Turn): RunEvent {
  const trouble = { code: 'rights-changed', was: prompt.tier, now: standing.tier } as const
  return { type: 'finished', outcome: { kind: 'failed', trouble, usage: noUsage } }
}

/** What becomes of a live run when nothing is left of its process. */
function lossOf(open: OpenRun, runtimeGone: boolean): RunEvent {
  if (open.state === 'stopping') return { type: 'finished', outcome: { kind: 'stopped', usage: noUsage } }
  if (open.attempt >= attemptLimit || runtimeGone) {
    const trouble = { code: 'lost-too-often', times: open.attempt } as const
    return { type: 'finished', outcome: { kind: 'failed', trouble, usage: noUsage } }
  }
  return { type: 'lost', detail: 'its process was gone when the bot came back' }
}

function fold(entries: readonly Entry[]): {
  readonly run: Run
  readonly answered: readonly Extract<RunEvent, { type: 'answered' }>[]
  readonly steered: readonly Steering[]
  readonly forgotten: boolean
} {
  let run = newRun
  let answered: Extract<RunEvent, { type: 'answered' }>[] = []
  // Also of lost attempts: the next one begins from the prompt again.
  const steered = new Map<PromptKey, Steering>()
  for (const { event } of entries) {
    run = step(run, event) ?? run
    if (event.type === 'admitted') answered = []
    if (event.type === 'answered') answered.push(event)
    if (event.type === 'steered') steered.set(event.steer.key, event)
  }
  return {
    run,
    answered,
    steered: [...steered.values()],
    forgotten: entries.some(({ event }) => event.type === 'forgotten'),
  }
}

/** Where the files of a prompt lie; fewer than there should be when one is gone. */
async function locateAll(kept: readonly Attachment[], attachments: Attachments): Promise<readonly AttachedFile[]> {
  const found = await Promise.all(kept.map((attachment) => attachments.locate(attachment)))
  return found.filter((file) => file !== null)
}

function median(numbers: readonly number[]): number | null {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? null
}

function isSame(a: ReadonlyMap<RunId, LinePlace>, b: ReadonlyMap<RunId, LinePlace>): boolean {
  if (a.size !== b.size) return false
  for (const [run, before] of a) {
    const now = b.get(run)
    if (now?.place !== before.place || now.atWork !== before.atWork) return false
  }
  return true
}
