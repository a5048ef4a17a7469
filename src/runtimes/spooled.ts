import { createHash } from 'node:crypto'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Checkpoint } from '../core/checkpoint.ts'
import { pause, type Clock } from '../core/clock.ts'
import { messageOf } from '../core/failure.ts'
import type { Ids, SessionId } from '../core/ids.ts'
import type { Log } from '../core/log.ts'
import type { AgentProcess, Conduct, Cursor, Finding, Runtime, Turn } from '../core/runtime.ts'
import { adoptTurn, isLong } from './adopt.ts'
import { Agent } from './agent.ts'
import { SpooledConduct, type Handed } from './conduct.ts'
import type { Dialect, Launch, Standing } from './dialect.ts'
import type { ProcessLimits } from './limits.ts'
import { dataIdOf, endMarked } from './marker.ts'
import { readRecord, Spool, type SpoolRecord } from './spool.ts'

export interface SpooledOptions {
  /** Absolute path of the data folder; spools stand in `spools/` below it. */
  readonly dataDir: string
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
  readonly checkpoint: Checkpoint
  readonly limits: ProcessLimits
}

/** The runtime of a CLI that speaks lines on stdin and stdout: one long-lived process a session, each on a spool. */
export class SpooledRuntime<State extends Standing> implements Runtime {
  readonly #dialect: Dialect<State>
  readonly #options: SpooledOptions
  readonly #spools: string
  readonly #data: string
  readonly #agents = new Map<SessionId, Agent>()
  /** Since when each idle process is, the longest idle first, with the timer that ends it. */
  readonly #idle = new Map<Agent, Disposable>()
  readonly #conducts = new Map<SessionId, SpooledConduct<State>>()
  #closing: Promise<void> | null = null

  constructor(dialect: Dialect<State>, options: SpooledOptions) {
    this.#dialect = dialect
    this.#options = options
    this.#spools = join(options.dataDir, 'spools')
    this.#data = dataIdOf(this.#spools)
  }

  get name(): Runtime['name'] {
    return this.#dialect.name
  }

  get title(): string {
    return this.#dialect.title
  }

  check(): Promise<readonly Finding[]> {
    return this.#dialect.check()
  }

  models(): Promise<readonly string[]> {
    return this.#dialect.models()
  }

  begin(turn: Turn): Conduct {
    return this.#conduct(turn, (stopped) => this.#hand(turn, stopped))
  }

  async adopt(turn: Turn, cursor: Cursor | null): Promise<Conduct | null> {
    if (this.#closing !== null) return null
    const folder = this.#folder(turn.session.id)
    this.#letGo(turn.session.id)
    const adopted = await adoptTurn(this.#dialect, folder, turn, cursor, this.#data, (record) =>
      this.#suits(record, turn),
    )
    if (adopted === null || adopted.kind === 'ended') return adopted?.conduct ?? null
    const { spool, write, start, offset, state, handed } = adopted
    const agent = new Agent(turn.session.id, spool, offset, this.#data, this.#dialect.farewell, this.#options.limits)
    agent.busy = true
    this.#agents.set(agent.session, agent)
    this.#options.log.info(
      { runtime: this.name, session: agent.session, pid: spool.pid, run: turn.run },
      'agent.adopted',
    )
    return this.#conduct(turn, async () => {
      spool.recordTurn(handed, agent.conversation)
      if (write.length > 0) await this.#write(spool, write)
      return { agent, tail: spool.tail(offset), state, start, steers: handed.steers }
    })
  }

  async release(session: SessionId): Promise<void> {
    await this.#conducts.get(session)?.stop()
    const agent = this.#agents.get(session)
    if (agent !== undefined) await this.#dismiss(agent)
    else if (readRecord(this.#folder(session)) !== null) await this.#endAll(session)
    rmSync(this.#folder(session), { recursive: true, force: true })
  }

  async sweep(keep: ReadonlySet<SessionId>): Promise<number> {
    const isLeft = (runtime: string, session: SessionId): boolean =>
      runtime === this.name && !keep.has(session) && !this.#agents.has(session)
    const ended = await endMarked(
      this.#data,
      (marked) => isLeft(marked.runtime, marked.session),
      this.#options.limits.interruptMs,
    )
    for (const entry of readdirSync(this.#spools, { withFileTypes: true })) {
      if (!entry.isDirectory()) continue
      const record = readRecord(join(this.#spools, entry.name))
      // Without a record nobody could adopt it, whoever's it was.
      if (isLeft(record?.runtime ?? this.name, entry.name as SessionId))
        rmSync(join(this.#spools, entry.name), { recursive: true, force: true })
      else if (record?.runtime === this.name) await this.#takeUp(record)
    }
    return ended
  }

  processes(): readonly AgentProcess[] {
    return [...this.#agents.values()]
      .filter(({ spool }) => spool.death === null)
      .map(({ session, spool, busy }) => ({ session, pid: spool.pid, busy }))
  }

  close(agents: 'leave' | 'end'): Promise<void> {
    this.#closing ??= this.#close(agents)
    return this.#closing
  }

  async #close(how: 'leave' | 'end'): Promise<void> {
    await Promise.all([...this.#conducts.values()].map((conduct) => conduct.close()))
    await Promise.all(
      [...this.#agents.values()].map(async (agent) => {
        // An idle one has nothing to go on with, and the next life would end it at once.
        if (how === 'leave' && agent.busy && agent.isUsable) agent.spool.leave()
        else {
          await this.#dismiss(agent)
          rmSync(agent.spool.folder, { recursive: true, force: true })
        }
      }),
    )
    this.#agents.clear()
  }

  #conduct(turn: Turn, hand: (stopped: AbortSignal) => Promise<Handed<State> | null>): Conduct {
    const { clock, limits, log } = this.#options
    const conduct: SpooledConduct<State> = new SpooledConduct({
      dialect: this.#dialect,
      turn,
      clock,
      log,
      limits,
      hand,
      steered: (agent, word) => agent.spool.recordSteer(word),
      freed: (agent) => {
        // The next turn may have begun before this one's reader came back.
        if (this.#conducts.get(agent.session) !== conduct) return
        this.#conducts.delete(agent.session)
        this.#rest(agent)
      },
    })
    this.#conducts.set(turn.session.id, conduct)
    return conduct
  }

  async #hand(turn: Turn, stopped: AbortSignal): Promise<Handed<State> | null> {
    if (this.#closing !== null) return null
    const { warm, agent } = await this.#agentFor(turn, stopped)
    if (agent === null) return null
    const { spool, position: start } = agent
    if (stopped.aborted) {
      // Stopped before it was told anything: nothing to end. (Closed: the next life hands it over.)
      if (this.#closing === null) this.#rest(agent)
      return null
    }
    const { costSoFar, conversation } = agent
    const lines = warm ? this.#dialect.prompt(turn) : [...this.#dialect.greeting(turn), ...this.#dialect.prompt(turn)]
    const handed = { run: turn.run, attempt: turn.attempt, start, warm, costSoFar, long: isLong(lines), steers: [] }
    spool.recordTurn(handed, conversation)
    await this.#write(spool, lines)
    this.#options.checkpoint('handed-over')
    const state = this.#dialect.begin(turn, { pid: spool.pid, warm, conversation, costSoFar })
    return { agent, tail: spool.tail(start), state, start }
  }

  /** A CLI that does not read must not keep the deadlines from being set. */
  async #write(spool: Spool, lines: readonly string[]): Promise<void> {
    const enough = new AbortController()
    await Promise.race([
      spool.write(...lines),
      pause(this.#options.clock, this.#options.limits.takeInMs, enough.signal),
    ])
    enough.abort()
  }

  async #agentFor(turn: Turn, stopped: AbortSignal): Promise<{ agent: Agent | null; warm: boolean }> {
    const launch = await this.#dialect.launch(turn)
    const shape = shapeOf(launch)
    const alive = this.#agents.get(turn.session.id)
    if (alive !== undefined) {
      if (alive.isUsable && fits(alive, turn, shape)) {
        this.#wake(alive)
        return { agent: alive, warm: true }
      }
      await this.#dismiss(alive)
    } else if (readRecord(this.#folder(turn.session.id)) !== null) await this.#endAll(turn.session.id)
    await this.#makeRoom()
    if (stopped.aborted) return { agent: null, warm: false }
    return { agent: await this.#start(turn, launch, shape), warm: false }
  }

  /** Whether a process that an earlier life left has been started as this turn needs it. */
  async #suits(record: SpoolRecord, turn: Turn): Promise<boolean> {
    try {
      return record.shape === shapeOf(await this.#dialect.launch(turn))
    } catch {
      return false
    }
  }

  /** Takes up a process that rested when the life before ended: the next prompt of its session starts none. */
  async #takeUp({ session, resting }: SpoolRecord): Promise<void> {
    if (resting === null || this.#agents.has(session)) return
    const spool = await Spool.attach(this.#folder(session))
    if (spool === null) return
    const agent = new Agent(session, spool, spool.size, this.#data, this.#dialect.farewell, this.#options.limits)
    agent.costSoFar = resting.costSoFar
    this.#agents.set(session, agent)
    this.#rest(agent)
  }

  /** Forgets a process that was taken up as resting: what is adopted has more to say. */
  #letGo(session: SessionId): void {
    const agent = this.#agents.get(session)
    if (agent === undefined || agent.busy) return
    this.#wake(agent)
    this.#agents.delete(session)
    agent.spool.leave()
  }

  async #start(turn: Turn, { command, entry, conversation }: Launch, shape: string): Promise<Agent> {
    const { clock, ids, log, checkpoint } = this.#options
    const session = turn.session.id
    const spool = await Spool.open(
      this.#folder(session),
      { ...command, args: [...command.args, ...entry] },
      { data: this.#data, runtime: this.name, session },
      { generation: ids.next(), shape, conversation, startedAt: clock.now() },
    )
    const agent = new Agent(session, spool, 0, this.#data, this.#dialect.farewell, this.#options.limits)
    agent.busy = true
    this.#agents.set(session, agent)
    log.info({ runtime: this.name, session, pid: spool.pid, run: turn.run }, 'agent.started')
    checkpoint('spawned')
    return agent
  }

  /** The longest idle ones go first; when all are at work, admission has allowed it. */
  async #makeRoom(): Promise<void> {
    for (const agent of this.#idle.keys()) {
      if (this.#agents.size < this.#options.limits.maxProcesses) return
      await this.#dismiss(agent)
    }
  }

  #rest(agent: Agent): void {
    const { clock, limits } = this.#options
    agent.busy = false
    if (!agent.isUsable || agent.spool.bulk > limits.retireBytes) return this.#dismissLater(agent)
    agent.spool.recordRest(agent.conversation, agent.costSoFar)
    this.#idle.set(
      agent,
      clock.after(limits.idleMs, () => this.#dismissLater(agent)),
    )
  }

  #wake(agent: Agent): void {
    this.#idle.get(agent)?.[Symbol.dispose]()
    this.#idle.delete(agent)
    agent.busy = true
  }

  #dismissLater(agent: Agent): void {
    this.#dismiss(agent).catch((error: unknown) => {
      this.#options.log.error({ session: agent.session, error: messageOf(error) }, 'agent.end-failed')
    })
  }

  /** Ends a process; its output is removed, but for that of a process that died by itself: see `adopt`. */
  async #dismiss(agent: Agent): Promise<void> {
    const { log, limits } = this.#options
    this.#idle.get(agent)?.[Symbol.dispose]()
    this.#idle.delete(agent)
    const isDead = agent.spool.death !== null
    await agent.end('asked')
    if (this.#agents.get(agent.session) !== agent) return
    this.#agents.delete(agent.session)
    log.info({ runtime: this.name, session: agent.session, pid: agent.spool.pid }, 'agent.ended')
    if (!isDead || agent.spool.bulk > limits.retireBytes) rmSync(agent.spool.folder, { recursive: true, force: true })
  }

  /** Ends what an earlier life left of a session that is not adopted: two processes would fork its conversation. */
  async #endAll(session: SessionId): Promise<void> {
    await endMarked(this.#data, (marked) => marked.session === session, this.#options.limits.interruptMs)
  }

  #folder(session: SessionId): string {
    return join(this.#spools, session)
  }
}

function fits(agent: Agent, { session }: Turn, shape: string): boolean {
  if (agent.spool.record.shape !== shape) return false
  return session.conversation === null || session.conversation.id === agent.conversation
}

/** A digest, because the environment may hold a key and the record stands on disk. */
function shapeOf({ command }: Launch): string {
  const { file, args, cwd, env } = command
  return createHash('sha256')
    .update(JSON.stringify([file, args, cwd, Object.entries(env).sort(([a], [b]) => (a < b ? -1 : 1))]))
    .digest('hex')
}
