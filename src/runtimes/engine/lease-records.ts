import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { PromptKey, RunId, SessionId } from '../../core/ids.ts'
import { writeAtomically } from '../../system/atomic-file.ts'
import type { Spent } from './protocol.ts'

/** What the next life has to know of a session: which process it has, and the turn last handed over. */
export interface LeaseRecord {
  readonly session: SessionId
  /** Name of the process's folder. */
  readonly process: string
  /** The conversation that is open in it; null before. */
  readonly conversation: string | null
  readonly transcript: string | null
  /** See `Protocol.openedWith`; null: nobody knows. */
  readonly openedWith: string | null
  /** Kept before it is handed over; null before the first. */
  readonly turn: HandedTurn | null
  /** Whether that turn is over and the process is ready for another. */
  readonly resting: boolean
  /** What was used up to the end of the last turn; null: nobody knows. */
  readonly spent: Spent | null
}

export interface HandedTurn {
  readonly run: RunId
  readonly attempt: number
  /** The byte of stdout behind everything that belongs to earlier turns. */
  readonly start: number
  readonly warm: boolean
  /** See `LeaseRecord.spent`, before the turn. */
  readonly spent: Spent | null
  /**
   * Whether its lines were too long for the system to take them whole or not at all: after a crash half a line may
   * stand in the pipe, and a process that minds cannot be talked to any more.
   */
  readonly long: boolean
  /** Words that were put into it, each kept when the system had it. */
  readonly steers: readonly PromptKey[]
}

/** The records of all sessions, one file each, beside the spools, where no agent's tools can read. */
export class LeaseRecords {
  readonly #spools: string
  readonly #codex: string
  /** See `toldFolder`. */
  readonly #told: string

  constructor(dataDir: string) {
    this.#spools = join(dataDir, 'spools')
    this.#codex = join(dataDir, 'codex')
    this.#told = join(dataDir, 'codex', 'told')
  }

  read(session: SessionId): LeaseRecord | null {
    return (
      (parsed(this.#file(session)) as LeaseRecord | null) ??
      ofSharedProcess(parsed(join(this.#codex, `${session}.json`))) ??
      ofOwnProcess(parsed(join(this.#spools, session, 'process.json')))
    )
  }

  /** Whole or not at all: the next life must not meet half a record. */
  write(record: LeaseRecord): void {
    writeAtomically(this.#file(record.session), JSON.stringify(record))
  }

  remove(session: SessionId): void {
    rmSync(this.#file(session), { force: true })
    rmSync(join(this.#codex, `${session}.json`), { force: true })
    rmSync(join(this.#told, session), { recursive: true, force: true })
  }

  /** Those that have that process. */
  at(process: string): readonly LeaseRecord[] {
    const names = [...namesIn(this.#spools), ...namesIn(this.#codex)].filter((name) => name.endsWith('.json'))
    const sessions = new Set([...names.map((name) => name.slice(0, -'.json'.length)), process])
    return [...sessions]
      .flatMap((session) => this.read(session as SessionId) ?? [])
      .filter((record) => record.process === process)
  }

  #file(session: SessionId): string {
    return join(this.#spools, `${session}.json`)
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    // Nothing was kept there.
    return []
  }
}

function parsed(file: string): object | null {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'))
    return typeof value === 'object' ? value : null
  } catch {
    // There is none.
    return null
  }
}

/** What version 0.1.0 kept of a session beside a shared server. */
interface FormerSeat {
  readonly session: SessionId
  readonly server: string
  readonly thread: string | null
  readonly transcript: string | null
  readonly trusting?: boolean
  readonly turn: FormerTurn | null
  readonly resting: boolean
}

type FormerTurn = Pick<HandedTurn, 'run' | 'attempt' | 'start' | 'warm'> & Partial<FormerCost>

interface FormerCost {
  readonly costSoFar: number
  readonly long: boolean
  readonly steers: readonly PromptKey[]
}

function ofSharedProcess(value: object | null): LeaseRecord | null {
  if (value === null) return null
  const { session, server, thread, transcript, trusting, turn, resting } = value as FormerSeat
  return {
    session,
    process: server,
    conversation: thread,
    transcript,
    openedWith: trusting === undefined ? null : trusting ? 'trusted' : 'untrusted',
    turn: turn === null ? null : handedOf(turn, null),
    resting,
    spent: null,
  }
}

/** What it kept in the record of a session's own process. */
interface FormerProcess {
  readonly session: SessionId
  readonly conversation: string
  readonly turn?: FormerTurn | null
  readonly resting?: { readonly costSoFar: number } | null
}

function ofOwnProcess(value: object | null): LeaseRecord | null {
  const { session, conversation, turn = null, resting = null } = (value ?? {}) as FormerProcess
  if (turn === null && resting === null) return null
  return {
    session,
    process: session,
    conversation,
    transcript: null,
    openedWith: null,
    turn: turn === null ? null : handedOf(turn, turn.costSoFar ?? 0),
    resting: resting !== null,
    spent: resting === null ? null : ofCost(resting.costSoFar),
  }
}

function handedOf(turn: FormerTurn, costSoFar: number | null): HandedTurn {
  const { run, attempt, start, warm, long = false, steers = [] } = turn
  return { run, attempt, start, warm, long, steers, spent: costSoFar === null ? null : ofCost(costSoFar) }
}

function ofCost(costUsd: number): Spent {
  return { costUsd, inputTokens: 0, outputTokens: 0 }
}
