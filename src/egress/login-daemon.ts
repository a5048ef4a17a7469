import { existsSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Clock } from '../core/clock.ts'
import type { ModelLogin } from '../core/egress.ts'
import { messageOf } from '../core/failure.ts'
import type { Finding } from '../core/finding.ts'
import type { AccountId, RuntimeName } from '../core/ids.ts'
import type { Log } from '../core/log.ts'
import type { LoginWatch, TokenStatus } from '../core/login-watch.ts'
import { writeAtomically } from '../system/atomic-file.ts'
import { Rounds } from '../system/rounds.ts'
import { fieldsOf, readJson } from './json-file.ts'
import { digestOfToken, tokensIn } from './login-file.ts'
import { loginFindings, type SeenLogin } from './login-findings.ts'
import {
  changeState,
  isGivenUp,
  mostFailures,
  readRecord,
  readState,
  stateFor,
  stateIn,
  triedAgainInMs,
  untried,
  type RenewalState,
} from './renewal-record.ts'
import { Renewals, type RenewalRules } from './renewal.ts'

export interface LoginDaemonOptions {
  /** The accounts' logins, by `runtime:account`. */
  readonly logins: Readonly<Record<string, ModelLogin>>
  readonly renewing: RenewalRules
  /** The record of the bot that was here before; taken over once, where there is none of ours. */
  readonly earlierRecord: string
  /** The bot's own environment: certificates that the operator's machine trusts. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  readonly log: Log
  /** How often it looks at the logins. */
  readonly everyMs: number
  /** Free bytes where a folder lies; null when it cannot be told. */
  freeBytes(folder: string): Promise<number | null>
  /** The program that renews one; the product's own when left out. */
  readonly program?: string | undefined
}

/** A token is renewed so long before its end: nobody has to wait for it, and there is time for trouble. */
const aheadMs = 4 * 3_600_000
/** With less than this free, the next login may be the one that does not fit. */
const leastFreeBytes = 100 * 1024 * 1024
const soonestMs = 1000

/**
 * Looks after Claude's logins that lie in files: every few minutes, and at once when it is woken. By `Renewals`, as the
 * process outside the boxes does, so the two cannot come into each other's way. Logins of Codex are not among them: its
 * own server holds them in memory, and the process outside renews those of boxes when a request needs it.
 */
export class LoginDaemon implements LoginWatch {
  readonly #options: LoginDaemonOptions
  /** By path, with the accounts that use it. */
  readonly #files: ReadonlyMap<string, readonly string[]>
  readonly #renewals: Renewals
  readonly #over = new AbortController()
  readonly #rounds: Rounds
  readonly #listeners = new Set<() => void>()
  /** Accounts with a run that was not let in, and whether none was since. */
  readonly #refused = new Map<string, boolean>()
  /** Folders with too little room. */
  readonly #full = new Set<string>()
  #timer: Disposable | null = null
  #isStarted = false
  #refreshFailures = 0
  #authFailures = 0

  constructor(options: LoginDaemonOptions) {
    this.#options = options
    const files = new Map<string, string[]>()
    for (const [name, login] of Object.entries(options.logins)) {
      if (login.kind !== 'claude-file') continue
      files.set(login.path, [...(files.get(login.path) ?? []), accountOf(name)])
    }
    this.#files = files
    const { renewing, environment, program } = options
    this.#renewals = new Renewals({ rules: () => renewing, environment, program })
    const { signal } = this.#over
    this.#rounds = new Rounds({ signal, log: options.log, name: 'token-refresh', work: () => this.#look() })
  }

  /** Looks at once, and from then on again and again. */
  start(): void {
    this.#isStarted = true
    if (this.#files.size === 0) this.#options.log.info({}, 'token-refresh.dormant')
    else this.wakeUp()
  }

  /** Begins nothing any more. What is being renewed is brought to its end by a process of its own. */
  close(): void {
    this.#over.abort()
    this.#isStarted = false
    this.#timer?.[Symbol.dispose]()
  }

  /** Has it look now. Waits for nothing. */
  wakeUp(): void {
    if (this.#isStarted) this.#rounds.wake()
  }

  /** Calls `changed` when `check` may find something else. */
  listen(changed: () => void): void {
    this.#listeners.add(changed)
  }

  failed(runtime: RuntimeName, account: AccountId): boolean {
    const name = `${runtime}:${account}`
    const login = this.#options.logins[name]
    this.#authFailures++
    this.#refused.set(name, true)
    this.#options.log.warn({ runtime, account }, 'auth.failed')
    this.wakeUp()
    this.#changed()
    // A key is what it is; a login is renewed by whoever uses it next: the CLI itself, or the process outside the boxes.
    return login === undefined || login.kind === 'claude-file' || (login.kind === 'codex' && login.key === null)
  }

  served(runtime: RuntimeName, account: AccountId): void {
    const name = `${runtime}:${account}`
    if (this.#refused.get(name) !== true) return
    this.#refused.set(name, false)
    this.#changed()
  }

  status(): TokenStatus {
    const [first] = this.#files.keys()
    const now = this.#options.clock.now()
    const seen = first === undefined ? null : this.#see(first)
    const endsAt = seen?.endsAt ?? null
    return {
      hasToken: seen?.hasToken ?? Object.values(this.#options.logins).some(({ kind }) => kind.startsWith('claude-')),
      expiresAt: endsAt,
      remainingMin: endsAt === null ? null : Math.max(0, Math.floor((endsAt - now) / 60_000)),
      daemonRunning: this.#running(seen?.state ?? null),
      refreshFailures: this.#refreshFailures,
      persistedFailures: seen?.state.failures ?? 0,
      authFailuresTotal: this.#authFailures,
      maxFailures: mostFailures,
      lastRefresh: seen?.state.lastRefresh ?? null,
    }
  }

  /** For /health and the alerts. */
  async check(): Promise<readonly Finding[]> {
    const seen = [...this.#files].map(([path, accounts]) => ({ ...this.#see(path), accounts, folder: dirname(path) }))
    return loginFindings(seen, [...this.#refused], [...this.#full], this.#options.clock.now())
  }

  #running(state: RenewalState | null): TokenStatus['daemonRunning'] {
    if (!this.#isStarted) return false
    if (state === null) return 'dormant'
    return isGivenUp(state) ? 'stopped' : 'running'
  }

  #see(path: string): Pick<SeenLogin, 'hasToken' | 'endsAt' | 'state'> {
    const { access, refresh, endsAt } = tokensIn('claude', readJson(path))
    const kept = readState(this.#options.renewing.record, path)
    const state =
      refresh === null ? { ...untried, lastRefresh: kept.lastRefresh } : stateFor(kept, digestOfToken(refresh))
    return { hasToken: access !== null, endsAt, state }
  }

  async #look(): Promise<void> {
    const { clock, log, renewing } = this.#options
    try {
      await this.#takeOver().catch((error: unknown) =>
        log.warn({ file: renewing.record, error: messageOf(error) }, 'state.unwritten'),
      )
      for (const path of this.#files.keys()) {
        await this.#lookAtRoom(dirname(path))
        await this.#freshen(path)
      }
      this.#changed()
    } finally {
      // Whatever went wrong, it looks again.
      this.#timer?.[Symbol.dispose]()
      this.#timer = clock.after(this.#nextInMs(), () => this.wakeUp())
    }
  }

  async #freshen(path: string): Promise<void> {
    const { log } = this.#options
    const { result, reason, diskLow } = await this.#renewals.freshen('claude', path, aheadMs)
    if (this.#over.signal.aborted || result === 'not-due' || result === 'not-now') return
    const { endsAt, state } = this.#see(path)
    const accounts = this.#files.get(path) ?? []
    if (result === 'renewed') {
      for (const account of accounts) this.served('claude' as RuntimeName, account as AccountId)
      return log.info({ accounts, expiresAt: endsAt }, 'token-refresh.success')
    }
    if (result === 'held') return log.info({ accounts, reason }, 'token-refresh.held')
    this.#refreshFailures++
    if (diskLow === true) log.warn({ folder: dirname(path), reason }, 'token.persist-disk-low')
    const fields = { accounts, reason, failures: state.failures, expiresAt: endsAt }
    if (isGivenUp(state)) log.error(fields, 'token-refresh.given-up')
    else log.warn(fields, 'token-refresh.failed')
  }

  async #lookAtRoom(folder: string): Promise<void> {
    const free = await this.#options.freeBytes(folder).catch(() => null)
    if (free === null || free >= leastFreeBytes) return void this.#full.delete(folder)
    if (!this.#full.has(folder))
      this.#options.log.warn({ folder, freeMb: Math.floor(free / 1024 / 1024) }, 'token.persist-disk-low')
    this.#full.add(folder)
  }

  /** When the earliest login may be tried again, or it is time to look anyway. */
  #nextInMs(): number {
    const now = Date.now()
    const waits = [...this.#files.keys()].flatMap((path) => triedAgainInMs(this.#see(path).state, now) ?? [])
    return Math.min(this.#options.everyMs, ...waits.map((each) => Math.max(soonestMs, each)))
  }

  /** What was counted before counts on; what nobody can read is begun anew, and that is said. */
  async #takeOver(): Promise<void> {
    const { renewing, earlierRecord, log } = this.#options
    const { corrupt, there } = readRecord(renewing.record)
    if (corrupt) {
      log.warn({ file: renewing.record }, 'state.read-corrupt')
      writeAtomically(renewing.record, '{"version":1,"logins":{}}\n')
    }
    const [first] = this.#files.keys()
    if (there || first === undefined || !existsSync(earlierRecord)) return
    let earlier: RenewalState = untried
    try {
      earlier = stateIn(fieldsOf(JSON.parse(readFileSync(earlierRecord, 'utf8'))))
      log.info({ file: earlierRecord, failures: earlier.failures }, 'token-refresh.taken-over')
    } catch {
      log.warn({ file: earlierRecord }, 'state.read-corrupt')
    }
    await changeState(renewing.record, first, () => earlier)
  }

  #changed(): void {
    for (const changed of this.#listeners) changed()
  }
}

function accountOf(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}
