import type { Clock } from '../core/clock.ts'
import { messageOf } from '../core/failure.ts'
import type { Gate } from '../core/gate.ts'
import type { PromptKey, RunId, RuntimeName } from '../core/ids.ts'
import type { Log } from '../core/log.ts'
import type { Person } from '../core/person.ts'
import type { Place } from '../core/place.ts'
import type { Prompt } from '../core/prompt.ts'
import type { Runtime } from '../core/runtime.ts'
import { sessionFor } from '../core/session-lookup.ts'
import type { Session } from '../core/session.ts'
import type { Vault } from '../core/vault.ts'
import { background } from '../system/background.ts'
import { BoundedMap } from '../system/bounded-map.ts'
import { freeMemory } from '../system/host.ts'

/** Somebody who types is told of again and again while they do. */
const typingAgainAfterMs = 8_000
/** Below this nothing is started that nobody has asked for yet: an agent takes some 170 MB. */
const leastFreeBytes = 1024 ** 3
const mostRemembered = 1_000

export interface WarmUpTools {
  readonly vault: Vault
  readonly gate: Gate
  readonly runtimes: ReadonlyMap<RuntimeName, Runtime>
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
  /** Memory that is free, in bytes; the machine's when left out. */
  readonly freeMemory?: () => number
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

  async #typing(place: Place, by: Person): Promise<void> {
    const { vault, clock } = this.#tools
    const session = await sessionFor(vault, place)
    if (session === null) return
    const who = `${session.id} ${by.id}`
    const before = this.#typedAt.get(who)
    if (before !== undefined && clock.monotonic() - before < typingAgainAfterMs) return
    this.#typedAt.set(who, clock.monotonic())
    await this.#prepare(session, place, by)
  }

  async #prepare(session: Session, place: Place, speaker: Person): Promise<void> {
    const { runtimes, gate, clock, signal } = this.#tools
    const runtime = runtimes.get(session.runtime)
    if (runtime === undefined || runtime.processes().some((process) => process.session === session.id)) return
    if ((this.#tools.freeMemory ?? freeMemory)() < leastFreeBytes) return
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
    if (!standing.allowed || signal.aborted) return
    const prompt = { ...asked, tier: standing.tier }
    await runtime.prepare({
      run: '' as RunId,
      attempt: 1,
      parks: 0,
      goesOn: false,
      prompt,
      session,
      files: [],
      handOver: null,
    })
  }

  #inTheBackground(work: Promise<void>): void {
    const { log } = this.#tools
    const told = work.catch((error: unknown) => log.debug({ error: messageOf(error) }, 'agent.not-prepared'))
    background(told, log, 'agent.prepare')
  }
}
