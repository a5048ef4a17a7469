import { setTimeout as delay } from 'node:timers/promises'
import type { Turn } from '../../core/runtime.ts'
import { pause } from '../../core/clock.ts'
import { markVariables } from './marker.ts'
import { wholeWriteBytes } from './spool.ts'
import type { Tail } from './tail.ts'
import type { RuntimeEngineOptions } from './options.ts'
import type { HandedTurn, LeaseRecord } from './lease-records.ts'
import type { Lease } from './lease.ts'
import type { Birth, Opening, Protocol, CliReply, CliRequest, TurnStanding, ProtocolStep } from './protocol.ts'

/** A turn that has been handed to a process, and where its output is read from. */
export interface Handed<State> {
  readonly lease: Lease
  readonly tail: Tail
  readonly state: State
  /** The byte at which its reading began. */
  readonly start: number
}

/** Takes the steps by which a turn is handed over to a process. */
export class HandOver<State extends TurnStanding> {
  readonly #protocol: Protocol<State>
  readonly #options: RuntimeEngineOptions
  readonly #turn: Turn
  readonly #lease: Lease
  readonly #stopped: AbortSignal
  /** The conversation that is open, as the steps say it. */
  #conversation: string | null

  constructor(
    protocol: Protocol<State>,
    options: RuntimeEngineOptions,
    turn: Turn,
    lease: Lease,
    stopped: AbortSignal,
  ) {
    this.#protocol = protocol
    this.#options = options
    this.#turn = turn
    this.#lease = lease
    this.#stopped = stopped
    this.#conversation = lease.record.conversation
  }

  /**
   * `before`: what an earlier life has kept of the same turn, of which it may have written some lines. Null: it was
   * stopped before it was told anything. A process that ends meanwhile has handed its output over, too.
   * @throws {Problem}
   */
  async run(before: HandedTurn | null): Promise<Handed<State> | null> {
    const over = new AbortController()
    try {
      return await this.#run(before, over.signal)
    } finally {
      over.abort()
    }
  }

  async #run(before: HandedTurn | null, over: AbortSignal): Promise<Handed<State> | null> {
    const at = this.#opening(before)
    const prepared = this.#protocol.prepare?.(this.#turn, at.mark, over) ?? Promise.resolve()
    prepared.catch(() => {})
    const { process, record } = this.#lease
    const steps = this.#protocol.open(this.#turn, at)
    const handed = before ?? {
      run: this.#turn.run,
      attempt: this.#turn.attempt,
      start: process.spool.size,
      warm: at.warm,
      spent: record.spent,
      long: false,
      steers: [],
    }
    const state = stateOf(this.#protocol, this.#turn, process.spool.pid, handed, {
      ...record,
      conversation: at.conversation ?? record.conversation,
    })
    const given = (): Handed<State> => ({
      lease: this.#lease,
      tail: process.spool.tail(handed.start),
      state,
      start: handed.start,
    })
    if (before === null) {
      const openedWith = this.#protocol.openedWith?.(this.#turn) ?? null
      this.#lease.keep({ openedWith, conversation: at.conversation, turn: handed, resting: false })
    }
    let reply: CliReply | null = null
    for (let step = steps.next(); step.done !== true; step = steps.next(reply)) {
      reply = null
      const { value } = step
      if (value.is === 'pause') await delay(value.ms)
      else if (value.is === 'prepared') await prepared
      else if (value.is === 'opened') this.#opened(value)
      else if (value.is === 'look') reply = before === null ? null : await this.#look(value.reply, handed)
      else {
        const hands = value.request.reply === null || value.how === 'prompt'
        // Stopped before it was told anything. (Closed: the next life hands it over.)
        if (hands && this.#stopped.aborted) return null
        reply = await this.#ask(value, handed)
        if (reply === null && process.spool.death !== null) return given()
      }
      const mayFail = value.is === 'ask' && (value.how === 'once' || value.how === 'anew')
      if (reply === null || reply.error === null || mayFail) continue
      // Where something had to hold and does not, that is why; the CLI's own words say less.
      await prepared
      return given()
    }
    return given()
  }

  #opening(before: HandedTurn | null): Opening {
    const { session } = this.#turn
    const { process, record } = this.#lease
    const mark = markVariables({ data: process.data, runtime: this.#protocol.name, session: session.id })
    const plain = { secret: process.secret, mark }
    if (this.#protocol.openedWith === undefined) {
      const warm = before?.warm ?? record.turn !== null
      return { ...plain, conversation: record.conversation, warm, left: [] }
    }
    const known = session.conversation?.id ?? null
    // A later attempt without any: what was open has been set aside.
    const isAnother = known === null ? this.#turn.attempt > 1 : known !== record.conversation
    const isOtherwise = record.openedWith !== this.#protocol.openedWith(this.#turn)
    const conversation = before === null && (isAnother || isOtherwise) ? null : record.conversation
    const left = [...new Set([known, record.conversation])].filter((each) => each !== null)
    return { ...plain, conversation, warm: conversation !== null, left }
  }

  #look(id: string, { start }: HandedTurn): Promise<CliReply | null> {
    const { channel } = this.#lease.process
    return channel?.answered(id, start, this.#conversation, this.#stopped) ?? Promise.resolve(null)
  }

  async #ask({ request, how }: Extract<ProtocolStep, { is: 'ask' }>, handed: HandedTurn): Promise<CliReply | null> {
    const { channel, spool } = this.#lease.process
    const { promptReplyMs } = this.#options.limits
    if (request.reply === null || channel === null) return this.#write(request, handed)
    if (how === 'once') return channel.askOnce(request, this.#stopped)
    if (how === 'anew') return channel.ask(request, spool.size, this.#stopped)
    if (how !== 'prompt') return channel.ask(request, handed.start, this.#stopped)
    const never = new AbortController().signal
    const asking = channel.ask(request, handed.start, never, promptReplyMs)
    this.#options.checkpoint('handed-over')
    // One that does not reply must not keep the deadlines from being set.
    return asking.catch(() => null)
  }

  /** A CLI that does not read must not keep the deadlines from being set. */
  async #write({ lines }: CliRequest, handed: HandedTurn): Promise<null> {
    const { clock, limits, checkpoint } = this.#options
    const long = isLong(lines)
    if (long !== handed.long) this.#lease.keep({ turn: { ...handed, long } })
    const enough = new AbortController()
    await Promise.race([this.#lease.spool.write(...lines), pause(clock, limits.takeInMs, enough.signal)])
    enough.abort()
    checkpoint('handed-over')
    return null
  }

  #opened({ conversation, transcript }: Extract<ProtocolStep, { is: 'opened' }>): void {
    this.#conversation = conversation
    this.#lease.keep({ conversation, transcript })
  }
}

/** The state in which the reading of a handed turn begins. */
export function stateOf<State extends TurnStanding>(
  protocol: Protocol<State>,
  turn: Turn,
  pid: number,
  handed: HandedTurn,
  record: Pick<LeaseRecord, 'conversation' | 'transcript'>,
): State {
  const state = protocol.begin(turn, birthOf(protocol, pid, handed, record))
  return handed.steers.length === 0 ? state : (protocol.expecting?.(state, handed.steers) ?? state)
}

export function birthOf(
  { openedWith }: Pick<Protocol<TurnStanding>, 'openedWith'>,
  pid: number,
  { warm, spent }: HandedTurn,
  { conversation, transcript }: Pick<LeaseRecord, 'conversation' | 'transcript'>,
): Birth {
  // Where it has to be opened first, which one it is stands in the output.
  const isOpen = warm || openedWith === undefined
  return {
    pid,
    warm,
    spent,
    conversation: (isOpen ? conversation : null) ?? '',
    transcript: isOpen ? transcript : null,
  }
}

/** Whether lines may be torn by a death of the bot while it writes them. */
function isLong(lines: readonly string[]): boolean {
  return Buffer.byteLength(lines.join('\n')) > wholeWriteBytes
}
