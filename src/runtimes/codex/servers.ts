import { rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { Problem } from '../../core/failure.ts'
import type { AccountId, SessionId } from '../../core/ids.ts'
import type { Command } from '../child.ts'
import type { Environment } from '../environment.ts'
import type { SpooledOptions } from '../spooled.ts'
import { findCodex, howToInstall, tryShutIn } from './check.ts'
import { closedTo, isClosed } from './closed.ts'
import { profileAt, settingsOf, type Profile } from './request.ts'
import type { Seats } from './seat.ts'
import { codexName, Server, serverFolders } from './server.ts'

export interface ServersOptions {
  /** Path of the Codex CLI; null: `codex` from the PATH. */
  readonly binary: string | null
  /** The whole environment of an account's CLI. */
  environmentOf(account: AccountId): Environment
  /** Absolute paths that the agents' tools must not open, the account's login and our own spools apart. */
  readonly denied: readonly string[]
  /** Folders below those in which agents work all the same, there or not. */
  readonly open: readonly string[]
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
  /** Where which settings were seen to shut tools in. */
  readonly #shutIn = new Set<string>()

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

  /**
   * Makes sure that a session's tools can be shut in where it works, and so may not do more than its turn.
   * @throws {Problem} when they cannot.
   */
  async shutIn(account: AccountId, folder: string, profile: Profile): Promise<void> {
    const { file, args, env } = this.#command(account, '')
    const { open } = this.#options
    if (isClosed(folder, this.#denied(env), open))
      throw new Problem('refused', `${folder} belongs to the bot itself. Choose another folder for this session.`)
    const key = JSON.stringify([file, args, folder, profile])
    if (this.#shutIn.has(key)) return
    await tryShutIn(file, [...args.slice(0, -1), '-c', `default_permissions="${profileAt(profile, '')}"`], env, folder)
    this.#shutIn.add(key)
  }

  /** A server by its folder's name, also one that an earlier life has left; null when it no longer runs. */
  async attach(name: string): Promise<Server | null> {
    const known = this.#known.get(name)
    if (known !== undefined) return known.isUsable ? known : null
    const server = await Server.attach(join(this.#spools, name), this.#data, this.#options.ids, this.#options.limits)
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
    const command = this.#command(account, '')
    for (const name of serverFolders(this.#spools, account)) {
      const server = await this.attach(name)
      if (server === null) continue
      const isFull = server.spool.size > limits.retireBytes
      if (server.isLike(command) && !isFull) return server
      // Two at once would renew one login against each other, so the old one goes as soon as nobody works with it.
      if (this.#isBusy(server)) return server
      await this.remove(server)
    }
    const commandWith = (secret: string): Command => this.#command(account, secret)
    const server = await Server.start(this.#spools, account, commandWith, this.#data, ids, limits, (name) => {
      // Before there is a process: the next life finds it by the session.
      const nothing = { thread: null, transcript: null, trusting: false, turn: null, resting: false }
      this.#records.write({ session, server: name, ...nothing })
    })
    this.#known.set(server.name, server)
    log.info({ runtime: codexName, pid: server.spool.pid }, 'agent.started')
    checkpoint('spawned')
    return server
  }

  /** `secret`: see `profileAt`. */
  #command(account: AccountId, secret: string): Command {
    const { binary, open } = this.#options
    const env = this.#options.environmentOf(account)
    const file = findCodex(binary, env['PATH'] ?? '')
    if (file === null) throw new Problem('wire', howToInstall)
    const args = [...settingsOf(closedTo(this.#denied(env), open), secret), 'app-server']
    return { file, args, cwd: this.#spools, env }
  }

  #denied(env: Environment): readonly string[] {
    const { denied, dataDir } = this.#options
    const home = env['HOME'] ?? homedir()
    const logins = ['.codex', '.claude/.credentials.json', '.claude.json', '.ssh', '.netrc', '.config/gh']
    return [codexHome(env), this.#spools, join(dataDir, 'codex'), ...logins.map((name) => join(home, name)), ...denied]
  }
}

/** The folder with the account's login. */
export function codexHome(env: Environment): string {
  return env['CODEX_HOME'] ?? join(env['HOME'] ?? homedir(), '.codex')
}
