import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createSocketServer, type Socket } from 'node:net'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { authorityOf, insideBox, type HostPort, type ModelLogin } from '../core/egress.ts'
import type { SessionId } from '../core/ids.ts'
import { BoundedMap } from '../system/bounded-map.ts'
import { addressRule, type AddressRule } from '../system/addresses.ts'
import { parseAuthority } from './authority.ts'
import { controlSocket, hear, say, type FromProxy, type ToProxy } from './control.ts'
import { forward, tunnel, type Destination, type Resolve } from './hosts.ts'
import { toModel } from './model.ts'
import { isOpen, readPolicy, type SessionPolicy } from './policy.ts'
import { Questions } from './questions.ts'
import { reject, rejectTunnel, type Rejection } from './refusal.ts'
import { Renewals, type RenewalRules } from './renewal.ts'
import { gitRequest, inWords, toGit } from './git.ts'
import { TokenRequests } from './token-requests.ts'
import { Traffic, type Counts } from './traffic.ts'

export interface ProxyOptions {
  readonly version: string
  readonly resolve: Resolve
  /** Which addresses a session may be connected to, given the operator's networks. */
  readonly ruleFor?: (networks: readonly string[]) => AddressRule
}

/** How often it is written what was counted, and looked whether the folder is still there. */
const tickMs = 1000

/** Connections that a session may hold at once: one box must not use up the descriptors of all. */
const mostConnections = 512

/**
 * The process outside the boxes: a socket for each session that has a policy, and one for the bot. The bot may die and
 * come back meanwhile. Works in the current folder, because the address of a socket must be short.
 */
export class EgressServer {
  readonly #options: ProxyOptions
  readonly #sessions = new Map<SessionId, Server>()
  /** Those that the server itself knows no longer, while they are open. */
  readonly #tunnels = new WeakMap<Server, Set<Duplex>>()
  readonly #control = createSocketServer((socket) => this.#greet(socket))
  readonly #bots = new Set<Socket>()
  readonly #traffic = new Traffic('.')
  readonly #questions = new Questions((question) => this.#tell({ say: 'asked', question }))
  readonly #tokens = new TokenRequests((request) => this.#tell({ say: 'wants-token', request }))
  readonly #renewals = new Renewals({ rules: () => this.#renewing, environment: process.env })
  readonly #toldAt = new BoundedMap<SessionId, number>(1000)
  #logins: Readonly<Record<string, ModelLogin>> = {}
  #renewing: RenewalRules | null = null
  #inode: bigint | null = null
  #timer: NodeJS.Timeout | null = null
  #left = false

  constructor(options: ProxyOptions) {
    this.#options = options
  }

  /** Stands where its sessions look for it. Whoever stood there before has gone. */
  start(): void {
    for (const folder of ['policies', 'sessions']) mkdirSync(folder, { recursive: true, mode: 0o700 })
    this.#sync()
    rmSync(controlSocket, { force: true })
    this.#control.once('error', (error) => {
      console.error(error)
      process.exit(1)
    })
    this.#control.listen(controlSocket)
    chmodSync(controlSocket, 0o600)
    this.#inode = inodeOf(controlSocket)
    this.#timer = setInterval(() => this.#tick(), tickMs)
  }

  /** Gives the sockets back. What streams goes on; without it, the process ends. */
  leave(): void {
    this.#left = true
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#traffic.save(false)
    this.#control.close()
    for (const server of this.#sessions.values()) server.close()
    for (const bot of this.#bots) bot.destroy()
  }

  #tick(): void {
    // The folder was removed, or another one stands in it: nobody can reach this one any more.
    if (inodeOf(controlSocket) !== this.#inode) process.exit(0)
    this.#traffic.save(this.#sessions.size > 0)
  }

  #greet(bot: Socket): void {
    this.#bots.add(bot)
    bot.on('error', () => {}).once('close', () => this.#bots.delete(bot))
    hear(bot, (message) => this.#heard(bot, message as ToProxy))
    say(bot, { say: 'hello', version: this.#options.version, pid: process.pid })
    for (const question of this.#questions.all) say(bot, { say: 'asked', question })
    for (const request of this.#tokens.all) say(bot, { say: 'wants-token', request })
  }

  #heard(bot: Socket, message: ToProxy): void {
    if (message.say === 'logins') {
      this.#logins = message.logins
      this.#renewing = message.renewing
    } else if (message.say === 'answer') this.#questions.answer(message.question, message.verdict)
    else if (message.say === 'token') this.#tokens.answer(message.id, message.token)
    else if (message.say === 'leave') this.leave()
    else if (message.say === 'end') process.exit(0)
    else {
      this.#sync()
      say(bot, { say: 'synced', id: message.id })
    }
  }

  #tell(message: FromProxy): void {
    for (const bot of this.#bots) say(bot, message)
  }

  /** Makes the sockets be those of the policies. */
  #sync(): void {
    const wanted = new Set(
      readdirSync('policies')
        .filter((name) => name.endsWith('.json'))
        .map((name) => name.slice(0, -'.json'.length) as SessionId),
    )
    this.#traffic.keep(wanted)
    this.#questions.keep(wanted)
    for (const [session, server] of this.#sessions) {
      if (wanted.has(session)) continue
      this.#sessions.delete(session)
      server.close()
      server.closeAllConnections()
      for (const socket of this.#tunnels.get(server) ?? []) socket.destroy()
    }
    for (const session of wanted) this.#serve(session)
  }

  #serve(session: SessionId): void {
    const path = join('sessions', session, 'egress.sock')
    if (this.#sessions.has(session) && existsSync(path)) return
    this.#sessions.get(session)?.close()
    mkdirSync(join('sessions', session), { recursive: true, mode: 0o700 })
    rmSync(path, { force: true })
    // Idle connections are the clients' to close: one that is closed here while it is being used again is an error there.
    const server = createServer({ keepAliveTimeout: 3_600_000, requestTimeout: 0, noDelay: true })
    server.maxConnections = mostConnections
    server.on('request', (asked, answered) => this.#request(session, asked, answered))
    server.on('connect', (asked: IncomingMessage, socket: Duplex, head: Buffer) => {
      this.#tunnelled(server, socket)
      this.#connect(session, asked, socket, head)
    })
    server.listen(path)
    this.#sessions.set(session, server)
  }

  #request(session: SessionId, asked: IncomingMessage, answered: ServerResponse): void {
    answered.on('error', () => {})
    // A connection that is kept for later would keep this process for it, too.
    answered.once('finish', () => {
      if (this.#left) asked.socket.end()
    })
    const policy = readPolicy('.', session)
    const target = asked.url ?? ''
    const [, authority = null, path = target] = /^http:\/\/([^/?#]+)([^#]*)$/i.exec(target) ?? []
    if (policy !== null && (target.startsWith('/') || authority === insideBox.model)) {
      const login = policy.login === null ? null : (this.#logins[policy.login] ?? null)
      const counts = this.#traffic.of(session, 'model')
      const refused = (why: Rejection['why']): void => this.#refused(session, 'model', counts, why)
      const tools = { counts, renewals: this.#renewals, refused }
      return this.#settle(toModel(asked, answered, path, login, tools), answered)
    }
    if (policy !== null && authority === insideBox.git) return this.#git(session, asked, answered, path, policy)
    const to = authority === null ? null : parseAuthority(authority, 80)
    if (to === null || policy === null) return reject(answered, unreadable(target))
    const rest = path.startsWith('/') ? path : `/${path}`
    this.#settle(forward(asked, answered, rest, this.#destination(session, policy, to)), answered)
  }

  #git(
    session: SessionId,
    asked: IncomingMessage,
    answered: ServerResponse,
    path: string,
    policy: SessionPolicy,
  ): void {
    const request = gitRequest(asked.method ?? '', path)
    if (request === null) {
      const text = 'In the name of a person only git itself is answered here: fetching and pushing.'
      return inWords(answered, { status: 403, why: 'not-git', text })
    }
    const destination = this.#destination(session, policy, request.to)
    const tokenFor = (origin: string, left: AbortSignal) => this.#tokens.ask(session, origin, left)
    this.#settle(toGit(asked, answered, request, { destination, tokenFor }), answered)
  }

  #tunnelled(server: Server, socket: Duplex): void {
    const open = this.#tunnels.get(server) ?? new Set<Duplex>()
    this.#tunnels.set(server, open.add(socket))
    socket.once('close', () => open.delete(socket))
  }

  #connect(session: SessionId, asked: IncomingMessage, socket: Duplex, head: Buffer): void {
    const policy = readPolicy('.', session)
    const to = parseAuthority(asked.url ?? '')
    if (to === null || policy === null) return rejectTunnel(socket, unreadable(asked.url ?? ''))
    this.#settle(tunnel(socket, head, this.#destination(session, policy, to)), socket)
  }

  #destination(session: SessionId, policy: SessionPolicy, to: HostPort): Destination {
    const { resolve, ruleFor = addressRule } = this.#options
    const counts = this.#traffic.of(session, authorityOf(to))
    return {
      to,
      resolve,
      rule: ruleFor(policy.networks),
      counts,
      refused: (why) => this.#refused(session, authorityOf(to), counts, why),
      admit: async (left) => {
        if (isOpen(policy, to, Date.now())) return null
        return (await this.#questions.ask(session, policy.turn, to, left)) === 'let-through' ? null : closed(to)
      },
    }
  }

  /** Counts all of them, and tells one a second of each session: a box must not fill the bot's log. */
  #refused(session: SessionId, host: string, counts: Counts, why: Rejection['why']): void {
    counts.refused++
    const now = performance.now()
    if (now - (this.#toldAt.get(session) ?? -Infinity) < 1000) return
    this.#toldAt.set(session, now)
    this.#tell({ say: 'refused', session, host, why })
  }

  /** An error of our own ends one connection, not the way out of all sessions. */
  #settle(work: Promise<void>, connection: { destroy(): unknown }): void {
    work.catch((error: unknown) => {
      console.error(error)
      connection.destroy()
    })
  }
}

function closed(to: HostPort): Rejection {
  const text = `${authorityOf(to)} is not open to this session: it was refused, or nobody could be asked.`
  return { status: 403, why: 'closed', text }
}

function unreadable(target: string): Rejection {
  return { status: 400, why: 'unreadable', text: `This names no host that could be reached: ${target.slice(0, 200)}` }
}

function inodeOf(path: string): bigint | null {
  return statSync(path, { bigint: true, throwIfNoEntry: false })?.ino ?? null
}
