import type { Effect } from './effect.ts'
import type { ChainId, LetterId, RunId, SessionId } from './ids.ts'
import type { Chain, Letter, LetterState } from './letter.ts'

/** The kept letters and chains. Part of the vault door; the same contract. */
export interface Letters {
  letter(id: LetterId): Promise<Letter | null>
  chain(id: ChainId): Promise<Chain | null>
  /** The chain that began with a run; null: none did. */
  begunBy(run: RunId): Promise<Chain | null>
  /** The latest chains, newest first. */
  latest(most: number): Promise<readonly Chain[]>
  /** All letters of a chain, oldest first. */
  ofChain(chain: ChainId): Promise<readonly Letter[]>
  /** All letters in one of these states, oldest first. */
  in(states: readonly LetterState[]): Promise<readonly Letter[]>
  /** The latest request between two sessions, in this direction; null: there was none. */
  lastRequest(from: SessionId, to: SessionId): Promise<Letter | null>
  /** The latest broadcast of a session; null: there was none. */
  lastBroadcast(from: SessionId): Promise<Letter | null>
  /** Keeps all of it or nothing. False: a letter was no longer in the state that is changed. */
  keep(effects: readonly Effect[]): Promise<boolean>
}
