import { existsSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { Problem } from '../../core/failure.ts'
import type { AccountId, SessionId } from '../../core/ids.ts'
import type { Command } from '../child.ts'
import type { Environment } from '../environment.ts'
import type { SpooledOptions } from '../spooled.ts'
import { findCodex } from './check.ts'
import { settingsOf } from './request.ts'
import type { Seats } from './seat.ts'
import { codexName, Server, serverFolders, shapeOf } from './server.ts'

export interface ServersOptions {
  /** Path of the Codex CLI; null: `codex` from the PATH. */
  readonly binary: string | null
  /** The whole environment of an account's CLI. */
  environmentOf(account: AccountId): Environment
  /** Absolute paths that the agents' tools must not open, the account's login and our own spools apart. */
  readonly denied: readonly string[]
}

/** The servers of this life: at most one a login, but for one that is still at work when its settings have changed. */
export class Servers {
  readonly #options: SpooledOptions & ServersOptions
  readonly #spools: string
  readonly #data: string
  readonly #records: Seats
  readonly #isBusy: (server: Server) => boolean
  /** By folder name. */
  readonly #known = new Map<string, Server>()
  readonly #starting = new Map<AccountId, Promise<Server>>()

  constructor(
    options: SpooledOptions & ServersOptions,
    spools: string,
    data: string,
    records: Seats,
    isBusy: (server: Server) => boolean,
  ) {
    this.#options = options
    this.#spools = spools
    this.#data = data
    this.#records = records
    this.#isBusy = isBusy
  }

  all(): readonly Server[] {
    return [...this.#known.values()]
  }

  has(name: string): boolean {
    return this.#known.has(name)
  }

  /** The login's server, started when there is none. @throws {Problem} */
  serve(account: AccountId, session: SessionId): Promise<Server> {
    const starting = this.#starting.get(account)
    if (starting !== undefined) return starting
    const server = this.#find(account, session).finally(() => this.#starting.delete(account))
    this.#starting.set(account, server)
    return server
  }

  /** A server by its folder's name, also one that an earlier life has left; null when it no longer runs. */
  async attach(name: string): Promise<Server | null> {
    const known = this.#known.get(name)
    if (known !== undefined) return known.isUsable ? known : null
    const server = await Server.attach(join(this.#spools, name), this.#data, this.#options.ids)
    if (server !== null) this.#known.set(name, server)
    return server
  }

  /** Ends a server and everything its sessions' tools have started; what it wrote stays, for a turn it had ended. */
  async end(server: Server): Promise<void> {
    await server.end(() => new Set(this.#records.at(server.name).map(({ session }) => session)))
    this.#options.log.info({ runtime: codexName, pid: server.spool.pid }, 'agent.ended')
  }

  async remove(server: Server): Promise<void> {
    await this.end(server)
    this.#known.delete(server.name)
    rmSync(server.spool.folder, { recursive: true, force: true })
  }

  async #find(account: AccountId, session: SessionId): Promise<Server> {
    const { ids, log, checkpoint, limits } = this.#options
    const command = this.#command(account)
    const shape = shapeOf(command)
    for (const name of serverFolders(this.#spools, account)) {
      const server = await this.attach(name)
      if (server === null) continue
      const isFull = server.spool.size > limits.retireBytes
      if (server.spool.record.shape === shape && !isFull) return server
      // Two at once would renew one login against each other, so the old one goes as soon as nobody works with it.
      if (this.#isBusy(server)) return server
      await this.remove(server)
    }
    const server = await Server.start(this.#spools, account, command, this.#data, ids, (name) => {
      // Before there is a process: the next life finds it by the session.
      this.#records.write({ session, server: name, thread: null, transcript: null, turn: null, resting: false })
    })
    this.#known.set(server.name, server)
    log.info({ runtime: codexName, pid: server.spool.pid }, 'agent.started')
    checkpoint('spawned')
    return server
  }

  #command(account: AccountId): Command {
    const { binary, denied, dataDir } = this.#options
    const env = this.#options.environmentOf(account)
    const file = findCodex(binary, env['PATH'] ?? '')
    if (file === null)
      throw new Problem(
        'wire',
        'Codex CLI was not found. Install it (npm install -g @openai/codex) or put it into the PATH.',
      )
    const home = env['HOME'] ?? homedir()
    const logins = ['.codex', '.claude/.credentials.json', '.claude.json', '.ssh', '.netrc', '.config/gh']
    const closed = [
      env['CODEX_HOME'] ?? join(home, '.codex'),
      this.#spools,
      join(dataDir, 'codex'),
      ...logins.map((name) => join(home, name)),
      ...denied,
    ]
    // The sandbox would make a file in the place of each that is missing, also in the operator's home, or fail.
    const there = [...new Set(closed)].filter((path) => existsSync(path))
    return { file, args: [...settingsOf(there), 'app-server'], cwd: this.#spools, env }
  }
}
