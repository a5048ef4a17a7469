import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { createHash } from 'node:crypto'
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { pause, type Clock } from '../core/clock.ts'
import type {
  Egress,
  EgressCaller,
  EgressFigures,
  EgressListener,
  HostPort,
  HostQuestion,
  ModelLogin,
  OpenHost,
} from '../core/egress.ts'
import { messageOf } from '../core/failure.ts'
import { exact } from '../core/figures.ts'
import { fine, type Finding } from '../core/finding.ts'
import type { SessionId } from '../core/ids.ts'
import type { Log } from '../core/log.ts'
import type { Tier } from '../core/right.ts'
import { background } from '../system/background.ts'
import { backOffMs } from '../system/back-off.ts'
import { codeFolder, programNamed } from '../system/program.ts'
import { connectControl, hear, say, type FromProxy } from './control.ts'
import { policyFile, readPolicy, writePolicy } from './policy.ts'
import { certificatesIn, type RenewalRules } from './renewal.ts'
import type { HostVerdict } from './questions.ts'
import type { TokenRequest } from './token-requests.ts'
import { readTraffic } from './traffic.ts'

export interface EgressOptions {
  readonly dataFolder: string
  /** The accounts' logins, by `runtime:account`. */
  readonly logins: Readonly<Record<string, ModelLogin>>
  /** How those that lie in files are renewed. */
  readonly renewing: RenewalRules
  /** Hosts that the operator opens to a tier; a host may be `*.example.org`. */
  readonly hosts: Readonly<Partial<Record<Tier, readonly HostPort[]>>>
  /** The operator's own networks, in which opened hosts may lie. */
  readonly networks: readonly string[]
  /** The bot's own environment: certificates that the operator's machine trusts. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  readonly log: Log
  /** The program of the process; the product's own when left out. */
  readonly program?: string | undefined
}

/** Hosts that were opened for a session are kept in its policy; so many at most, the oldest go. */
const mostOpened = 200

const healing = { firstMs: 50, longestMs: 5000 }

/** How long `open` waits for a process that does not come: on a busy machine one takes ten seconds to start. */
const patienceMs = 30_000

type Lender = Parameters<Egress['lend']>[0]

/** The bot's side: finds or starts the process outside, keeps it alive, and says what each session may reach. */
export class EgressProxy implements Egress {
  readonly #options: EgressOptions
  readonly #folder: string
  readonly #listeners = new Set<EgressListener>()
  readonly #questions = new Map<string, HostQuestion>()
  readonly #wanted = new Map<string, TokenRequest>()
  readonly #synced = new Map<number, () => void>()
  readonly #stopped = new AbortController()
  #socket: Socket | null = null
  #lender: Lender | null = null
  #syncs = 0

  constructor(options: EgressOptions) {
    this.#options = options
    this.#folder = join(options.dataFolder, 'egress')
  }

  /** Takes up the process that an earlier life left, or starts one. Sessions that are not in `keep` are over. */
  async start(keep: ReadonlySet<SessionId>): Promise<void> {
    for (const name of ['policies', 'sessions']) mkdirSync(join(this.#folder, name), { recursive: true, mode: 0o700 })
    for (const session of this.#sessions()) if (!keep.has(session)) this.#forget(session)
    const { clock, log } = this.#options
    const connected = this.#connect()
    background(connected, log, 'egress.connect')
    // A process that does not come keeps nobody from starting: it is tried on, and said in /health.
    await Promise.race([connected, pause(clock, patienceMs, this.#stopped.signal)])
  }

  /** `leave`: the process goes on for the agents that go on; `end`: it ends with them. */
  async stop(agents: 'leave' | 'end'): Promise<void> {
    this.#stopped.abort()
    // Nobody hears any more whether it did.
    for (const done of this.#synced.values()) done()
    const socket = this.#socket
    if (socket === null) return
    if (agents === 'end') {
      // Waited for, though nothing else may keep this process by now.
      socket.ref()
      say(socket, { say: 'end' })
      await new Promise<void>((resolve) => socket.once('close', resolve))
    } else socket.destroy()
  }

  async open(session: SessionId, { runtime, account, tier, speaker }: EgressCaller): Promise<string> {
    const { clock, logins, hosts, networks } = this.#options
    const login = `${runtime}:${account}`
    const opened = readPolicy(this.#folder, session)?.hosts.filter((each) => each.opened) ?? []
    const listed = (hosts[tier] ?? []).map((each) => ({ ...each, until: null, speaker: null, opened: false }))
    writePolicy(this.#folder, session, {
      login: Object.hasOwn(logins, login) ? login : null,
      speaker,
      turn: clock.now(),
      hosts: [...listed, ...opened],
      networks,
    })
    await this.#sync()
    return join(this.#folder, 'sessions', session)
  }

  async allow(session: SessionId, host: OpenHost): Promise<void> {
    const policy = readPolicy(this.#folder, session)
    if (policy === null) return
    const listed = policy.hosts.filter((each) => !each.opened)
    const opened = [...policy.hosts.filter((each) => each.opened), { ...host, opened: true }].slice(-mostOpened)
    writePolicy(this.#folder, session, { ...policy, hosts: [...listed, ...opened] })
  }

  async close(session: SessionId): Promise<void> {
    rmSync(policyFile(this.#folder, session), { force: true })
    await this.#sync()
    this.#forget(session)
  }

  listen(listener: EgressListener): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) }
  }

  answer(question: string, verdict: HostVerdict): void {
    this.#questions.delete(question)
    if (this.#socket !== null) say(this.#socket, { say: 'answer', question, verdict })
  }

  lend(lender: Lender): Disposable {
    this.#lender = lender
    for (const request of this.#wanted.values()) this.#lend(request)
    this.#wanted.clear()
    return { [Symbol.dispose]: () => (this.#lender = null) }
  }

  async figures(): Promise<EgressFigures> {
    return { up: this.#socket !== null, hosts: readTraffic(this.#folder) }
  }

  /** For `doctor` and `/health`. */
  async check(): Promise<readonly Finding[]> {
    const { up, hosts } = await this.figures()
    if (!up) {
      const text = 'The process by which boxed agents reach their models is away; it is being started anew.'
      return [{ id: 'egress', level: 'warning', text, mend: `If it stays away: ${join(this.#folder, 'stderr')}` }]
    }
    const sum = (name: 'requests' | 'refused'): string => exact(hosts.reduce((all, each) => all + each[name], 0))
    const text = `Boxed agents get out by one process: ${sum('requests')} requests, ${sum('refused')} refused.`
    return [fine('egress', text)]
  }

  /** Connects, starting the process when there is none, for as long as it takes. */
  async #connect(): Promise<void> {
    const { clock, log, program = ownProgram } = this.#options
    const { signal } = this.#stopped
    const version = digestOf(program)
    for (let failures = 0; !signal.aborted;) {
      const socket = await connectControl(this.#folder).catch(() => null)
      if (socket === null) {
        const told = await this.#startProcess(program, version)
        if (told === null) continue
        failures++
        log.error({ error: told, failures }, 'egress.start-failed')
        await pause(clock, backOffMs(healing, failures), signal)
        continue
      }
      if (await this.#greeted(socket, version)) return
      // Of another version: it gives its sockets back, and a new one is started. Or it had just died.
      if (!socket.destroyed) {
        say(socket, { say: 'leave' })
        await new Promise<void>((resolve) => socket.once('close', resolve))
      }
    }
  }

  /** Whether the process is one that we can talk to; from then on we do. */
  #greeted(socket: Socket, version: string): Promise<boolean> {
    const { log, logins, renewing } = this.#options
    return new Promise((resolve) => {
      socket.once('close', () => {
        resolve(false)
        if (this.#socket === socket) this.#lost()
      })
      hear(socket, (line) => {
        const message = line as FromProxy
        if (message.say !== 'hello') return this.#heard(message)
        resolve(message.version === version)
        if (message.version !== version) return
        log.info({ pid: message.pid }, 'egress.up')
        this.#socket = socket
        // What we have to do is over when others are: a connection that stands keeps nobody alive.
        socket.unref()
        say(socket, { say: 'logins', logins, renewing })
        background(this.#sync(), log, 'egress.sync')
      })
    })
  }

  #lost(): void {
    this.#socket = null
    this.#wanted.clear()
    for (const question of this.#questions.values()) for (const each of this.#listeners) each.gone(question)
    this.#questions.clear()
    if (this.#stopped.signal.aborted) return
    this.#options.log.warn({}, 'egress.lost')
    background(this.#connect(), this.#options.log, 'egress.connect')
  }

  #heard(message: Exclude<FromProxy, { say: 'hello' }>): void {
    if (message.say === 'synced') {
      for (const [id, done] of this.#synced) if (id <= message.id) done()
    } else if (message.say === 'wants-token') {
      this.#lend(message.request)
    } else if (message.say === 'refused') {
      const { session, host, why } = message
      this.#options.log.warn({ session, host, why }, 'egress.refused')
    } else if (this.#listeners.size === 0) {
      // Nobody is there who could ask.
      this.answer(message.question.id, 'refuse')
    } else {
      this.#questions.set(message.question.id, message.question)
      for (const each of this.#listeners) each.asked(message.question)
    }
  }

  #lend(request: TokenRequest): void {
    if (this.#lender === null) return void this.#wanted.set(request.id, request)
    background(this.#lendBy(this.#lender, request), this.#options.log, 'git.token')
  }

  /** While nobody can tell who somebody is now, whoever wants the token waits. */
  async #lendBy(lender: Lender, { id, session, origin }: TokenRequest): Promise<void> {
    const { clock, log } = this.#options
    const socket = this.#socket
    if (socket === null) return
    // One that is gone has forgotten the request.
    for (let failures = 1; !socket.destroyed; failures++) {
      try {
        return say(socket, { say: 'token', id, token: await lender(session, origin) })
      } catch (error) {
        log.warn({ session, error: messageOf(error) }, 'git.token-unread')
        await pause(clock, backOffMs(healing, failures), this.#stopped.signal)
        if (this.#stopped.signal.aborted) return
      }
    }
  }

  /** Resolves when the sockets are those of the policies; a process that is away does that when it begins. */
  #sync(): Promise<void> {
    const id = ++this.#syncs
    const { promise, resolve } = Promise.withResolvers<void>()
    const patience = this.#options.clock.after(patienceMs, resolve, { keepsAlive: true })
    this.#synced.set(id, resolve)
    if (this.#socket !== null) say(this.#socket, { say: 'sync', id })
    return promise.finally(() => {
      patience[Symbol.dispose]()
      this.#synced.delete(id)
    })
  }

  /** Starts the process, detached: it outlives us. Resolves with null when it listens, else with what is wrong. */
  async #startProcess(program: string, version: string): Promise<string | null> {
    const { environment } = this.#options
    const complaint = openSync(join(this.#folder, 'stderr'), 'w', 0o600)
    try {
      const child = spawn(process.execPath, ['--disable-sigusr1', program, version], {
        cwd: this.#folder,
        env: certificatesIn(environment),
        detached: true,
        stdio: ['ignore', 'pipe', complaint],
      }) as ChildProcessByStdio<null, Readable, null>
      child.unref()
      const { stdout } = child
      return await new Promise((resolve) => {
        child.once('error', (error) => resolve(messageOf(error)))
        child.once('exit', (code, signal) => resolve(`it ended at once (${code ?? signal})`))
        // Its one word: that it listens.
        stdout.once('data', () => {
          stdout.destroy()
          resolve(null)
        })
      })
    } finally {
      closeSync(complaint)
    }
  }

  #sessions(): readonly SessionId[] {
    return ['policies', 'sessions'].flatMap((name) =>
      readdirSync(join(this.#folder, name)).map((each) => each.replace(/\.json$/, '') as SessionId),
    )
  }

  #forget(session: SessionId): void {
    rmSync(policyFile(this.#folder, session), { force: true })
    rmSync(join(this.#folder, 'sessions', session), { recursive: true, force: true })
  }
}

const ownProgram = programNamed('egress/main')

/** Changes when the program of the process does, or the Node it runs on. */
function digestOf(program: string): string {
  const hash = createHash('sha256').update(process.version).update(readFileSync(program))
  // What it starts itself, which is replaced with it.
  hash.update(readFileSync(programNamed('egress/renew')))
  // Built, the program holds all that it is made of.
  const sources = join(codeFolder, 'egress')
  for (const name of existsSync(sources) ? readdirSync(sources).sort() : [])
    hash.update(readFileSync(join(sources, name)))
  return hash.digest('hex')
}
