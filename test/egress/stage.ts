import { once } from 'node:events'
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect, createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { EgressCaller, EgressListener, ModelLogin } from '../../src/core/egress.ts'
import type { AccountId, PersonId, RuntimeName, SessionId } from '../../src/core/ids.ts'
import type { Log } from '../../src/core/log.ts'
import { EgressProxy, type EgressOptions } from '../../src/egress/egress.ts'
import type { RenewalRules } from '../../src/egress/renewal.ts'
import { hostClock } from '../../src/system/host.ts'
import { patienceMs } from '../patience.ts'

export const [alpha, beta] = ['alpha', 'beta'] as unknown as readonly [SessionId, SessionId]
export const openProgram = join(import.meta.dirname, 'open-program.ts')

/** What the model was asked, and what a test lets it answer. */
export interface Upstream {
  readonly url: string
  readonly port: number
  readonly seen: { method: string; url: string; headers: IncomingMessage['headers']; body: string }[]
  answer(asked: IncomingMessage, answered: ServerResponse): unknown
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** A folder, a server that stands for the world, and the bot's side of the way out. Whoever makes it disposes of it. */
export class Stage implements AsyncDisposable {
  readonly dataFolder = realpathSync(mkdtempSync(join(tmpdir(), 'egress-')))
  readonly logged: { readonly message: string; readonly fields: object }[] = []
  readonly #servers: Server[] = []
  readonly #proxies: EgressProxy[] = []
  readonly #sockets = new Set<Socket>()

  get log(): Log {
    const hear = (fields: object, message: string): void => void this.logged.push({ fields, message })
    return { debug: hear, info: hear, warn: hear, error: hear }
  }

  async upstream(): Promise<Upstream> {
    const seen: Upstream['seen'] = []
    const upstream = { seen, answer: (_: IncomingMessage, answered: ServerResponse): unknown => answered.end('{}') }
    const server = createServer((asked, answered) => {
      text(asked).then(
        (body) => {
          seen.push({ method: asked.method ?? '', url: asked.url ?? '', headers: asked.headers, body })
          upstream.answer(asked, answered)
        },
        () => answered.destroy(),
      )
    })
    const port = await this.#listen(server)
    return Object.assign(upstream, { url: `http://127.0.0.1:${port}`, port })
  }

  /** A server that says back what it is told. */
  async echo(): Promise<number> {
    return this.#listen(createTcpServer((socket) => socket.on('error', () => {}).pipe(socket)))
  }

  async #listen(server: Server): Promise<number> {
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    this.#servers.push(server)
    return (server.address() as AddressInfo).port
  }

  /** The bot's side, started. */
  async proxy(
    logins: Readonly<Record<string, ModelLogin>> = {},
    more: Partial<EgressOptions> = {},
    keep: readonly SessionId[] = [],
    listener: EgressListener | null = null,
  ): Promise<EgressProxy> {
    const proxy = this.unstarted(logins, more)
    if (listener !== null) proxy.listen(listener)
    await proxy.start(new Set(keep))
    return proxy
  }

  unstarted(logins: Readonly<Record<string, ModelLogin>> = {}, more: Partial<EgressOptions> = {}): EgressProxy {
    const { dataFolder, log } = this
    const renewing = renewingIn(dataFolder, 'http://127.0.0.1:9')
    const usual = { dataFolder, logins, renewing, hosts: {}, networks: [], environment: {}, clock: hostClock, log }
    const proxy = new EgressProxy({ ...usual, program: openProgram, ...more })
    this.#proxies.push(proxy)
    return proxy
  }

  /** Waits until the log has told something so many times. */
  async told(message: string, times = 1): Promise<void> {
    await until(() => this.logged.filter((each) => each.message === message).length >= times, message)
  }

  pid(): number {
    const { fields } = this.logged.findLast(({ message }) => message === 'egress.up') ?? { fields: {} }
    return (fields as { readonly pid: number }).pid
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const each of this.#proxies) await each.stop('end')
    for (const each of this.#servers) each.close()
    for (const each of this.#sockets) each.destroy()
    rmSync(this.dataFolder, { recursive: true, force: true })
  }
}

/** Renewed by that server alone. */
export function renewingIn(folder: string, url: string, proxies: readonly string[] = []): RenewalRules {
  const servers = { claude: `${url}/claude`, chatgpt: `${url}/chatgpt` }
  return { servers, proxies, record: join(folder, 'token-refresh.json') }
}

/** Whose turn it is, for what a test does not say. */
export function caller(more: Partial<Record<keyof EgressCaller, string>> = {}): EgressCaller {
  const usual = {
    runtime: 'claude' as RuntimeName,
    account: 'default' as AccountId,
    tier: 'member' as const,
    speaker: 'alice' as PersonId,
  }
  return { ...usual, ...more } as EgressCaller
}

/** One request from within a box. */
export async function ask(
  folder: string,
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  const sent = request({ socketPath: join(folder, 'egress.sock'), path, agent: false, method: 'POST', ...options })
  sent.end(options.body ?? '')
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  return { status: response.statusCode ?? 0, headers: response.headers, body: await text(response) }
}

/** A CONNECT from within a box: resolves with the head of the answer and the open socket. */
export async function tunnelTo(folder: string, authority: string): Promise<{ head: string; socket: Socket }> {
  const socket = connect(join(folder, 'egress.sock'))
  socket.on('error', () => {})
  socket.write(`CONNECT ${authority} HTTP/1.1\r\nhost: ${authority}\r\n\r\n`)
  const [head] = (await once(socket, 'data')) as [Buffer]
  return { head: String(head), socket }
}

export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + patienceMs
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`never: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
