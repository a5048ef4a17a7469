import { pause, type Clock } from '../core/clock.ts'
import type { Log } from '../core/log.ts'

/**
 * When the gateway may be dialled. @discordjs/ws itself dials twice a second for ever, and identifies every 5 s when it
 * is thrown out right after (measured; facts/discord.md section 6): at 1,000 identifies a day Discord resets the
 * bot's token.
 */
export interface DialRules {
  /** The first pause; it doubles with each dial in a row that came to nothing. */
  readonly firstPauseMs: number
  /** Nobody answers: a dial costs nothing, and whoever waits long is back late (28 s after an outage of 3 minutes, when this was 5 minutes). */
  readonly longestPauseMs: number
  /** Thrown out after each identify, of which a day has a thousand. */
  readonly longestIdentifyPauseMs: number
  /** A session that nobody has taken up by then, while nothing of it is told again, leads nowhere. */
  readonly resumedWithinMs: number
  /** Nor does one that was asked for this often in a row. */
  readonly mostResumes: number
  /** Discord takes one identify in 5 s. */
  readonly identifyEveryMs: number
  /** A connection that held this long ends the row. */
  readonly steadyMs: number
  /** Pauses from here on are called resting. */
  readonly restingFromMs: number
  /** With fewer identifies left than this, no more are made until Discord counts anew. */
  readonly identifiesKept: number
}

export const dialRules: DialRules = {
  firstPauseMs: 1000,
  longestPauseMs: 10_000,
  longestIdentifyPauseMs: 5 * 60_000,
  resumedWithinMs: 15_000,
  mostResumes: 3,
  identifyEveryMs: 5500,
  steadyMs: 30_000,
  restingFromMs: 30_000,
  identifiesKept: 50,
}

/** How many identifies Discord grants, and when it counts anew. */
export interface IdentifyBudget {
  readonly remaining: number
  readonly resetAfterMs: number
}

export interface GuardOptions {
  readonly rules: DialRules
  readonly clock: Clock
  readonly log: Log
  /** Asks Discord for the budget; may reject. */
  readonly budget: () => Promise<IdentifyBudget>
  /** Between 0 and 1: spreads the pauses of many bots. */
  readonly random: () => number
}

/** The circuit breaker before every dial. */
export class DialGuard {
  readonly #options: GuardOptions
  readonly #closing = new AbortController()
  #dials = 0
  /** How many of them came as far as an identify. */
  #identified = 0
  #identifiedAt: number | null = null
  #upSince: number | null = null
  #isResting = false
  /** Identifies made, for the log and for tests. */
  identifies = 0

  constructor(options: GuardOptions) {
    this.#options = options
  }

  get isResting(): boolean {
    return this.#isResting
  }

  /** Resolves when the gateway may be dialled; never after `close`. */
  async pass(isResume: boolean): Promise<void> {
    this.#settle()
    const pauseMs = this.#pauseMs(isResume)
    this.#dials++
    if (pauseMs > 0) await this.#rest(pauseMs, 'discord.dial-later')
    if (!isResume) await this.#waitForBudget()
    // A shard dials as soon as this resolves, also when it was told to stop meanwhile.
    if (this.#closing.signal.aborted) await new Promise<never>(() => {})
  }

  /** Resolves when the connection that was dialled may identify itself; rejects when the signal fires before. */
  async identify(signal: AbortSignal): Promise<void> {
    const { clock, rules } = this.#options
    const wait = this.#identifiedAt === null ? 0 : this.#identifiedAt + rules.identifyEveryMs - clock.monotonic()
    if (wait > 0) await pause(clock, Math.min(wait, rules.identifyEveryMs), signal)
    signal.throwIfAborted()
    this.#identifiedAt = clock.monotonic()
    this.identifies++
    this.#identified++
    this.#options.log.info({ identifies: this.identifies }, 'discord.identify')
  }

  /** READY or RESUMED came. */
  up(): void {
    this.#upSince = this.#options.clock.monotonic()
  }

  close(): void {
    this.#closing.abort()
  }

  /** A connection that held for a while makes earlier failures forgotten. */
  #settle(): void {
    const { clock, rules } = this.#options
    if (this.#upSince !== null && clock.monotonic() - this.#upSince >= rules.steadyMs) {
      this.#dials = 0
      this.#identified = 0
    }
    this.#upSince = null
  }

  /** Nothing for the first two in a row (a connection may break once), then doubling, with up to half off. */
  #pauseMs(isResume: boolean): number {
    const { rules, random } = this.#options
    const after = (failed: number, longest: number) =>
      failed < 2 ? 0 : Math.min(longest, rules.firstPauseMs * 2 ** (failed - 2))
    const full = Math.max(
      after(this.#dials, rules.longestPauseMs),
      isResume ? 0 : after(this.#identified, rules.longestIdentifyPauseMs),
    )
    return Math.round(full * (1 - random() / 2))
  }

  async #waitForBudget(): Promise<void> {
    const { budget, rules, log } = this.#options
    for (;;) {
      const { remaining, resetAfterMs } = await budget().catch(() => ({
        remaining: Number.POSITIVE_INFINITY,
        resetAfterMs: 0,
      }))
      if (remaining >= rules.identifiesKept || this.#closing.signal.aborted) return
      const hint =
        'Discord resets the token of a bot that logs in too often, so this one waits. Look for what makes it restart.'
      log.error({ remaining, resetAfterMs, hint }, 'discord.identify-budget')
      await this.#rest(Math.max(resetAfterMs, rules.restingFromMs), 'discord.dial-later')
    }
  }

  async #rest(ms: number, message: string): Promise<void> {
    const { clock, log, rules } = this.#options
    log.warn({ inMs: ms, dials: this.#dials }, message)
    this.#isResting = ms >= rules.restingFromMs
    await pause(clock, ms, this.#closing.signal)
    this.#isResting = false
  }
}
