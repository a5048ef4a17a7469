import { pause, type Clock, type EpochMs } from '../core/clock.ts'
import { messageOf } from '../core/failure.ts'
import type { Finding, Found, NamedCheck } from '../core/finding.ts'
import type { Log } from '../core/log.ts'
import type { Timings } from '../core/timings.ts'
import { background } from '../system/background.ts'

export interface FindingsTools {
  readonly checks: readonly NamedCheck[]
  readonly clock: Clock
  readonly log: Log
  readonly timings: Pick<Timings, 'checkAfterMs' | 'checkEveryMs'>
  readonly signal: AbortSignal
  /** Told once of each finding as long as which nobody can use the bot. Tried again at the next look when it rejects. */
  tell(found: Found): Promise<void>
}

/**
 * Holds what all parts find when they look at themselves, at the start and every few minutes. Each thing is said once in
 * the log when it begins, and once when it is over; a part that cannot say now is believed as it was.
 */
export class Findings {
  readonly #tools: FindingsTools
  /** By part, then by id. */
  readonly #found = new Map<string, ReadonlyMap<string, Found>>()
  readonly #told = new Set<string>()

  constructor(tools: FindingsTools) {
    this.#tools = tools
  }

  /** Looks again and again, each part by itself, until the signal. */
  start(): void {
    for (const check of this.#tools.checks) background(this.#goOn(check), this.#tools.log, `check.${check.name}`)
  }

  /** What is not as it should be, what stops everybody first. */
  now(): readonly Found[] {
    const weight = ({ level, stopsAll }: Finding): number => (stopsAll === true ? 0 : level === 'error' ? 1 : 2)
    return [...this.#found.values()]
      .flatMap((part) => [...part.values()])
      .toSorted((a, b) => weight(a) - weight(b) || (a.id < b.id ? -1 : 1))
  }

  async #goOn(check: NamedCheck): Promise<void> {
    const { clock, signal, timings } = this.#tools
    if (check.atOnce !== true) await pause(clock, timings.checkAfterMs, signal)
    while (!signal.aborted) {
      await this.#look(check)
      await pause(clock, timings.checkEveryMs, signal)
    }
  }

  async #look(part: NamedCheck): Promise<void> {
    const { name } = part
    const { clock, log } = this.#tools
    try {
      const found = await part.check()
      if (this.#tools.signal.aborted) return
      this.#take(name, found, clock.now())
    } catch (error) {
      log.debug({ part: name, error: messageOf(error) }, 'check.failed')
    }
    await this.#tellAll()
  }

  #take(part: string, findings: readonly Finding[], at: EpochMs): void {
    const { log } = this.#tools
    const before = this.#found.get(part) ?? new Map<string, Found>()
    const now = new Map(
      findings
        .filter(({ level }) => level !== 'ok')
        .map((finding) => [finding.id, { ...finding, since: before.get(finding.id)?.since ?? at }]),
    )
    this.#found.set(part, now)
    for (const [id, { level, text, mend, stopsAll }] of now) {
      if (before.get(id)?.level === level) continue
      const fields = { id, text, mend, ...(stopsAll === true ? { stopsAll } : {}) }
      if (level === 'error') log.error(fields, 'finding')
      else log.warn(fields, 'finding')
    }
    for (const [id, { text }] of before) {
      if (now.has(id)) continue
      this.#told.delete(id)
      log.info({ id, text }, 'finding.over')
    }
  }

  async #tellAll(): Promise<void> {
    for (const found of this.now()) {
      if (found.stopsAll !== true || this.#told.has(found.id)) continue
      try {
        await this.#tools.tell(found)
        this.#told.add(found.id)
      } catch (error) {
        this.#tools.log.warn({ id: found.id, error: messageOf(error) }, 'finding.untold')
      }
    }
  }
}
