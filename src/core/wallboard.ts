import type { EpochMs } from './clock.ts'
import type { MessageId, PlaceId, SessionId } from './ids.ts'
import type { OpenRun } from './journal.ts'
import { isLive, isQueued, type State } from './lifecycle.ts'
import type { Locale } from './person.ts'
import { channelOf, type Place } from './place.ts'
import { isLater } from './snowflake.ts'

/** That a channel has a message that shows what is going on there. At most one per channel. */
export interface Wallboard {
  readonly place: Place & { readonly kind: 'channel' }
  /** Of whoever put it up. */
  readonly locale: Locale
  /** Names it: put up again in the same channel, it is another. */
  readonly key: string
  /** When it was put up. */
  readonly at: EpochMs
}

/** The boards that stand. Part of the vault door. */
export interface Wallboards {
  all(): Promise<readonly Wallboard[]>
  /** Keeps a board, in the place of the one its channel had. */
  put(board: Wallboard): Promise<void>
  /** Forgets a board; nothing when its channel has another by now. */
  forget(board: Wallboard): Promise<void>
}

/** One run on a board. */
export interface WallboardLine {
  readonly session: string
  readonly state: State
  readonly speaker: string
  readonly since: EpochMs
  readonly place: PlaceId
  /** The message that asked; null: a command did. */
  readonly message: MessageId | null
}

const ranks: Partial<Record<State, number>> = { asking: 0, waiting: 2, parked: 2 }

/** What goes on in a channel and its threads: first what asks, then what is at work, then what waits, oldest first. */
export function wallboardOf(
  channel: PlaceId,
  open: readonly OpenRun[],
  nameOf: (session: SessionId) => string,
): readonly WallboardLine[] {
  return open
    .filter(({ prompt, state }) => channelOf(prompt.place) === channel && (isLive(state) || isQueued(state)))
    .sort((a, b) => (ranks[a.state] ?? 1) - (ranks[b.state] ?? 1) || (isLater(a.prompt.key, b.prompt.key) ? 1 : -1))
    .map(({ prompt, session, state }) => ({
      session: nameOf(session),
      state,
      speaker: prompt.speaker.name,
      since: prompt.askedAt,
      place: prompt.place.id,
      message: prompt.message,
    }))
}
