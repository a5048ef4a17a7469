import { coalesce } from '../../core/coalesce.ts'
import type { RunEvent } from '../../core/event.ts'
import { messageOf } from '../../core/failure.ts'
import type { SessionId } from '../../core/ids.ts'
import type { Log } from '../../core/log.ts'
import type { Conduct } from '../../core/runtime.ts'
import { cursorOf, type SpoolPosition } from './cursor.ts'
import { sizeOf, tailOfDead } from './spool.ts'
import type { Tail } from './tail.ts'
import type { Protocol, TurnStanding } from './protocol.ts'

export interface Replayed<State> {
  /** The state at the position, or at the beginning when there is none. */
  readonly state: State
  /** The state at the end of what stands there now. */
  readonly last: State
  /** What happened behind the position. */
  readonly unread: readonly RunEvent[]
  readonly end: number
}

/** More than that counts as flooded long before (`turnOutputBytes`). */
const mostBytes = 2 * 1024 ** 3

/**
 * Reads again what a turn has given so far. `offset`: the byte up to which it was taken in; null: none of it. What is
 * written while we read would be read again anyway: a CLI that never stops writing must not hold us here.
 */
export async function replay<State extends TurnStanding>(
  { decode }: Pick<Protocol<State>, 'decode'>,
  folder: string,
  first: State,
  start: number,
  offset: number | null,
): Promise<Replayed<State>> {
  const size = sizeOf(folder)
  // Its file can say that it has a terabyte, and take no room.
  if (size - start > mostBytes) throw new Error('it has written more than can be read again')
  const tail = tailOfDead(folder, start)
  try {
    return await replayTail(decode, tail, size, first, start, offset)
  } finally {
    await tail[Symbol.asyncDispose]()
  }
}

async function replayTail<State extends TurnStanding>(
  decode: Protocol<State>['decode'],
  tail: Tail,
  size: number,
  first: State,
  start: number,
  offset: number | null,
): Promise<Replayed<State>> {
  const unread: RunEvent[] = []
  let state = first
  let last = first
  let end = start
  for (let batch = await tail.next(); batch !== null; batch = end >= size ? null : await tail.next()) {
    for (const line of batch.lines) {
      if (last.over !== 'no') return { state, last, unread, end }
      const reading = decode(last, line.text)
      last = reading.state
      end = line.end
      if (offset !== null && line.end <= offset) state = last
      else unread.push(...reading.events)
    }
    if (last.over !== 'no') return { state, last, unread, end }
    end = batch.end
  }
  return { state, last, unread, end }
}

/** A turn of which only the end was left to say. */
export function spoken(events: readonly RunEvent[], position: SpoolPosition): Conduct {
  async function* output() {
    yield { events: coalesce(events), cursor: cursorOf(position) }
  }
  return {
    output: output(),
    stop: async () => {},
    pause: () => {},
    goOn: () => {},
    steer: async () => false,
    answer: async () => {},
    tell: async () => {},
    hold: () => {},
  }
}

/** What one agent has done to its streams must not keep the bot from starting: its run is lost then. */
export function notAdopted(log: Log, session: SessionId): (error: unknown) => null {
  return (error) => {
    log.error({ session, error: messageOf(error) }, 'agent.not-adopted')
    return null
  }
}
