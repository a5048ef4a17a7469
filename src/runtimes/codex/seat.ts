import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { RunId, SessionId } from '../../core/ids.ts'
import { Agent } from '../agent.ts'
import type { Patience } from '../limits.ts'
import { endMarked } from '../marker.ts'
import { writeAtomically } from '../../system/atomic-file.ts'
import { ticksOf } from '../../system/process.ts'
import { stopIdOf, stopLines } from './request.ts'
import { codexName, type Server } from './server.ts'

/** What the next life has to know of a session: which server holds its conversation, and the turn last handed over. */
export interface SeatRecord {
  readonly session: SessionId
  /** Name of the server's folder. */
  readonly server: string
  /** The conversation that is open in that server; null before. */
  readonly thread: string | null
  readonly transcript: string | null
  /** Whether it was opened with trust in what the repository brings; it has to be opened anew for who has it otherwise. */
  readonly trusting: boolean
  readonly turn: HandedTurn | null
  /** Whether that turn is over and the conversation is ready for another. */
  readonly resting: boolean
}

export interface HandedTurn {
  readonly run: RunId
  readonly attempt: number
  /** The byte of the server's output behind everything before the turn. */
  readonly start: number
  readonly warm: boolean
}

/** The records of all sessions, one file each. */
export class Seats {
  readonly #folder: string

  constructor(dataDir: string) {
    this.#folder = join(dataDir, 'codex')
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
  }

  read(session: SessionId): SeatRecord | null {
    try {
      return JSON.parse(readFileSync(this.#file(session), 'utf8')) as SeatRecord
    } catch {
      // There is none.
      return null
    }
  }

  write(record: SeatRecord): void {
    writeAtomically(this.#file(record.session), JSON.stringify(record))
  }

  remove(session: SessionId): void {
    rmSync(this.#file(session), { force: true })
  }

  /** Those that sit at that server. */
  at(server: string): readonly SeatRecord[] {
    return readdirSync(this.#folder)
      .filter((name) => name.endsWith('.json'))
      .flatMap((name) => this.read(name.slice(0, -'.json'.length) as SessionId) ?? [])
      .filter((record) => record.server === server)
  }

  #file(session: SessionId): string {
    return join(this.#folder, `${session}.json`)
  }
}

/** A session's place at a server that it shares with others, while this life of the bot holds it. */
export class Seat extends Agent {
  readonly server: Server
  thread: string | null
  transcript: string | null
  /** See `SeatRecord.trusting`; null: nobody knows. */
  trusting: boolean | null
  /** The server's id of the turn that is being led; null when none is, or the server has not taken it yet. */
  turn: string | null = null
  /** Whether the turn was asked to stop already. */
  isStopping = false
  readonly #endServer: () => Promise<void>
  readonly #stopReplyMs: number
  readonly #marks: string
  #leaving: Promise<void> | null = null

  constructor(
    session: SessionId,
    server: Server,
    data: string,
    record: SeatRecord | null,
    patience: Patience,
    end: () => Promise<void>,
  ) {
    super(session, server.spool, 0, data, [], patience)
    this.#stopReplyMs = patience.stopReplyMs
    this.server = server
    this.thread = record?.thread ?? null
    this.transcript = record?.transcript ?? null
    this.trusting = record?.trusting ?? null
    this.conversation = this.thread ?? ''
    this.#endServer = end
    this.#marks = data
  }

  override get ending(): Promise<void> | null {
    return this.#leaving
  }

  override get isUsable(): boolean {
    return this.#leaving === null && this.server.isUsable
  }

  /**
   * Ends the turn: the others at the server are spared when it still listens. One that was told to stop and did not
   * has to go as a whole.
   */
  override end(): Promise<void> {
    this.#leaving ??= this.#leave()
    return this.#leaving
  }

  async #leave(): Promise<void> {
    const { thread, turn, server } = this
    if (server.isUsable && !this.isStopping && thread !== null && turn !== null) {
      const never = new AbortController().signal
      const id = stopIdOf(turn)
      const lines = stopLines(thread, turn)
      const reply = await server.ask(id, lines, server.spool.size, never, this.#stopReplyMs).catch(() => null)
      if (reply !== null) return
    }
    await this.#endServer()
  }

  /** The server cleans up what it knows of: not what put itself aside, nor what it was just about to start. */
  override async tidy(): Promise<void> {
    await endMarked(this.#marks, ({ runtime, session }) => runtime === codexName && session === this.session, 0)
  }

  /** CPU time of the server and of what this session's tools use. */
  override async ticks(): Promise<number | null> {
    const own = ticksOf(this.server.spool.pid)
    const tools = await super.ticks()
    return own === null || tools === null ? null : own + tools
  }
}
