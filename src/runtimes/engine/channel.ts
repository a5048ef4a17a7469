import { Problem } from '../../core/failure.ts'
import type { Ids } from '../../core/ids.ts'
import type { Patience } from './limits.ts'
import { tailOfDead, type Spool } from './spool.ts'
import type { Tail } from './tail.ts'
import type { CliReply, CliRequest, Shared } from './protocol.ts'

/** Requests and replies over a spool. Replies stay in the output, so the next life finds what this one asked for. */
export class Channel {
  readonly #spool: Spool
  readonly #shared: Pick<Shared<never>, 'replyIn' | 'barrier'>
  readonly #ids: Ids
  readonly #patience: Patience
  /** Ids of requests that a process answers once and for all, and has. */
  readonly #answered = new Set<string>()

  constructor(spool: Spool, shared: Pick<Shared<never>, 'replyIn' | 'barrier'>, ids: Ids, patience: Patience) {
    this.#spool = spool
    this.#shared = shared
    this.#ids = ids
    this.#patience = patience
  }

  /**
   * Writes a request and gives its reply; null when the process has ended. `from`: a byte of output before it.
   * @throws {Problem} when none comes in time, or the signal fires first.
   */
  async ask(
    request: CliRequest,
    from: number,
    signal: AbortSignal,
    ms = this.#patience.replyMs,
  ): Promise<CliReply | null> {
    this.#spool.send(...request.lines)
    const tail = this.#spool.tail(from)
    const late = AbortSignal.any([signal, AbortSignal.timeout(ms)])
    const reply = await this.#find(request.reply, tail, late)
    if (reply !== null || (this.#spool.death !== null && !signal.aborted)) return reply
    throw new Problem('wire', 'The CLI did not reply.')
  }

  /** Asks what a process replies to once and for all, unless it has. */
  async askOnce(request: CliRequest, signal: AbortSignal): Promise<CliReply | null> {
    const id = request.reply ?? ''
    if (this.#answered.has(id)) return { id, result: {}, error: null }
    const reply = (await this.#standing(id, 0)) ?? (await this.ask(request, 0, signal))
    if (reply !== null) this.#answered.add(id)
    return reply
  }

  /**
   * The reply to a request that an earlier life may have written; null when it certainly did not arrive. With a
   * conversation, what was written for it before is answered first; without, the process may still be at it.
   * @throws {Problem} as `ask` does.
   */
  async answered(id: string, from: number, conversation: string | null, signal: AbortSignal): Promise<CliReply | null> {
    const barrier = this.#ids.next()
    const line = this.#shared.barrier(barrier, conversation)
    await this.ask({ lines: [line], reply: barrier }, this.#spool.size, signal)
    return this.#standing(id, from)
  }

  /** What stands in the output already. */
  #standing(id: string, from: number): Promise<CliReply | null> {
    return this.#find(id, tailOfDead(this.#spool.folder, from), null)
  }

  async #find(id: string | null, tail: Tail, signal: AbortSignal | null): Promise<CliReply | null> {
    const close = (): void => void tail.close().catch(() => {})
    if (signal?.aborted === true) close()
    signal?.addEventListener('abort', close, { once: true })
    try {
      const quoted = JSON.stringify(id)
      for (let batch = await tail.next(); batch !== null; batch = await tail.next()) {
        for (const { text } of batch.lines) {
          const reply = text.includes(quoted) ? this.#shared.replyIn(text) : null
          if (reply?.id === id) return reply
        }
      }
      return null
    } finally {
      signal?.removeEventListener('abort', close)
      await tail.close()
    }
  }
}
