import type { RunEvent } from '../core/event.ts'
import type { Conduct, Cursor, Turn } from '../core/runtime.ts'
import { coalesce } from './coalesce.ts'
import { cursorOf, positionOf } from './cursor.ts'
import type { Dialect, Standing } from './dialect.ts'
import { endMarked } from './marker.ts'
import { readRecord, sizeOf, Spool, tailOfDead, wholeWriteBytes, type HandedTurn, type SpoolRecord } from './spool.ts'
import type { Tail } from './tail.ts'

/** What an earlier life left of a turn. */
export type Adopted<State> =
  /** The process is gone, but it had ended the turn: what is left to say is said at once. */
  | { readonly kind: 'ended'; readonly conduct: Conduct }
  | {
      readonly kind: 'alive'
      readonly spool: Spool
      /** Lines to write before reading on. */
      readonly write: readonly string[]
      readonly state: State
      readonly start: number
      /** The byte to read on from. */
      readonly offset: number
      readonly handed: HandedTurn
    }

/**
 * Finds out how far an earlier life got with a turn. Null: nothing is left that could end it; what may still run of
 * it has been ended. `fits`: whether a process that was never told of the turn may be: it may do more than whoever
 * asked.
 */
export async function adoptTurn<State extends Standing>(
  dialect: Dialect<State>,
  folder: string,
  turn: Turn,
  cursor: Cursor | null,
  data: string,
  fits: (record: SpoolRecord) => Promise<boolean>,
): Promise<Adopted<State> | null> {
  const record = readRecord(folder)
  const isOurs = record?.runtime === dialect.name && (wasHanded(record, turn) || (await fits(record)))
  const found = isOurs ? await find(dialect, folder, record, turn, cursor) : null
  if (found === null) await endMarked(data, ({ session }) => session === turn.session.id, 0)
  return found
}

function wasHanded({ turn: handed }: SpoolRecord, turn: Turn): boolean {
  return handed?.run === turn.run && handed.attempt === turn.attempt
}

async function find<State extends Standing>(
  dialect: Dialect<State>,
  folder: string,
  record: SpoolRecord,
  turn: Turn,
  cursor: Cursor | null,
): Promise<Adopted<State> | null> {
  const handed = record.turn
  const isHanded = wasHanded(record, turn)
  const position = cursor === null ? null : positionOf(cursor)
  if (cursor !== null && (position?.generation !== record.generation || !isHanded)) return null

  const spool = await Spool.attach(folder)
  const warm = handed !== null && (handed.warm || !isHanded)
  const lines = warm ? dialect.prompt(turn) : [...dialect.greeting(turn), ...dialect.prompt(turn)]
  const turnHere: HandedTurn =
    handed !== null && isHanded
      ? handed
      : {
          run: turn.run,
          attempt: turn.attempt,
          // It was never told of this turn: what stands there belongs to the one before, which is over.
          start: spool?.size ?? 0,
          warm,
          costSoFar: handed?.costSoFar ?? 0,
          long: isLong(lines),
          steers: [],
        }
  const { start, costSoFar } = turnHere
  const fresh = dialect.begin(turn, { pid: record.pid, warm, conversation: record.conversation, costSoFar })
  const first = dialect.expecting?.(fresh, turnHere.steers) ?? fresh
  const seen = await replay(dialect, folder, first, start, position?.offset ?? null)

  if (spool === null) {
    if (seen.last.over === 'no' || !isHanded) return null
    const events = coalesce(seen.unread)
    const end = cursorOf({ generation: record.generation, start, offset: seen.end })
    return { kind: 'ended', conduct: spoken(events, end) }
  }
  // All of it was taken in already: there is nothing to go on with.
  if (position !== null && seen.state.over !== 'no') {
    spool.leave()
    return null
  }
  if (position !== null)
    return { kind: 'alive', spool, write: [], state: seen.state, start, offset: position.offset, handed: turnHere }
  const here = { kind: 'alive', spool, state: first, start, offset: start, handed: turnHere } as const
  if (seen.last.taken) return { ...here, write: [] }
  if (isHanded && turnHere.long) {
    spool.leave()
    return null
  }
  // The journal knows nothing of it, and the CLI has not spoken of it: the prompt is written (again). To a process
  // that has it already that changes nothing.
  return { ...here, write: lines }
}

/** Whether lines may be torn by a death of the bot while it writes them. */
export function isLong(lines: readonly string[]): boolean {
  return Buffer.byteLength(lines.join('\n')) > wholeWriteBytes
}

interface Replayed<State> {
  /** The state at the position, or at the beginning when there is none. */
  readonly state: State
  /** The state at the end of what stands there now. */
  readonly last: State
  /** What happened behind the position. */
  readonly unread: readonly RunEvent[]
  readonly end: number
}

/** Reads again what a turn has given so far. */
async function replay<State extends Standing>(
  dialect: Dialect<State>,
  folder: string,
  first: State,
  start: number,
  offset: number | null,
): Promise<Replayed<State>> {
  const tail = tailOfDead(folder, start)
  try {
    // What is written while we read would be read again anyway; a CLI that never stops writing must not hold us here.
    return await readAgain(dialect, tail, first, sizeOf(folder), start, offset)
  } finally {
    await tail.close()
  }
}

async function readAgain<State extends Standing>(
  dialect: Dialect<State>,
  tail: Tail,
  first: State,
  size: number,
  start: number,
  offset: number | null,
): Promise<Replayed<State>> {
  const unread: RunEvent[] = []
  let state = first
  let last = first
  let end = start
  for (let batch = await tail.next(); batch !== null; batch = end >= size ? null : await tail.next()) {
    for (const line of batch.lines) {
      if (last.over !== 'no') break
      const reading = dialect.read(last, line.text)
      last = reading.state
      end = line.end
      if (offset !== null && line.end <= offset) state = last
      else unread.push(...reading.events)
    }
    if (last.over !== 'no') break
    end = batch.end
  }
  return { state, last, unread, end }
}

/** A turn of which only the end was left to say. */
function spoken(events: readonly RunEvent[], cursor: Cursor): Conduct {
  async function* output(): AsyncGenerator<{ events: readonly RunEvent[]; cursor: Cursor }> {
    yield { events, cursor }
  }
  return { output: output(), stop: async () => {}, steer: async () => false, answer: async () => {} }
}
