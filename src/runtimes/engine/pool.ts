import { createHash } from 'node:crypto'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Problem } from '../../core/failure.ts'
import type { SessionId } from '../../core/ids.ts'
import type { Turn } from '../../core/runtime.ts'
import type { Boxing } from './boxing.ts'
import { dataIdOf, endMarked } from './marker.ts'
import { readRecord, Spool } from './spool.ts'
import { Channel } from './channel.ts'
import type { RuntimeEngineOptions } from './options.ts'
import type { LeaseRecords } from './lease-records.ts'
import { PooledProcess } from './pooled-process.ts'
import type { Launch, Protocol, TurnStanding } from './protocol.ts'

/**
 * The processes of one runtime: one a session, or one a login, which its sessions share. At most one of each, but for
 * one that is still at work when its settings have changed.
 */
export class Pool {
  readonly data: string
  readonly #options: RuntimeEngineOptions
  readonly #protocol: Protocol<TurnStanding>
  readonly #spools: string
  readonly #records: LeaseRecords
  readonly #isBusy: (process: PooledProcess) => boolean
  readonly #boxing: Boxing | null
  /** By folder name; the longest known first. */
  readonly #known = new Map<string, PooledProcess>()
  /** Starts under way, by whose process it is. */
  readonly #starting = new Map<string, Promise<PooledProcess>>()

  constructor(
    protocol: Protocol<TurnStanding>,
    options: RuntimeEngineOptions,
    records: LeaseRecords,
    isBusy: (process: PooledProcess) => boolean,
    boxing: Boxing | null,
  ) {
    this.#boxing = boxing
    this.#protocol = protocol
    this.#options = options
    this.#spools = join(options.dataDir, 'spools')
    this.data = dataIdOf(this.#spools)
    this.#records = records
    this.#isBusy = isBusy
  }

  all(): readonly PooledProcess[] {
    return [...this.#known.values()]
  }

  has(name: string): boolean {
    return this.#known.has(name)
  }

  /** Names of the folders that are this runtime's, or of which nobody could tell whose they are. */
  folders(): readonly string[] {
    return readdirSync(this.#spools, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
      .filter((name) => [this.#protocol.name, undefined].includes(readRecord(this.folderOf(name))?.runtime as never))
  }

  /** Whether so many starts and one more need nobody to go. */
  hasRoom(starting: number): boolean {
    return this.#known.size + starting < this.#options.limits.maxProcesses
  }

  /** By its folder's name: it is a login's, not one session's. */
  isShared(name: string): boolean {
    return name.includes('.')
  }

  folderOf(name: string): string {
    return join(this.#spools, name)
  }

  /** The process for a turn, started when none suits. Null: stopped before there was one. @throws {Problem} */
  async obtain(turn: Turn, stopped: AbortSignal): Promise<PooledProcess | null> {
    const { workdir, id } = turn.session
    const { ownersOnly } = this.#options
    if (ownersOnly !== null && turn.prompt.tier !== 'owner')
      throw new Problem(
        'refused',
        `Only owners may use agents here: they are to live in boxes, and this machine has none. ${ownersOnly}`,
      )
    if (!existsSync(workdir))
      throw new Problem('refused', `The folder ${workdir} does not exist. Choose another for this session.`)
    const launch = await this.#protocol.launch(turn)
    const owner = ownerOf(launch)
    const under = this.#starting.get(owner)
    if (under !== undefined) return under
    const starting = this.#find(turn, launch, owner, stopped).finally(() => this.#starting.delete(owner))
    // Who shares it waits for the same start; who has it alone may stop it.
    if (owner !== id) this.#starting.set(owner, starting as Promise<PooledProcess>)
    return starting
  }

  /** A process by its folder's name, also one that an earlier life has left; null when it no longer runs. */
  async attach(name: string): Promise<PooledProcess | null> {
    const known = this.#known.get(name)
    if (known !== undefined) return known.isUsable ? known : null
    if (readRecord(this.folderOf(name))?.runtime !== this.#protocol.name) return null
    const spool = await Spool.attach(this.folderOf(name))
    if (spool === null) return null
    // An earlier life may have died in the middle of a line: the break makes it one that cannot be read.
    if (this.#protocol.shared !== null) spool.send('')
    return this.#know(spool)
  }

  /** Whether a process has been started as a turn needs it. */
  async suits(process: PooledProcess, turn: Turn): Promise<boolean> {
    try {
      const launch = await this.#protocol.launch(turn)
      return 'login' in launch.owner || process.shape === shapeOf(launch)
    } catch {
      return false
    }
  }

  /** Ends a process and removes its output. */
  async remove(process: PooledProcess): Promise<void> {
    await process.end('asked')
    if (this.#known.get(process.name) !== process) return
    this.#known.delete(process.name)
    rmSync(process.spool.folder, { recursive: true, force: true })
  }

  /** Forgets a process that has ended. Its output stays, for a turn that it may have ended. */
  forget(process: PooledProcess): void {
    if (this.#known.get(process.name) === process) this.#known.delete(process.name)
  }

  async #find(turn: Turn, launch: Launch, owner: string, stopped: AbortSignal): Promise<PooledProcess | null> {
    const shape = shapeOf(launch)
    for (const name of this.folders().filter((each) => each === owner || each.startsWith(`${owner}.`))) {
      // One that is ending takes everything with it that bears its mark.
      await this.#known.get(name)?.ending
      // A session's own one that an earlier life left, and that nobody adopted or took up, may still be at work.
      const process = 'login' in launch.owner || this.#known.has(name) ? await this.attach(name) : null
      if (process === null) continue
      const isFull = process.spool.bulk > this.#options.limits.retireBytes
      if (process.shape === shape && !isFull && this.#isFor(turn, process)) return process
      // Two at once would renew one login against each other, so the old one goes as soon as nobody works with it.
      if (this.#isBusy(process)) return process
      await this.remove(process)
    }
    // Also what is left of one that nobody adopted: two processes would fork a conversation.
    if ('session' in launch.owner && readRecord(this.folderOf(owner)) !== null)
      await endMarked(this.data, ({ session }) => session === owner, this.#options.limits.interruptMs)
    await this.#makeRoom()
    return stopped.aborted && 'session' in launch.owner ? null : this.#start(turn, launch, owner)
  }

  /** A process with one conversation serves no other. */
  #isFor({ session }: Turn, process: PooledProcess): boolean {
    if (this.#protocol.openedWith !== undefined || session.conversation === null) return true
    const lease = this.#records.read(session.id)
    return session.conversation.id === (lease?.conversation ?? process.spool.record.conversation)
  }

  async #start(turn: Turn, launch: Launch, owner: string): Promise<PooledProcess> {
    const { clock, ids, log, checkpoint } = this.#options
    const { id: session } = turn.session
    const generation = ids.next()
    const isShared = 'login' in launch.owner
    const name = isShared ? `${owner}.${generation}` : owner
    const secret = isShared ? ids.next() : ''
    const command = launch.command(secret)
    const shape = isShared ? `${shapeOf(launch)}.${secret}` : shapeOf(launch)
    const { conversation } = launch
    // Before there is a process: the next life finds it by the session.
    const nothing = { transcript: null, openedWith: null, turn: null, resting: false, spent: null }
    this.#records.write({ session, process: name, conversation: conversation || null, ...nothing })
    await launch.furnish?.()
    const spool = await Spool.open(
      this.folderOf(name),
      { ...command, args: [...command.args, ...launch.entry] },
      { data: this.data, runtime: this.#protocol.name, session: name as SessionId },
      { generation, shape, conversation, boxed: launch.boxed, startedAt: clock.now() },
    )
    const process = this.#know(spool)
    log.info({ runtime: this.#protocol.name, session, pid: spool.pid, run: turn.run }, 'agent.started')
    checkpoint('spawned')
    return process
  }

  #know(spool: Spool): PooledProcess {
    const { ids, limits, log } = this.#options
    const { shared, farewell, helpers } = this.#protocol
    const channel = shared === null ? null : new Channel(spool, shared, ids, limits)
    const process: PooledProcess = new PooledProcess(spool, channel, {
      data: this.data,
      farewell,
      helpers,
      patience: limits,
      log,
      sessions: () => this.#records.at(process.name).map(({ session }) => session),
      hasOthersInBox: () => this.#boxing?.hasOthers(spool.pid) ?? false,
    })
    this.#known.set(process.name, process)
    return process
  }

  /** The longest known of those that rest go first; when all are at work, admission has allowed it. */
  async #makeRoom(): Promise<void> {
    for (const process of this.#known.values()) {
      if (this.#known.size < this.#options.limits.maxProcesses) return
      if (!this.#isBusy(process)) await this.remove(process)
    }
  }

  /** Moves a process behind all others: it has just come to rest. */
  rested(process: PooledProcess): void {
    if (this.#known.get(process.name) !== process) return
    this.#known.delete(process.name)
    this.#known.set(process.name, process)
  }
}

/** Whose process it is, as the beginning of its folder's name. */
function ownerOf({ owner }: Launch): string {
  return 'session' in owner ? owner.session : owner.login
}

/** A digest, because the environment may hold a key and the record stands on disk. */
function shapeOf(launch: Launch): string {
  const { told } = launch
  const { file, args, cwd, env } = launch.command('')
  return createHash('sha256')
    .update(JSON.stringify([file, args, cwd, Object.entries(env).sort(([a], [b]) => (a < b ? -1 : 1)), told]))
    .digest('hex')
}
