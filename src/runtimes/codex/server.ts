import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Problem } from '../../core/failure.ts'
import type { AccountId, Ids, RuntimeName, SessionId } from '../../core/ids.ts'
import type { Command } from '../child.ts'
import type { Patience } from '../limits.ts'
import { endMarked } from '../marker.ts'
import { readRecord, Spool, tailOfDead } from '../spool.ts'
import { cleanLine, closeLine, echoLine, initializeId, initializeLines, lookLine } from './request.ts'
import { parseLine, type Reply } from './wire.ts'

export const codexName = 'codex' as RuntimeName

/**
 * One `codex app-server`: all conversations of one login. It stands on a spool like every other agent, so that whatever
 * it says while nobody listens is read by the next life.
 */
export class Server {
  readonly spool: Spool
  readonly #data: string
  readonly #ids: Ids
  readonly #patience: Patience
  #ready: Promise<void> | null = null
  #ending: Promise<void> | null = null

  private constructor(spool: Spool, data: string, ids: Ids, patience: Patience) {
    this.spool = spool
    this.#data = data
    this.#ids = ids
    this.#patience = patience
  }

  /**
   * `commandWith`: what is run, with a secret of the server's own in it (see `profileAt`). `named` is told the folder's
   * name before there is a process.
   * @throws {Problem}
   */
  static async start(
    spools: string,
    account: AccountId,
    commandWith: (secret: string) => Command,
    data: string,
    ids: Ids,
    patience: Patience,
    named: (name: string) => void,
  ): Promise<Server> {
    const generation = ids.next()
    const name = `${prefixOf(account)}${generation}`
    named(name)
    const secret = ids.next()
    const shape = `${shapeOf(commandWith(''))}.${secret}`
    const spool = await Spool.open(
      join(spools, name),
      commandWith(secret),
      { data, runtime: codexName, session: name as SessionId },
      { generation, shape, conversation: '', startedAt: Date.now() },
    )
    return new Server(spool, data, ids, patience)
  }

  /** Takes up the server in that folder; null when it no longer runs. */
  static async attach(folder: string, data: string, ids: Ids, patience: Patience): Promise<Server | null> {
    if (readRecord(folder)?.runtime !== codexName) return null
    const spool = await Spool.attach(folder)
    if (spool === null) return null
    // An earlier life may have died in the middle of a line: the break makes it one that the server cannot read.
    spool.send('')
    return new Server(spool, data, ids, patience)
  }

  /** The folder's name, which its processes are marked with. */
  get name(): string {
    return this.spool.record.session
  }

  /** See `profileAt`. It stands with the shape, where no agent can read it, so that the next life knows it. */
  get secret(): string {
    return this.spool.record.shape.split('.')[1] ?? ''
  }

  /** Whether it was started with the same, the secret apart. `command`: without one. */
  isLike(command: Command): boolean {
    return this.spool.record.shape.split('.')[0] === shapeOf(command)
  }

  get isUsable(): boolean {
    return this.#ending === null && this.spool.death === null
  }

  /** Resolves when it takes requests. @throws {Problem} */
  ready(signal: AbortSignal): Promise<void> {
    this.#ready ??= this.#greet(signal).catch((error: unknown) => {
      this.#ready = null
      throw error
    })
    return this.#ready
  }

  async #greet(signal: AbortSignal): Promise<void> {
    // A second greeting is refused, which is as good an answer.
    if ((await this.#standing(initializeId, 0)) === null) await this.ask(initializeId, initializeLines(), 0, signal)
  }

  /**
   * Writes lines and gives the reply to the request of that id. `from`: a byte of output before it.
   * @throws {Problem} when none comes in time, when the server ends or the signal fires first.
   */
  async ask(
    id: string,
    lines: readonly string[],
    from: number,
    signal: AbortSignal,
    ms = this.#patience.replyMs,
  ): Promise<Reply> {
    this.spool.send(...lines)
    const reply = await this.#find(id, from, AbortSignal.any([signal, AbortSignal.timeout(ms)]))
    if (reply !== null) return reply
    const why = this.spool.death === null ? 'did not answer' : `ended: ${this.spool.complaint().slice(-500)}`
    throw new Problem('wire', `The Codex server ${why}.`)
  }

  /**
   * The reply to a request that an earlier life may have written; null when it certainly did not arrive. With a thread,
   * what was written for it before is answered first; without, the server may still be at it.
   */
  async answered(id: string, from: number, thread: string | null, signal: AbortSignal): Promise<Reply | null> {
    const barrier = this.#ids.next()
    const line = thread === null ? echoLine(barrier) : lookLine(barrier, thread)
    await this.ask(barrier, [line], this.spool.size, signal)
    return this.#standing(id, from)
  }

  /**
   * Makes sure that a conversation is not open, so that whoever opens it next says what holds for it: one that is open
   * keeps what it was opened with.
   * @throws {Problem} when it does not go, or the server does not answer.
   */
  async unload(thread: string, signal: AbortSignal): Promise<void> {
    const late = AbortSignal.any([signal, AbortSignal.timeout(this.#patience.replyMs)])
    this.spool.send(cleanLine(thread))
    while (!late.aborted) {
      const id = this.#ids.next()
      const { result, error } = await this.ask(id, [closeLine(thread, id)], this.spool.size, signal)
      // A name that can be none is refused; opening it will say so.
      if (error !== null || result?.['status'] === 'notLoaded') return
      await delay(20)
    }
    throw new Problem('wire', 'The Codex server did not let a conversation go.')
  }

  /** What stands in the output already. */
  async #standing(id: string, from: number): Promise<Reply | null> {
    const tail = tailOfDead(this.spool.folder, from)
    try {
      for (let batch = await tail.next(); batch !== null; batch = await tail.next()) {
        for (const line of batch.lines) if (isReplyTo(line.text, id)) return parseLine(line.text) as Reply
      }
      return null
    } finally {
      await tail.close()
    }
  }

  async #find(id: string, from: number, signal: AbortSignal): Promise<Reply | null> {
    const tail = this.spool.tail(from)
    const close = (): void => void tail.close()
    if (signal.aborted) close()
    signal.addEventListener('abort', close, { once: true })
    try {
      for (let batch = await tail.next(); batch !== null; batch = await tail.next()) {
        for (const line of batch.lines) if (isReplyTo(line.text, id)) return parseLine(line.text) as Reply
      }
      return null
    } finally {
      signal.removeEventListener('abort', close)
      await tail.close()
    }
  }

  /** Ends the server and everything the given sessions' tools have started. The first call counts. */
  end(sessions: () => ReadonlySet<SessionId>): Promise<void> {
    this.#ending ??= this.#end(sessions)
    return this.#ending
  }

  async #end(sessions: () => ReadonlySet<SessionId>): Promise<void> {
    await this.spool.end(this.#data, [], { asked: 0, interrupted: this.#patience.interruptHardMs })
    const left = sessions()
    await endMarked(this.#data, ({ runtime, session }) => runtime === codexName && left.has(session), 0)
  }
}

/** Folders of the servers of a login, or of all. */
export function serverFolders(spools: string, account: AccountId | null): readonly string[] {
  const prefix = account === null ? 'codex.' : prefixOf(account)
  return readdirSync(spools).filter((name) => name.startsWith(prefix))
}

function prefixOf(account: AccountId): string {
  return `codex.${account.replaceAll(/[^\w-]/g, '_')}.`
}

/** A digest, because the environment may hold a key and the record stands on disk. */
function shapeOf({ file, args, env }: Command): string {
  const variables = Object.entries(env).sort(([a], [b]) => (a < b ? -1 : 1))
  return createHash('sha256')
    .update(JSON.stringify([file, args, variables]))
    .digest('hex')
}

function isReplyTo(text: string, id: string): boolean {
  if (!text.includes(JSON.stringify(id))) return false
  const line = parseLine(text)
  return line.is === 'reply' && line.id === id
}
