/** How the connection to the chat is. */
export interface ChatState {
  readonly state: 'connecting' | 'ready' | 'resting' | 'closed'
  /** Milliseconds since the last event of any kind; null before the first. */
  readonly lastEventAgeMs: number | null
  /** Round trip of the last heartbeat in milliseconds; null before the first. */
  readonly ping: number | null
  /** Servers that nobody can be heard on, by their names: Discord has an outage of them, or has put the bot out. */
  readonly serversAway: readonly string[]
  /** How many there are on which they can. */
  readonly serversHere: number
}

/** That people could not be heard: there was no connection, or their server was away. */
export interface Absence {
  /** It is so now. */
  readonly now: boolean
  readonly ms: number
}
