import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf, Problem } from '../../core/failure.ts'
import type { Steer } from '../../core/event.ts'
import type { AccountId, SessionId } from '../../core/ids.ts'
import type { AgentProcess, Conduct, Cursor, Finding, Runtime, Turn } from '../../core/runtime.ts'
import { SpooledConduct, type Handed } from '../conduct.ts'
import { positionOf } from '../cursor.ts'
import { dataIdOf, endMarked, markVariables } from '../marker.ts'
import { codexRights } from '../rights.ts'
import { readRecord } from '../spool.ts'
import type { SpooledOptions } from '../spooled.ts'
import { replay, spoken, turnAtWork } from './adopt.ts'
import { bubblewrapFor } from './bubblewrap.ts'
import { checkCodex, findCodex, modelsOf } from './check.ts'
import { dialectOf } from './dialect.ts'
import { beginning, type CodexState } from './meaning.ts'
import {
  cleanLine,
  closeIdOf,
  closeLine,
  openIdOf,
  openLine,
  steerIdOf,
  steerLine,
  stopLines,
  trusts,
  turnIdOf,
  turnLine,
} from './request.ts'
import { Seat, Seats, type HandedTurn, type SeatRecord } from './seat.ts'
import { codexName, serverFolders, type Server } from './server.ts'
import { codexHome, Servers, type ServersOptions } from './servers.ts'

export interface CodexOptions extends SpooledOptions, ServersOptions {}

/**
 * The real Codex CLI: one `codex app-server` a login, which all its sessions share, because several processes would
 * renew one login against each other (facts/codex-cli.md section 6).
 */
export class CodexRuntime implements Runtime {
  readonly name = codexName
  readonly title = 'Codex CLI'
  readonly #options: CodexOptions
  readonly #spools: string
  readonly #data: string
  readonly #records: Seats
  readonly #servers: Servers
  readonly #seats = new Map<SessionId, Seat>()
  readonly #conducts = new Map<SessionId, SpooledConduct<CodexState>>()
  readonly #idle = new Map<SessionId, Disposable>()
  #models: Promise<readonly string[]> | null = null
  #closing: Promise<void> | null = null

  constructor(given: CodexOptions) {
    const complete = bubblewrapFor()
    const options: CodexOptions = {
      ...given,
      environmentOf(account) {
        const env = given.environmentOf(account)
        return complete(findCodex(given.binary, env['PATH'] ?? ''), env)
      },
    }
    this.#options = options
    this.#spools = join(options.dataDir, 'spools')
    this.#data = dataIdOf(this.#spools)
    this.#records = new Seats(options.dataDir)
    this.#servers = new Servers(options, this.#spools, this.#data, this.#records, (server) =>
      this.#sitting(server).some(({ busy }) => busy),
    )
  }

  check(): Promise<readonly Finding[]> {
    const env = this.#options.environmentOf('default' as AccountId)
    return checkCodex(findCodex(this.#options.binary, env['PATH'] ?? ''), env, codexHome(env))
  }

  /** The CLI is asked once: its list changes with its version only. */
  models(): Promise<readonly string[]> {
    this.#models ??= this.#askModels()
    return this.#models
  }

  async #askModels(): Promise<readonly string[]> {
    const env = this.#options.environmentOf('default' as AccountId)
    const binary = findCodex(this.#options.binary, env['PATH'] ?? '')
    const models = binary === null ? [] : await modelsOf(binary, env)
    if (models.length === 0) this.#models = null
    return models
  }

  begin(turn: Turn): Conduct {
    return this.#conduct(turn, async (stopped) => {
      if (this.#closing !== null) return null
      const seat = await this.#seatFor(turn, stopped)
      return seat === null ? null : this.#hand(turn, seat, null, stopped)
    })
  }

  async adopt(turn: Turn, cursor: Cursor | null): Promise<Conduct | null> {
    if (this.#closing !== null) return null
    const { id } = turn.session
    this.#letGo(id)
    const conduct = await this.#adopt(turn, cursor)
    if (conduct === null) {
      this.#letGo(id)
      await endMarked(this.#data, ({ session }) => session === id, 0)
    }
    return conduct
  }

  async #adopt(turn: Turn, cursor: Cursor | null): Promise<Conduct | null> {
    const record = this.#records.read(turn.session.id)
    if (record === null) return null
    const folder = join(this.#spools, record.server)
    const generation = readRecord(folder)?.generation
    const handed = record.turn
    const wasHanded = handed?.run === turn.run && handed.attempt === turn.attempt
    const position = cursor === null ? null : positionOf(cursor)
    if (generation === undefined) return null
    if (cursor !== null && (position?.generation !== generation || !wasHanded)) return null
    const server = await this.#servers.attach(record.server)
    const seat = server === null ? null : this.#seat(turn.session.id, server, record)
    if (handed === null || !wasHanded) {
      // It was never told of this turn.
      return seat === null ? null : this.#conduct(turn, (stopped) => this.#hand(turn, seat, null, stopped))
    }
    const pid = readRecord(folder)?.pid ?? 0
    const first = this.#first(turn, pid, handed, record)
    const seen = await replay(folder, first, handed.start, position?.offset ?? null)
    if (seat === null) {
      if (seen.last.over === 'no') return null
      return spoken(seen.unread, { generation, start: handed.start, offset: seen.end })
    }
    // All of it was taken in already: there is nothing to go on with.
    if (position !== null && seen.state.over !== 'no') return null
    if (position === null && !seen.last.taken && seen.last.over === 'no')
      return this.#conduct(turn, (stopped) => this.#hand(turn, seat, handed, stopped))
    const offset = position?.offset ?? handed.start
    seat.thread = seen.last.thread
    seat.transcript = seen.last.transcript
    seat.turn = seen.last.turn
    seat.conversation = seat.thread ?? ''
    const state = position === null ? first : seen.state
    return this.#conduct(turn, async () => {
      this.#busy(seat)
      return { agent: seat, tail: server!.spool.tail(offset), state, start: handed.start }
    })
  }

  async release(session: SessionId): Promise<void> {
    await this.#conducts.get(session)?.stop()
    const record = this.#records.read(session)
    const server = record === null ? null : await this.#servers.attach(record.server)
    if (record !== null && server !== null) await this.#leaveServer(record, server)
    this.#records.remove(session)
    await endMarked(this.#data, (marked) => marked.runtime === codexName && marked.session === session, 0)
  }

  async sweep(keep: ReadonlySet<SessionId>): Promise<number> {
    const isKept = (session: SessionId): boolean => keep.has(session) || this.#seats.has(session)
    let ended = 0
    for (const name of serverFolders(this.#spools, null)) {
      const records = this.#records.at(name)
      const server = await this.#servers.attach(name)
      const gone = records.filter(({ session }) => !isKept(session))
      if (server === null) {
        for (const { session } of gone) this.#records.remove(session)
        if (gone.length === records.length) rmSync(join(this.#spools, name), { recursive: true, force: true })
        continue
      }
      for (const record of gone) await this.#leaveServer(record, server)
      for (const { session } of gone) this.#records.remove(session)
      for (const record of records.filter(({ session, resting }) => resting && isKept(session)))
        if (!this.#seats.has(record.session)) this.#rest(this.#seat(record.session, server, record))
      if (records.length === gone.length) {
        await this.#servers.remove(server)
        ended++
      }
    }
    const isServer = (session: string): boolean => this.#servers.has(session)
    ended += await endMarked(
      this.#data,
      ({ runtime, session }) => runtime === codexName && !isServer(session) && !isKept(session),
      0,
    )
    return ended
  }

  processes(): readonly AgentProcess[] {
    return [...this.#seats.values()]
      .filter(({ spool }) => spool.death === null)
      .map(({ session, spool, busy }) => ({ session, pid: spool.pid, busy }))
  }

  close(agents: 'leave' | 'end'): Promise<void> {
    this.#closing ??= this.#close(agents)
    return this.#closing
  }

  async #close(how: 'leave' | 'end'): Promise<void> {
    await Promise.all([...this.#conducts.values()].map((conduct) => conduct.close()))
    for (const timer of this.#idle.values()) timer[Symbol.dispose]()
    await Promise.all(
      this.#servers.all().map(async (server) => {
        const isBusy = this.#sitting(server).some(({ busy }) => busy)
        if (how === 'leave' && isBusy && server.isUsable) return server.spool.leave()
        const records = this.#records.at(server.name)
        await this.#servers.remove(server)
        for (const { session } of records) this.#records.remove(session)
      }),
    )
    this.#seats.clear()
  }

  /**
   * Puts a word into the turn at work. The server says whether it took it, and its answer stands in the spool: after a
   * death of the bot a word that was taken is not said again.
   */
  async #steer(turn: Turn, conduct: SpooledConduct<CodexState>, steer: Steer): Promise<boolean> {
    const seat = this.#seats.get(turn.session.id)
    const start = this.#records.read(turn.session.id)?.turn?.start
    if (seat === undefined || start === undefined || this.#conducts.get(turn.session.id) !== conduct) return false
    const { server, thread, turn: atWork } = seat
    if (!server.isUsable || seat.isStopping || thread === null || atWork === null) return false
    const late = AbortSignal.timeout(this.#options.limits.steerReplyMs)
    try {
      const id = steerIdOf(turn, steer)
      const was = await server.answered(id, start, thread, late)
      const reply = was ?? (await server.ask(id, [steerLine(id, thread, atWork, steer)], start, late))
      return reply.error === null
    } catch (error) {
      this.#options.log.warn({ run: turn.run, error: messageOf(error) }, 'agent.steer-failed')
      return false
    }
  }

  #conduct(turn: Turn, hand: (stopped: AbortSignal) => Promise<Handed<CodexState> | null>): Conduct {
    const { clock, limits, log } = this.#options
    const { id } = turn.session
    const conduct: SpooledConduct<CodexState> = new SpooledConduct({
      dialect: dialectOf(this.#options.ids, () => this.#seats.get(id) ?? null),
      turn,
      clock,
      log,
      limits,
      hand,
      freed: (agent) => {
        // The next turn may have begun before this one's reader came back.
        if (this.#conducts.get(id) !== conduct) return
        this.#conducts.delete(id)
        const seat = this.#seats.get(id)
        if (seat !== undefined && seat === agent) this.#rest(seat)
      },
    })
    this.#conducts.set(id, conduct)
    return {
      output: conduct.output,
      stop: () => conduct.stop(),
      steer: (steer) => this.#steer(turn, conduct, steer),
      answer: (approval, decision) => conduct.answer(approval, decision),
    }
  }

  async #hand(
    turn: Turn,
    seat: Seat,
    before: HandedTurn | null,
    stopped: AbortSignal,
  ): Promise<Handed<CodexState> | null> {
    this.#busy(seat)
    try {
      return await this.#handOver(turn, seat, before, stopped)
    } catch (error) {
      // One that does not answer would fail the next prompt too, and everybody else's.
      const isRefused = error instanceof Problem && error.kind === 'refused'
      if (!stopped.aborted && !isRefused) await this.#servers.end(seat.server)
      this.#rest(seat)
      throw error
    }
  }

  /** `before`: what an earlier life has recorded of the same turn, of which it may have written some lines. */
  async #handOver(
    turn: Turn,
    seat: Seat,
    before: HandedTurn | null,
    stopped: AbortSignal,
  ): Promise<Handed<CodexState> | null> {
    const { server } = seat
    const never = new AbortController().signal
    const { session } = turn
    // Tried while the server starts and opens the conversation, which only reads.
    const shutIn = this.#servers.shutIn(session.account, session.workdir, codexRights(turn.prompt.tier).profile)
    shutIn.catch(() => {})
    await server.ready(stopped)
    const known = session.conversation?.id
    const trusting = trusts(turn)
    const isAnother = (known !== undefined && known !== seat.thread) || seat.trusting !== trusting
    const left = new Set([known, seat.thread].filter((each) => typeof each === 'string'))
    if (before === null && isAnother) seat.thread = null
    seat.trusting = trusting
    const warm = seat.thread !== null
    const handed = before ?? { run: turn.run, attempt: turn.attempt, start: server.spool.size, warm }
    const record = {
      session: session.id,
      server: server.name,
      thread: seat.thread,
      transcript: seat.transcript,
      trusting,
    }
    if (before === null) this.#records.write({ ...record, turn: handed, resting: false })
    const state = this.#first(turn, server.spool.pid, handed, record)
    const given = (): Handed<CodexState> => ({
      agent: seat,
      tail: server.spool.tail(handed.start),
      state,
      start: handed.start,
    })
    if (seat.thread === null) {
      const mark = markVariables({ data: this.#data, runtime: this.name, session: session.id })
      const was = before === null ? null : await server.answered(openIdOf(turn), handed.start, null, stopped)
      // Also one that nobody should have open: an earlier life may have died while it opened it for somebody else.
      if (was === null) for (const each of left) await server.unload(each, stopped)
      const line = openLine(turn, mark, server.secret)
      const reply = was ?? (await server.ask(openIdOf(turn), [line], handed.start, stopped))
      if (reply.error !== null) {
        // Where tools cannot be shut in, that is why; the server's own words say less.
        await shutIn
        return given()
      }
      const thread = (reply.result?.['thread'] ?? {}) as { readonly id?: string; readonly path?: string }
      seat.thread = thread.id ?? null
      seat.transcript = thread.path ?? null
      seat.conversation = seat.thread ?? ''
    }
    if (seat.thread !== null && seat.thread !== record.thread) {
      const { thread, transcript } = seat
      this.#records.write({ ...record, thread, transcript, turn: handed, resting: false })
    }
    if (seat.thread === null) throw new Problem('wire', 'The Codex server opened no conversation.')
    await shutIn
    if (stopped.aborted) {
      // Stopped before it was told anything. (Closed: the next life hands it over.)
      if (this.#closing === null) this.#rest(seat)
      return null
    }
    const was = before === null ? null : await server.answered(turnIdOf(turn), handed.start, seat.thread, stopped)
    if (was === null) {
      // What somebody with more rights has left running would do a lesser one's bidding.
      const tidying = codexRights(turn.prompt.tier).profile === 'omc-read' ? [cleanLine(seat.thread)] : []
      const lines = [...tidying, turnLine(turn, seat.thread, server.secret)]
      const asking = server.ask(turnIdOf(turn), lines, handed.start, never, this.#options.limits.promptReplyMs)
      this.#options.checkpoint('handed-over')
      // A server that does not answer must not keep the deadlines from being set.
      await asking.catch(() => null)
    }
    return given()
  }

  #first(
    turn: Turn,
    pid: number,
    { warm }: HandedTurn,
    seat: { readonly thread: string | null; readonly transcript: string | null },
  ): CodexState {
    const from = { pid, warm, workdir: turn.session.workdir, openId: openIdOf(turn), turnId: turnIdOf(turn) }
    return beginning(from, warm ? seat.thread : null, warm ? seat.transcript : null)
  }

  async #seatFor(turn: Turn, stopped: AbortSignal): Promise<Seat | null> {
    const { session } = turn
    if (!existsSync(session.workdir))
      throw new Problem('refused', `The folder ${session.workdir} does not exist. Choose another for this session.`)
    const alive = this.#seats.get(session.id)
    if (alive !== undefined && !alive.isUsable) {
      await this.#servers.end(alive.server)
      this.#letGo(session.id)
    }
    const server = await this.#servers.serve(session.account, session.id)
    if (alive?.isUsable === true && alive.server === server) return alive
    if (stopped.aborted && this.#closing !== null) return null
    const record = this.#records.read(session.id)
    return this.#seat(session.id, server, record?.server === server.name ? record : null)
  }

  #seat(session: SessionId, server: Server, record: SeatRecord | null): Seat {
    const seat = new Seat(session, server, this.#data, record, this.#options.limits, () => this.#servers.end(server))
    this.#seats.set(session, seat)
    return seat
  }

  #sitting(server: Server): readonly Seat[] {
    return [...this.#seats.values()].filter((seat) => seat.server === server)
  }

  #busy(seat: Seat): void {
    this.#idle.get(seat.session)?.[Symbol.dispose]()
    this.#idle.delete(seat.session)
    seat.busy = true
    seat.isStopping = false
  }

  #rest(seat: Seat): void {
    const { clock, limits, log } = this.#options
    const { session, server } = seat
    seat.busy = false
    seat.turn = null
    if (!server.isUsable) {
      this.#letGo(session)
      // A short output is kept, for a turn that it may have ended.
      const isLong = server.spool.bulk > limits.retireBytes
      if (isLong && !this.#sitting(server).some(({ busy }) => busy)) this.#retire(server)
      return
    }
    const record = this.#records.read(session)
    if (record?.server === server.name)
      this.#records.write({ ...record, thread: seat.thread, transcript: seat.transcript, resting: true })
    const isFull = server.spool.bulk > limits.retireBytes
    if (isFull && !this.#sitting(server).some(({ busy }) => busy)) return this.#retire(server)
    if (seat.ending !== null) this.#seat(session, server, this.#records.read(session))
    this.#idle.set(
      session,
      clock.after(limits.idleMs, () => {
        this.release(session).catch((error: unknown) =>
          log.error({ session, error: messageOf(error) }, 'agent.end-failed'),
        )
      }),
    )
  }

  /** Its output has grown too long; the conversations go on in a new one. */
  #retire(server: Server): void {
    for (const { session } of this.#sitting(server)) this.#letGo(session)
    this.#servers.remove(server).catch((error: unknown) => {
      this.#options.log.error({ server: server.name, error: messageOf(error) }, 'agent.end-failed')
    })
  }

  #letGo(session: SessionId): void {
    this.#idle.get(session)?.[Symbol.dispose]()
    this.#idle.delete(session)
    this.#seats.delete(session)
  }

  /** Ends what the session has at work and gives its conversation back; the last one out ends the server. */
  async #leaveServer({ session, thread, turn, resting }: SeatRecord, server: Server): Promise<void> {
    const seat = this.#seats.get(session)
    this.#letGo(session)
    const others = this.#records.at(server.name).filter((record) => record.session !== session)
    if (others.length === 0) return this.#servers.remove(server)
    const open = seat?.thread ?? thread
    if (open === null || !server.isUsable) return
    const atWork = seat?.turn ?? (turn === null || resting ? null : await turnAtWork(server.spool.folder, open, turn))
    const lines = [...(atWork === null ? [cleanLine(open)] : stopLines(open, atWork)), closeLine(open)]
    const never = new AbortController().signal
    await server
      .ask(closeIdOf(open), lines, server.spool.size, never, this.#options.limits.closeReplyMs)
      .catch(() => null)
  }
}
