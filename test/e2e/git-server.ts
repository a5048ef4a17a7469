import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

/** A request to the git server, and as whom. */
export interface GitVisit {
  /** `info/refs?service=git-receive-pack`, `git-receive-pack` … */
  readonly what: string
  /** `name:token`; null: as nobody. */
  readonly login: string | null
  readonly status: number
}

/** A git server on loopback (git's own), which takes pushes of those whose `name:token` is in `logins`, and notes who came. */
export class GitServer implements AsyncDisposable {
  readonly visits: GitVisit[] = []
  readonly origin: string
  readonly #folder: string
  readonly #logins: ReadonlySet<string>
  readonly #close: () => Promise<void>
  /** Waits before each answer to a push. */
  before: () => Promise<void> = async () => {}

  private constructor(folder: string, logins: ReadonlySet<string>, origin: string, close: () => Promise<void>) {
    this.#folder = folder
    this.#logins = logins
    this.origin = origin
    this.#close = close
  }

  /** `name`: as which host it is known. It has one repository, `shop.git`, that is empty. */
  static async open(folder: string, name: string, logins: readonly string[]): Promise<GitServer> {
    mkdirSync(folder, { recursive: true })
    execFileSync('git', ['init', '--quiet', '--bare', '-b', 'main', join(folder, 'shop.git')])
    execFileSync('git', ['-C', join(folder, 'shop.git'), 'config', 'http.receivepack', 'true'])
    let opened: GitServer | null = null
    const server = createServer((asked, answered) => void opened?.answer(asked, answered)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const close = async (): Promise<void> => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    }
    opened = new GitServer(folder, new Set(logins), `http://${name}:${port}`, close)
    return opened
  }

  /** Those who pushed, in order. */
  get pushes(): readonly (string | null)[] {
    return this.visits
      .filter(({ what, status }) => what === 'git-receive-pack' && status === 200)
      .map(({ login }) => login)
  }

  async answer(asked: IncomingMessage, answered: ServerResponse): Promise<void> {
    const { pathname, search } = new URL(asked.url ?? '', this.origin)
    const [, code = null] = /^Basic (.+)$/.exec(asked.headers.authorization ?? '') ?? []
    const login = code === null ? null : Buffer.from(code, 'base64').toString('utf8')
    const what = pathname.replace(/^\/shop\.git\//, '') + search
    const isPush = what.includes('receive-pack')
    if (isPush) await this.before()
    const status = isPush && (login === null || !this.#logins.has(login)) ? 401 : 200
    if (status === 401) this.visits.push({ what, login, status })
    if (status === 401) return void answered.writeHead(401, { 'www-authenticate': 'Basic realm="shop"' }).end()
    const cgi = spawn('git', ['http-backend'], {
      env: {
        PATH: process.env['PATH'] ?? '',
        GIT_PROJECT_ROOT: this.#folder,
        GIT_HTTP_EXPORT_ALL: '1',
        GIT_CONFIG_NOSYSTEM: '1',
        HOME: '/nonexistent',
        REMOTE_USER: login ?? '',
        REQUEST_METHOD: asked.method ?? '',
        PATH_INFO: pathname,
        QUERY_STRING: search.slice(1),
        CONTENT_TYPE: asked.headers['content-type'] ?? '',
        HTTP_CONTENT_ENCODING: asked.headers['content-encoding'] ?? '',
        GIT_PROTOCOL: String(asked.headers['git-protocol'] ?? ''),
      },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    asked.pipe(cgi.stdin)
    const chunks: Buffer[] = []
    for await (const chunk of cgi.stdout) chunks.push(chunk as Buffer)
    const whole = Buffer.concat(chunks)
    const end = whole.indexOf('\r\n\r\n')
    const head = whole.subarray(0, end).toString('latin1').split('\r\n')
    const headers = head.map((line) => line.split(/:\s*/, 2) as [string, string])
    const told = headers.find(([name]) => name.toLowerCase() === 'status')?.[1]
    answered.writeHead(told === undefined ? 200 : Number.parseInt(told, 10), Object.fromEntries(headers))
    this.visits.push({ what, login, status: answered.statusCode })
    answered.end(whole.subarray(end + 4))
  }

  /** `author <address>|committer <address>|trailers` of each commit of a branch, the latest first. */
  commits(branch: string): readonly string[] {
    const format = '--format=%an <%ae>|%cn <%ce>|%(trailers:key=Co-authored-by,valueonly,separator=%x2C)'
    const log = ['-C', join(this.#folder, 'shop.git'), 'log', format, branch]
    return execFileSync('git', log, { encoding: 'utf8' }).trim().split('\n')
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#close()
  }
}
