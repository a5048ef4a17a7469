import type { RunEvent } from '../../core/event.ts'
import type { Conduct } from '../../core/runtime.ts'
import { coalesce } from '../coalesce.ts'
import { cursorOf, type Position } from '../cursor.ts'
import { sizeOf, tailOfDead } from '../spool.ts'
import { beginning, meaningOf, type CodexState } from './meaning.ts'
import { openIdOf, turnIdOf } from './request.ts'
import type { HandedTurn } from './seat.ts'

export interface Replayed {
  /** The state at the position, or at the beginning when there is none. */
  readonly state: CodexState
  /** The state at the end of what stands there now. */
  readonly last: CodexState
  /** What happened behind the position. */
  readonly unread: readonly RunEvent[]
  readonly end: number
}

/** Reads again what a turn has given so far. `offset`: the byte up to which it was taken in; null: none of it. */
export async function replay(
  folder: string,
  first: CodexState,
  start: number,
  offset: number | null,
): Promise<Replayed> {
  const size = sizeOf(folder)
  const tail = tailOfDead(folder, start)
  const unread: RunEvent[] = []
  let state = first
  let last = first
  let end = start
  try {
    for (let batch = await tail.next(); batch !== null; batch = end >= size ? null : await tail.next()) {
      for (const line of batch.lines) {
        if (last.over !== 'no') return { state, last, unread, end }
        const reading = meaningOf(last, line.text)
        last = reading.state
        end = line.end
        if (offset !== null && line.end <= offset) state = last
        else unread.push(...reading.events)
      }
      end = batch.end
    }
    return { state, last, unread, end }
  } finally {
    await tail.close()
  }
}

/** A turn of which only the end was left to say. */
export function spoken(events: readonly RunEvent[], position: Position): Conduct {
  async function* output() {
    yield { events: coalesce(events), cursor: cursorOf(position) }
  }
  return { output: output(), stop: async () => {}, steer: async () => false, answer: async () => {} }
}

/** The server's id of a turn that an earlier life handed over; null when it is over or was never taken. */
export async function turnAtWork(folder: string, thread: string, handed: HandedTurn): Promise<string | null> {
  const [openId, turnId] = [openIdOf(handed), turnIdOf(handed)]
  const from = { pid: 0, warm: handed.warm, workdir: '', openId, turnId }
  const { last } = await replay(folder, beginning(from, handed.warm ? thread : null, null), handed.start, null)
  return last.over === 'no' ? last.turn : null
}
