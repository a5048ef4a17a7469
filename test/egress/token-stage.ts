import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Server as NetServer, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { RenewalRules } from '../../src/egress/renewal.ts'
import type { RenewalJob } from '../../src/egress/renewing.ts'

export interface OauthFile {
  readonly accessToken: string
  readonly refreshToken: string
  readonly expiresAt: number
}

/** A login in a file, and a token server that rotates: each refresh token is taken once, and is dead from then on. */
export class TokenStage implements AsyncDisposable {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'tokens-')))
  readonly path: string
  /** Refresh tokens in the order in which they were spent. */
  readonly spent: string[] = []
  /** The one that the server takes next. */
  current = 'refresh-0'
  /** Called with each request in the place of the usual answer; `answer` gives that. */
  meanwhile: (answered: ServerResponse, answer: () => void) => void = (_, answer) => answer()
  readonly #server: NetServer
  readonly #sockets = new Set<Socket>()

  private constructor(server: NetServer, within: string) {
    this.#server = server
    mkdirSync(join(this.folder, within), { recursive: true })
    this.path = join(this.folder, within, '.credentials.json')
    server.on('connection', (socket: Socket) => this.#sockets.add(socket))
    server.on('request', (asked: IncomingMessage, answered: ServerResponse) => {
      // What the CLI asks its makers besides.
      if (!(asked.url ?? '').endsWith('/token')) return void answered.writeHead(404).end('{}')
      text(asked).then(
        (body) => this.#asked(JSON.parse(body) as { refresh_token: string }, answered),
        () => answered.destroy(),
      )
    })
  }

  /** `server`: what it listens by; plain HTTP when left out. */
  static async open(within = '.', server: NetServer = createServer()): Promise<TokenStage> {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const stage = new TokenStage(server, within)
    stage.writes({ accessToken: 'access-0', refreshToken: 'refresh-0', expiresAt: Date.now() + 60_000 })
    return stage
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/token`
  }

  get rules(): RenewalRules {
    return { servers: { claude: this.url, chatgpt: this.url }, proxies: [], record: this.record, patienceMs: 20_000 }
  }

  get record(): string {
    return join(this.folder, 'token-refresh.json')
  }

  job(more: Partial<RenewalJob> = {}): RenewalJob {
    const { path, record, url: server } = this
    const usual = { kind: 'claude', aheadMs: 4 * 3_600_000, refused: null, wanted: false, proxies: [] } as const
    return { ...usual, path, record, server, patienceMs: 20_000, ...more }
  }

  writes(claudeAiOauth: OauthFile | object): void {
    writeFileSync(this.path, JSON.stringify({ claudeAiOauth, mcpOAuth: { kept: true } }), { mode: 0o600 })
  }

  login(): OauthFile {
    return (JSON.parse(readFileSync(this.path, 'utf8')) as { claudeAiOauth: OauthFile }).claudeAiOauth
  }

  mode(): number {
    return statSync(this.path).mode & 0o777
  }

  /** Makes the locks that somebody has left look as old as they will be. */
  agesLocks(): void {
    for (const name of ['.oauth_refresh.lock', '.storage-write.lock', '../token-refresh.json.lock'])
      if (statSync(join(this.path, '..', name), { throwIfNoEntry: false }) !== undefined)
        utimesSync(join(this.path, '..', name), new Date(0), new Date(0))
  }

  #asked({ refresh_token }: { refresh_token: string }, answered: ServerResponse): void {
    this.spent.push(refresh_token)
    if (refresh_token !== this.current)
      return void answered.writeHead(400).end(JSON.stringify({ error: 'invalid_grant' }))
    this.current = `refresh-${this.spent.length}`
    // The CLI takes no answer without a scope.
    const answer = {
      access_token: `access-${this.spent.length}`,
      refresh_token: this.current,
      expires_in: 28_800,
      scope: 'user:inference',
    }
    this.meanwhile(answered, () => answered.end(JSON.stringify(answer)))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close()
    for (const each of this.#sockets) each.destroy()
    rmSync(this.folder, { recursive: true, force: true })
  }
}
