import { pause, type Clock, type EpochMs } from '../core/clock.ts'
import { messageOf } from '../core/failure.ts'
import type { Finding, Found, NamedCheck } from '../core/finding.ts'
import type { Log } from '../core/log.ts'
import type { Timings } from '../core/timings.ts'
import { background } from '../system/background.ts'
import type { FindingPost } from './finding-post.ts'

export interface FindingsTools {
  readonly checks: readonly NamedCheck[]
  readonly clock: Clock
  readonly log: Log
  readonly timings: Pick<Timings, 'checkAfterMs' | 'checkEveryMs'>
  readonly signal: AbortSignal
  /**
   * Told at every look of each finding that concerns them, and once in a life of each that is not there (any more); again
   * at the next look when one rejects. `all`: nothing else that concerns them stands.
   */
  readonly posts: readonly Pick<FindingPost, 'concerns' | 'tell' | 'over'>[]
}

/**
 * Holds what all parts find when they look at themselves, at the start and every few minutes. Each thing is said once in
 * the log when it begins, and once when it is over; a part that cannot say now is believed as it was.
 */
export class Findings {
  readonly #tools: FindingsTools
  /** By part, then by id. */
  readonly #found = new Map<string, ReadonlyMap<string, Found>>()
  /** What is as it should be, and whether that was told. */
  readonly #well = new Map<string, { readonly text: string; told: boolean }>()

  constructor(tools: FindingsTools) {
    this.#tools = tools
  }

  /** Looks again and again, each part by itself, until the signal. */
  start(): void {
    for (const check of this.#tools.checks) {
      background(this.#goOn(check), this.#tools.log, `check.${check.name}`)
      check.listen?.(() => background(this.look(check.name), this.#tools.log, `check.${check.name}`))
    }
  }

  /** What is not as it should be, what stops everybody first. */
  now(): readonly Found[] {
    const weight = ({ level, stopsAll }: Finding): number => (stopsAll === true ? 0 : level === 'error' ? 1 : 2)
    return [...this.#found.values()]
      .flatMap((part) => [...part.values()])
      .toSorted((a, b) => weight(a) - weight(b) || (a.id < b.id ? -1 : 1))
  }

  /** Looks at one part anew, because it has changed. */
  async look(name: string): Promise<void> {
    const part = this.#tools.checks.find((each) => each.name === name)
    if (part !== undefined) await this.#look(part)
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
    for (const { id, level, text } of findings) {
      if (level !== 'ok') this.#well.delete(id)
      else if (!this.#well.has(id)) this.#well.set(id, { text, told: false })
    }
    for (const [id, { level, text, mend, stopsAll }] of now) {
      if (before.get(id)?.level === level) continue
      const fields = { id, text, mend, ...(stopsAll === true ? { stopsAll } : {}) }
      if (level === 'error') log.error(fields, 'finding')
      else log.warn(fields, 'finding')
    }
    for (const [id, { text }] of before) {
      if (now.has(id)) continue
      if (!this.#well.has(id)) this.#well.set(id, { text, told: false })
      log.info({ id, text }, 'finding.over')
    }
  }

  async #tellAll(): Promise<void> {
    const { posts } = this.#tools
    const standing = this.now()
    for (const found of standing)
      for (const post of posts) if (post.concerns(found)) await this.#try(found.id, () => post.tell(found))
    for (const [id, well] of this.#well) {
      if (well.told) continue
      await this.#try(id, async () => {
        for (const post of posts) await post.over(id, well.text, !standing.some((found) => post.concerns(found)))
        well.told = true
      })
    }
  }

  async #try(id: string, tell: () => Promise<void>): Promise<void> {
    try {
      await tell()
    } catch (error) {
      this.#tools.log.warn({ id, error: messageOf(error) }, 'finding.untold')
    }
  }
}
