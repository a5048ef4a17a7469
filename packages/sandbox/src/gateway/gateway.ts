import { randomBytes } from 'node:crypto'
import { WebSocketServer } from 'ws'
import { z } from 'zod'
import { INTENT, KNOWN_INTENTS, PRIVILEGED } from '../intents.ts'
import { COMPRESSIONS, Line } from './line.ts'
import { answerMembers } from './members.ts'
import { greet } from './ready.ts'
import { Session } from './session.ts'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { RawData, WebSocket } from 'ws'
import type { Faults, ImmediateFault } from '../faults.ts'
import type { User } from '../records.ts'
import type { SessionStarts } from '../rest/users.ts'
import type { World, WorldEvent } from '../world.ts'

const DAY = 24 * 3_600_000
/** More need more shards. */
const GUILDS_PER_SHARD = 2500
/** How long a session waits for a RESUME. */
const RESUMABLE_MS = 120_000

const payload = z.object({ op: z.number().int(), d: z.unknown().optional() })
const identify = z.object({
  token: z.string(),
  intents: z.number().int().optional(),
  shard: z.tuple([z.number().int(), z.number().int()]).optional(),
})
const resume = z.object({ token: z.string(), session_id: z.string(), seq: z.number().int().nullable() })
export interface GatewayOptions {
  heartbeatMs: number
  /** whether limits are enforced now: one identify per 5 s, one request for all members per 30 s */
  limited(): boolean
  identifiesADay: number
  record(session: Session, name: string, data: unknown): void
}

/** A line, and the session it speaks for once it has identified or resumed. */
interface Connection {
  readonly line: Line
  session: Session | null
}

/** A frame of so many bytes is packed for a client that offers to unpack it. Smaller ones cost more than they save here. */
const packedFrom = 64 * 1024

/** Gateway v10: sockets in, dispatches out. https://discord.com/developers/docs/events/gateway */
export class Gateway {
  readonly #world: World
  readonly #options: GatewayOptions
  #faults: Faults | null = null
  readonly #server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: { threshold: packedFrom, serverNoContextTakeover: true },
    maxPayload: 64 * 1024,
  })
  readonly #sessions = new Map<string, Session>()
  readonly #connections = new Set<Connection>()
  readonly #identifies: number[] = []
  readonly #stop: () => void

  constructor(world: World, options: GatewayOptions) {
    this.#world = world
    this.#options = options
    this.#stop = world.listen((event) => this.#spread(event))
  }

  /** The faults need the gateway to act on it, and the gateway them: joined here, once. */
  obey(faults: Faults): void {
    this.#faults = faults
  }

  get #broken(): Faults {
    if (!this.#faults) throw new Error('Gateway.obey must be called before the first connection')
    return this.#faults
  }

  starts(): SessionStarts {
    const now = this.#world.clock.now()
    while ((this.#identifies[0] ?? now) < now - DAY) this.#identifies.shift()
    const first = this.#identifies[0]
    return {
      total: this.#options.identifiesADay,
      remaining: Math.max(0, this.#options.identifiesADay - this.#identifies.length),
      resetAfterMs: first === undefined ? DAY : first + DAY - now,
    }
  }

  /** Users with an open socket, by id. */
  online(): string[] {
    return [...this.#sessions.values()].filter((session) => session.line).map((session) => session.user.id)
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const refused = this.#broken.take('gateway.refuseUpgrade', (fault) => fault.people === true || !isPerson(request))
    if (refused) {
      socket.end(`HTTP/1.1 ${refused.status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
      return
    }
    this.#server.handleUpgrade(request, socket, head, (client) => this.#connect(client, request))
  }

  #connect(socket: WebSocket, request: IncomingMessage): void {
    const query = new URL(request.url ?? '/', 'http://localhost').searchParams
    const packed = COMPRESSIONS.find((one) => one === query.get('compress')) ?? null
    const line = new Line(socket, packed)
    const connection: Connection = { line, session: null }
    this.#connections.add(connection)
    const close = (code: number, reason: string) => line.close(code, reason)
    let windowStart = this.#world.clock.now()
    let received = 0
    // A client that stopped beating is gone, whatever its socket says.
    const silence = setTimeout(() => close(4009, 'Session timed out.'), this.#options.heartbeatMs * 2).unref()

    socket.on('error', () => socket.terminate())
    socket.on('close', (code) => {
      clearTimeout(silence)
      this.#connections.delete(connection)
      const { session } = connection
      if (session?.line === line) this.#lost(session, code)
    })
    socket.on('message', (raw) => {
      const now = this.#world.clock.now()
      if (now - windowStart > 60_000) [windowStart, received] = [now, 0]
      if (++received > 120) return close(4008, 'Rate limited.')
      const text = textOf(raw)
      if (Buffer.byteLength(text) > 4096) return close(4002, 'Payload too large.')
      let read: z.infer<typeof payload>
      try {
        read = payload.parse(JSON.parse(text))
      } catch {
        return close(4002, 'Error while decoding payload.')
      }
      switch (read.op) {
        case 1:
          silence.refresh()
          if (
            !this.#broken.take(
              'gateway.muteAcks',
              (fault) => connection.session?.user.bot !== false || fault.people === true,
            )
          ) {
            line.send({ op: 11 })
          }
          return
        case 2:
          if (connection.session) return close(4005, 'Already authenticated.')
          connection.session = this.#identify(line, read.d)
          return
        case 6:
          if (connection.session) return close(4005, 'Already authenticated.')
          connection.session = this.#resume(line, read.d)
          return
        case 3:
        case 4:
        case 31:
          if (!connection.session) close(4003, 'Not authenticated.')
          return
        case 8:
          if (!connection.session) return close(4003, 'Not authenticated.')
          answerMembers(this.#world, connection.session, read.d, this.#options.limited())
          return
        default:
          return close(4001, 'Unknown opcode.')
      }
    })
    const version = query.get('v')
    if (version !== null && version !== '10') return close(4012, 'Invalid API version')
    line.send({ op: 10, d: { heartbeat_interval: this.#options.heartbeatMs, _trace: ['["sandbox",{}]'] } })
  }

  #identify(line: Line, body: unknown): Session | null {
    const fail = (code: number, reason: string) => {
      line.close(code, reason)
      return null
    }
    const read = identify.safeParse(body)
    if (!read.success) return fail(4002, 'Error while decoding payload.')
    const user = this.#world.userByToken(read.data.token.replace(/^Bot /, ''))
    if (!user) return fail(4004, 'Authentication failed.')
    const refused = this.#broken.take('gateway.refuseIdentify', (fault) => user.bot || fault.people === true)
    if (refused) return fail(refused.code, 'Refused by a fault.')
    if (user.bot) {
      if (this.starts().remaining === 0) {
        this.#resetToken(user)
        return fail(4004, 'Authentication failed.')
      }
      const last = this.#identifies.at(-1)
      const tooSoon = this.#options.limited() && last !== undefined && this.#world.clock.now() - last < 5000
      this.#identifies.push(this.#world.clock.now())
      if (tooSoon) {
        line.send({ op: 9, d: false })
        return null
      }
      const asked = read.data.intents
      if (asked === undefined || (asked & ~KNOWN_INTENTS) !== 0) return fail(4013, 'Invalid intent(s).')
      if ((asked & PRIVILEGED & ~user.privilegedIntents) !== 0) return fail(4014, 'Disallowed intent(s).')
    }
    const shard = read.data.shard ?? ([0, 1] as const)
    if (shard[0] < 0 || shard[0] >= shard[1]) return fail(4010, 'Invalid shard.')
    const guilds = [...this.#world.guilds.values()].filter((guild) => guild.members.has(user.id))
    if (guilds.length / shard[1] > GUILDS_PER_SHARD) return fail(4011, 'Sharding required.')
    const session = new Session(
      { id: randomBytes(16).toString('hex'), user, intents: user.bot ? (read.data.intents ?? 0) : -1, shard, line },
      this.#broken,
      (...sent) => this.#options.record(...sent),
    )
    this.#sessions.set(session.id, session)
    greet(this.#world, session)
    return session
  }

  #resume(line: Line, body: unknown): Session | null {
    const read = resume.safeParse(body)
    if (!read.success) {
      line.close(4002, 'Error while decoding payload.')
      return null
    }
    const session = this.#sessions.get(read.data.session_id)
    const isBot = session?.user.bot !== false
    const refused = this.#broken.take('gateway.refuseResume', (fault) => isBot || fault.people === true)
    const fits = session && session.user.token === read.data.token.replace(/^Bot /, '')
    if (fits && (read.data.seq ?? 0) > session.seq) {
      line.close(4007, 'Invalid seq.')
      return null
    }
    if (refused?.how === 'silent') return null
    if (refused?.how === 'closed') {
      line.close(4009, 'Session timed out.')
      return null
    }
    if (refused || !fits) {
      line.send({ op: 9, d: refused?.how === 'again' })
      return null
    }
    if (session.line !== line) session.line?.terminate()
    session.line = line
    if (session.expiry) clearTimeout(session.expiry)
    if (!session.replay(read.data.seq ?? 0)) {
      session.line = null
      this.#sessions.delete(session.id)
      line.send({ op: 9, d: false })
      return null
    }
    session.dispatch('RESUMED', { _trace: ['["sandbox",{}]'] })
    return session
  }

  /** What Discord does to a bot that identified too often: its token is worth nothing any more. */
  #resetToken(user: User): void {
    user.token = randomBytes(24).toString('hex')
    for (const session of this.#sessions.values()) {
      if (session.user.id !== user.id) continue
      this.#sessions.delete(session.id)
      session.line?.close(4004, 'Authentication failed.')
    }
  }

  #lost(session: Session, code: number): void {
    session.line = null
    const end = () => this.#sessions.delete(session.id)
    // A client that says goodbye gives its session up; any other loss can be resumed.
    if (code === 1000 || code === 1001) end()
    else session.expiry = setTimeout(end, RESUMABLE_MS).unref()
  }

  /** Brings an event of the world to every session it is for. */
  #spread(event: WorldEvent): void {
    const users = new Set(this.#world.audienceOf(event).map((user) => user.id))
    for (const session of this.#sessions.values()) {
      const { user } = session
      if (!users.has(user.id)) continue
      if (user.bot && event.intents !== 0 && (session.intents & event.intents) === 0) continue
      const data = typeof event.data === 'function' ? event.data(user) : event.data
      const guildId = 'guild_id' in data && typeof data.guild_id === 'string' ? data.guild_id : null
      if (!session.owns(guildId)) continue
      session.dispatch(event.name, this.#readable(event, session) ? data : withoutContent(data))
    }
  }

  /** Whether a bot may read the message: by intent, or by one of Discord's exceptions. */
  #readable(event: WorldEvent, session: Session): boolean {
    const { message } = event
    if (!message || !session.user.bot || (session.intents & INTENT.messageContent) !== 0) return true
    const { id } = session.user
    return message.guildId === null || message.authorId === id || message.mentions.includes(id)
  }

  /** Carries out what happens at once; returns how many connections it touched. */
  act(fault: ImmediateFault): number {
    const hit = [...this.#connections].filter(({ session }) => session && (session.user.bot || fault.people === true))
    for (const connection of hit) {
      const { line, session } = connection
      if (fault.kind === 'gateway.disconnect') line.terminate()
      else if (fault.kind === 'gateway.close') line.close(fault.code, 'Closed by a fault.')
      else if (fault.kind === 'gateway.reconnect') line.send({ op: 7, d: null })
      else {
        line.send({ op: 9, d: fault.resumable })
        // The socket stays: the client resumes or identifies again on it.
        connection.session = null
        if (!session) continue
        session.line = null
        if (!fault.resumable) this.#sessions.delete(session.id)
      }
    }
    return hit.length
  }

  close(): void {
    this.#stop()
    for (const session of this.#sessions.values()) if (session.expiry) clearTimeout(session.expiry)
    for (const { line } of this.#connections) line.terminate()
    this.#sessions.clear()
    this.#server.close()
  }
}

/** Actors say who they are before they identify; a library does not. */
const isPerson = (request: IncomingMessage) => /[?&]client=person\b/.test(request.url ?? '')

function textOf(raw: RawData): string {
  if (Array.isArray(raw)) return Buffer.concat(raw).toString('utf8')
  return raw instanceof ArrayBuffer ? Buffer.from(raw).toString('utf8') : raw.toString('utf8')
}

function withoutContent(data: object): object {
  return {
    ...data,
    content: '',
    embeds: [],
    attachments: [],
    components: [],
    ...('poll' in data ? { poll: null } : {}),
  }
}
