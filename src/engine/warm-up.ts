import type { Clock } from '../core/clock.ts'
import { messageOf } from '../core/failure.ts'
import type { Gate } from '../core/gate.ts'
import type { PromptKey, SessionId } from '../core/ids.ts'
import type { Journal } from '../core/journal.ts'
import type { Log } from '../core/log.ts'
import type { Person } from '../core/person.ts'
import type { Place } from '../core/place.ts'
import type { Prompt } from '../core/prompt.ts'
import { sessionFor } from '../core/session-lookup.ts'
import type { Session } from '../core/session.ts'
import type { Timings } from '../core/timings.ts'
import type { Vault } from '../core/vault.ts'
import { background } from '../system/background.ts'
import { BoundedMap } from '../system/bounded-map.ts'
import type { Premises } from './premises.ts'

/** Somebody who types is told of again and again while they do. */
const typingAgainAfterMs = 8_000
/** Another machine knows by itself whether there is something to start, and each question is written into the database. */
const typingAgainThereAfterMs = 60_000
const mostRemembered = 1_000
/** Whoever has asked so lately is likely to ask again. */
const latelyMs = 30 * 60_000
/** At a start no more than these, whatever the caps allow, and so many runs are looked at for them. */
const mostResumed = 6
const mostLooked = 50

export interface WarmUpTools {
  readonly journal: Journal
  readonly vault: Vault
  readonly agentsHere: boolean
  readonly gate: Gate
  readonly mayPrepare: Premises['mayPrepare']
  readonly prepare: Premises['prepare']
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
  readonly timings: Pick<Timings, 'warmAgainAfterMs'>
}

/**
 * Starts agents' processes before anybody has asked anything, so that the first prompt finds one that is ready. What is
 * started has the rights of whoever is likely to ask; a prompt of somebody else's starts another, as ever. It is only
 * ever a gain in time: what cannot be started is told of by the prompt.
 */
export class WarmUp {
  readonly #tools: WarmUpTools
  readonly #typedAt = new BoundedMap<string, number>(mostRemembered)

  constructor(tools: WarmUpTools) {
    this.#tools = tools
  }

  /** A session has begun: whoever started it will ask first. */
  began(session: Session, by: Person): void {
    this.#inTheBackground(this.#prepare(session, session.place, by))
  }

  /** Somebody has begun to type. */
  typing(place: Place, by: Person): void {
    this.#inTheBackground(this.#typing(place, by))
  }

  /** The bot is there again: sessions whose process was closed meanwhile and that were asked lately have one again. */
  async resume(): Promise<void> {
    const { journal, clock } = this.#tools
    const asked = new Map<SessionId, Prompt>()
    for (const { session, prompt } of await journal.latest(mostLooked)) {
      const isLate = clock.now() - prompt.askedAt >= latelyMs
      if (!isLate && !asked.has(session)) asked.set(session, prompt)
    }
    this.#next([...asked].slice(0, mostResumed))
  }

  /** One after the other, with a breath between: what people ask meanwhile has the machine. */
  #next([first, ...rest]: readonly (readonly [SessionId, Prompt])[]): void {
    const { clock, timings } = this.#tools
    if (first === undefined) return
    clock.after(timings.warmAgainAfterMs, () => {
      this.#inTheBackground(this.#again(...first))
      this.#next(rest)
    })
  }

  async #again(id: SessionId, { speaker, place }: Prompt): Promise<void> {
    const { vault, gate, signal } = this.#tools
    const before = await vault.session(id)
    if (signal.aborted || before === null || !(await this.#mayStart(before))) return
    const now = await gate.personNow(speaker, place)
    // It may have been ended meanwhile.
    const session = await vault.session(id)
    if (now !== null && session !== null) await this.#prepare(session, place, now)
  }

  async #typing(place: Place, by: Person): Promise<void> {
    const { vault, clock } = this.#tools
    const session = await sessionFor(vault, place)
    if (session === null) return
    const who = `${session.id} ${by.id}`
    const before = this.#typedAt.get(who)
    const againAfterMs = session.worker === null ? typingAgainAfterMs : typingAgainThereAfterMs
    if (before !== undefined && clock.monotonic() - before < againAfterMs) return
    this.#typedAt.set(who, clock.monotonic())
    await this.#prepare(session, place, by)
  }

  async #prepare(session: Session, place: Place, speaker: Person): Promise<void> {
    const { gate, clock, signal, prepare } = this.#tools
    if (!(await this.#mayStart(session))) return
    const asked: Prompt = {
      key: '' as PromptKey,
      session: session.id,
      place,
      speaker,
      text: '',
      message: null,
      askedAt: clock.now(),
      tier: 'public',
      attachments: [],
      context: [],
    }
    const standing = await gate.speakerOf(asked, session)
    if (standing.allowed && !signal.aborted) await prepare(session, { ...asked, tier: standing.tier })
  }

  async #mayStart(session: Session): Promise<boolean> {
    const { agentsHere, mayPrepare } = this.#tools
    return (agentsHere || session.worker !== null) && (await mayPrepare(session))
  }

  #inTheBackground(work: Promise<void>): void {
    const { log } = this.#tools
    const told = work.catch((error: unknown) => log.debug({ error: messageOf(error) }, 'agent.not-prepared'))
    background(told, log, 'agent.prepare')
  }
}
