import { messageOf } from '../../core/failure.ts'
import type { SessionId } from '../../core/ids.ts'
import type { Log } from '../../core/log.ts'
import type { Patience } from './limits.ts'
import { childrenOf, descendantsOf } from '../../system/process.ts'
import { endMarked, findMarked } from './marker.ts'
import type { Spool } from './spool.ts'
import type { Channel } from './channel.ts'
import type { CliRequest } from './protocol.ts'

export interface PooledProcessOptions {
  /** Id of the data folder: what marks everything it starts. */
  readonly data: string
  readonly farewell: readonly string[]
  readonly patience: Patience
  readonly log: Log
  /** Sessions whose tools it has started. */
  sessions(): readonly SessionId[]
  /** See `Protocol.helpers`. */
  readonly helpers?: RegExp | undefined
  /** Whether anything lives in its box beside it. */
  hasOthersInBox(): boolean
}

/** A process of a pool, which stands on a spool: whatever it says while nobody listens is read by the next life. */
export class PooledProcess {
  readonly spool: Spool
  /** Requests and replies; null where one session has it, and nobody replies. */
  readonly channel: Channel | null
  readonly #options: PooledProcessOptions
  #ending: Promise<void> | null = null

  constructor(spool: Spool, channel: Channel | null, options: PooledProcessOptions) {
    this.spool = spool
    this.channel = channel
    this.#options = options
  }

  /** The folder's name, which its processes are marked with. */
  get name(): string {
    return this.spool.record.session
  }

  get data(): string {
    return this.#options.data
  }

  /** See `Opening.secret`. It stands where no agent can read it, so that the next life knows it. */
  get secret(): string {
    return this.spool.record.shape.split('.')[1] ?? ''
  }

  /** Digest of what it was started with, the secret apart. */
  get shape(): string {
    return this.spool.record.shape.split('.')[0] ?? ''
  }

  get ending(): Promise<void> | null {
    return this.#ending
  }

  get isUsable(): boolean {
    return this.#ending === null && this.spool.death === null
  }

  /** Whether it replies to a stop in time. */
  async hears(stop: CliRequest): Promise<boolean> {
    const { patience } = this.#options
    const never = new AbortController().signal
    const reply = await this.channel?.ask(stop, this.spool.size, never, patience.stopReplyMs).catch(() => null)
    return reply != null
  }

  /** Whether anything that it or its tools have started is alive: all of it goes with it. */
  async hasStarted(): Promise<boolean> {
    const { pid, record } = this.spool
    if (record.boxed === true) return this.#options.hasOthersInBox()
    const { helpers } = this.#options
    const own = helpers === undefined ? [] : childrenOf(pid).filter(({ command }) => helpers.test(command))
    const roots = own.map((each) => each.pid)
    const known = new Set([pid, ...roots, ...descendantsOf(roots)])
    if (descendantsOf([pid]).some((each) => !known.has(each))) return true
    const marked = await findMarked(this.data)
    return marked.some((each) => each.session === this.name && !known.has(each.pid))
  }

  /**
   * Ends it and everything that it and the tools of its sessions have started; `hard`: it is not asked any more. The
   * first call decides how.
   */
  end(how: 'asked' | 'hard'): Promise<void> {
    this.#ending ??= this.#end(how)
    return this.#ending
  }

  async #end(how: 'asked' | 'hard'): Promise<void> {
    const { data, farewell, patience, log } = this.#options
    const { farewellMs, interruptMs, interruptHardMs } = patience
    const sessions = new Set<string>([this.name, ...this.#options.sessions()])
    const grace = { asked: farewellMs, interrupted: how === 'hard' ? interruptHardMs : interruptMs }
    try {
      await this.spool.end(data, how === 'hard' ? [] : farewell, grace)
      if (this.spool.record.boxed !== true) await endMarked(data, ({ session }) => sessions.has(session), 0)
    } catch (error) {
      // What cannot be ended is for the operator, and must not keep anything else from going on.
      log.error({ process: this.name, error: messageOf(error) }, 'agent.end-failed')
    }
    log.info({ runtime: this.spool.record.runtime, process: this.name, pid: this.spool.pid }, 'agent.ended')
  }
}
