import { WebSocket } from 'ws'

/** A file that a person attaches. */
export interface AttachedFile {
  name: string
  content: string | Uint8Array
  type?: string
}

/** What Discord answered when it refused; tests assert on `status` and `code`. */
export class Refused extends Error {
  readonly status: number
  readonly code: number
  readonly body: unknown

  constructor(what: string, status: number, body: unknown) {
    const said = (typeof body === 'object' && body !== null ? body : {}) as { code?: number }
    super(`${what}: ${status} ${JSON.stringify(body)}`)
    this.name = 'Refused'
    this.status = status
    this.code = said.code ?? 0
    this.body = body
  }
}

export type Dispatch = (name: string, data: Record<string, unknown>) => void

interface Payload {
  op: number
  s: number | null
  t: string | null
  d: unknown
}

/** How long a person's client waits before it tries again. Milliseconds. */
const FIRST_RETRY = 20
const LAST_RETRY = 1000

/** Closing with these says that trying again is of no use. */
const FINAL = new Set([4004, 4010, 4012])

/**
 * A person's client: one gateway socket and REST, both over the real wire. When the socket is lost it resumes, or
 * identifies anew when its session is gone.
 */
export class PersonConnection {
  readonly #origin: string
  readonly #token: string
  readonly #hear: Dispatch
  readonly #renewed: () => void
  readonly #first = Promise.withResolvers<void>()
  #socket: WebSocket | null = null
  #sessionId: string | null = null
  #seq: number | null = null
  #beat: NodeJS.Timeout | undefined
  #retry: NodeJS.Timeout | undefined
  #retryMs = FIRST_RETRY
  #acknowledged = true
  #wasReady = false
  #closed = false

  private constructor(origin: string, token: string, hear: Dispatch, renewed: () => void) {
    this.#origin = origin
    this.#token = token
    this.#hear = hear
    this.#renewed = renewed
  }

  /**
   * Connects and identifies; resolves after the first READY has been handed to `hear`.
   * @param renewed called after each later READY: what was said in between is only in history
   */
  static async open(origin: string, token: string, hear: Dispatch, renewed: () => void): Promise<PersonConnection> {
    const connection = new PersonConnection(origin, token, hear, renewed)
    connection.#connect()
    await connection.#first.promise
    return connection
  }

  #connect(): void {
    const socket = new WebSocket(`${this.#origin.replace('http', 'ws')}/gateway/?v=10&encoding=json&client=person`)
    this.#socket = socket
    socket.on('message', (raw) => {
      const text = Array.isArray(raw) ? Buffer.concat(raw).toString() : Buffer.from(raw as Buffer).toString()
      this.#take(socket, JSON.parse(text) as Payload)
    })
    socket.on('error', () => {})
    socket.on('close', (code) => {
      clearInterval(this.#beat)
      if (this.#closed) return
      if (FINAL.has(code)) {
        this.#first.reject(new Error(`The sandbox closed the person's connection with ${code}.`))
        return
      }
      // Nobody's process lives on for a sandbox that is gone.
      this.#retry = setTimeout(() => this.#connect(), this.#retryMs).unref()
      this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY)
    })
  }

  #take(socket: WebSocket, payload: Payload): void {
    const send = (body: object) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(body))
    }
    const introduce = () => {
      if (this.#sessionId !== null) {
        send({ op: 6, d: { token: this.#token, session_id: this.#sessionId, seq: this.#seq } })
        return
      }
      send({ op: 2, d: { token: this.#token, properties: { os: 'sandbox', browser: 'actor', device: 'actor' } } })
    }
    switch (payload.op) {
      case 10: {
        const { heartbeat_interval: every } = payload.d as { heartbeat_interval: number }
        this.#acknowledged = true
        clearInterval(this.#beat)
        this.#beat = setInterval(() => {
          // A socket that no longer answers is as good as lost.
          if (!this.#acknowledged) return socket.terminate()
          this.#acknowledged = false
          send({ op: 1, d: this.#seq })
        }, every)
        introduce()
        return
      }
      case 11:
        this.#acknowledged = true
        return
      case 1:
        send({ op: 1, d: this.#seq })
        return
      case 7:
        // Any code but 1000 and 1001 keeps the session.
        socket.close(4900)
        return
      case 9:
        if (payload.d !== true) [this.#sessionId, this.#seq] = [null, null]
        introduce()
        return
      case 0:
        this.#hearDispatch(payload)
        return
      default:
    }
  }

  #hearDispatch(payload: Payload): void {
    const data = payload.d as Record<string, unknown>
    // A replay may bring what came before.
    if (this.#sessionId !== null && payload.s !== null && this.#seq !== null && payload.s <= this.#seq) return
    this.#seq = payload.s
    this.#retryMs = FIRST_RETRY
    if (payload.t === 'READY') this.#sessionId = String(data['session_id'])
    this.#hear(payload.t ?? '', data)
    if (payload.t !== 'READY') return
    if (this.#wasReady) this.#renewed()
    this.#wasReady = true
    this.#first.resolve()
  }

  /** A REST call as this person; throws `Refused` for anything but 2xx. */
  async call<T>(method: string, path: string, body?: object, files: readonly AttachedFile[] = []): Promise<T> {
    const headers: Record<string, string> = { authorization: this.#token }
    let payload: string | FormData | null = null
    if (files.length > 0) {
      payload = new FormData()
      payload.set('payload_json', JSON.stringify(body ?? {}))
      for (const [index, file] of files.entries()) {
        const content = typeof file.content === 'string' ? file.content : new Uint8Array(file.content)
        payload.set(`files[${index}]`, new Blob([content], { type: file.type ?? 'text/plain' }), file.name)
      }
    } else if (body !== undefined) {
      headers['content-type'] = 'application/json'
      payload = JSON.stringify(body)
    }
    const response = await fetch(`${this.#origin}/api/v10${path}`, { method, headers, body: payload })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.includes('json') === true
    const answer: unknown = isJson ? JSON.parse(text) : text === '' ? undefined : text
    if (!response.ok) throw new Refused(`${method} ${path}`, response.status, answer)
    return answer as T
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    clearInterval(this.#beat)
    clearTimeout(this.#retry)
    this.#first.reject(new Error('The person left before they were connected.'))
    this.#socket?.close(1000)
  }
}
