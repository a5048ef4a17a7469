import type { Clock } from '../core/clock.ts'
import type { Log } from '../core/log.ts'
import type { DialRules } from './guard.ts'

export interface ResumingOptions {
  readonly rules: Pick<DialRules, 'resumedWithinMs' | 'mostResumes'>
  readonly clock: Clock
  readonly log: Log
  /** Lets go of the session, and connects for a new one. */
  readonly startAnew: (reason: string) => void
}

/**
 * Whether a session is worth being resumed. @discordjs/ws asks for it again at once and for ever, whatever the answer is:
 * a thousand times a second where Discord says "perhaps" (op 9), and never again where it says nothing (measured).
 */
export class Resuming {
  readonly #options: ResumingOptions
  #asked = 0
  #patience: Disposable | null = null

  constructor(options: ResumingOptions) {
    this.#options = options
  }

  /** It is about to be asked for; false: it leads nowhere, and a new one is begun instead. */
  begin(): boolean {
    const { rules } = this.#options
    this.#asked += 1
    if (this.#asked > rules.mostResumes) {
      this.#giveUp(`asked for ${rules.mostResumes} times in vain`)
      return false
    }
    this.#wait()
    return true
  }

  /** Something of it was told again. */
  heard(): void {
    if (this.#patience !== null) this.#wait()
  }

  /** The connection is gone, or being taken down. */
  down(): void {
    this.#patience?.[Symbol.dispose]()
    this.#patience = null
  }

  /** There is a session. */
  up(): void {
    this.down()
    this.#asked = 0
  }

  #wait(): void {
    const { clock, rules } = this.#options
    this.down()
    this.#patience = clock.after(rules.resumedWithinMs, () => this.#giveUp('no word of it'))
  }

  #giveUp(reason: string): void {
    this.up()
    this.#options.log.warn({ reason }, 'discord.session-given-up')
    this.#options.startAnew(reason)
  }
}
