import type { EpochMs } from './clock.ts'
import type { AccountId, RuntimeName } from './ids.ts'

/** How the login is that lies in a file. Field names are the API of /healthz (`tokenStatus`). */
export interface TokenStatus {
  readonly hasToken: boolean
  readonly expiresAt: EpochMs | null
  readonly remainingMin: number | null
  /**
   * `running`: it is renewed before its end; `dormant`: a key or a long-lived token is used, so there is nothing to renew;
   * `stopped`: it failed too often or was taken back, and a person must act; false: the bot has not started or is ending.
   */
  readonly daemonRunning: 'running' | 'dormant' | 'stopped' | false
  /** In this life. */
  readonly refreshFailures: number
  /** In a row, over all lives. */
  readonly persistedFailures: number
  /** Runs of this life whose login was not taken. */
  readonly authFailuresTotal: number
  /** After so many in a row nobody tries by itself any more. */
  readonly maxFailures: number
  readonly lastRefresh: EpochMs | null
}

/** Who looks after the agents' logins. Contract: nothing here waits or throws, whatever the logins are like. */
export interface LoginWatch {
  /**
   * The login of a run was not taken: told once for a run. It is counted and said, and looked at at once. Returns whether
   * one more try may help, because the login can be renewed.
   */
  failed(runtime: RuntimeName, account: AccountId): boolean
  /** A run of it went well. */
  served(runtime: RuntimeName, account: AccountId): void
  status(): TokenStatus
}
