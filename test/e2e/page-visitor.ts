import assert from 'node:assert/strict'
import { request, type IncomingMessage } from 'node:http'
import type { Actor } from 'loopback-discord'
import type { Bot } from './bots.ts'
import { until } from './stage.ts'

/** JSON of which a test looks at what it expects. */
export type Loose = ReturnType<JSON['parse']>

/** What came back. */
interface Got {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string
  readonly json: Loose
}

/** What is asked otherwise than the page itself would. */
export interface Asking {
  readonly method?: string
  /** undefined: left out. */
  readonly headers?: Readonly<Record<string, string | undefined>>
  readonly body?: string
}

/** One event of the stream. */
interface Told {
  readonly id: string
  readonly name: string
  readonly data: Loose
}

/** A link to the page, as `/page` gives it to somebody. */
export async function linkFor(actor: Actor, where = 'general'): Promise<string> {
  const reply = await (await actor.runs(where, '/page')).settled()
  const link = /http:\/\/127\.0\.0\.1:\d+\/#enter=[\w-]{43}/.exec(reply.content)?.[0]
  assert.ok(link, `there is a link: ${reply.content}`)
  assert.ok(reply.ephemeral, 'nobody else sees it')
  return link
}

/** The page without a browser: what its scripts ask for, and what an attacker would. */
export class PageVisitor {
  readonly port: number
  cookie = ''
  key = ''

  constructor(port: number) {
    this.port = port
  }

  static async at(bot: Bot): Promise<PageVisitor> {
    return new PageVisitor(Number((await bot.logged('app.started'))['healthPort']))
  }

  /** Opens a link. */
  async enters(link: string, asking: Asking = {}): Promise<Got> {
    const got = await this.asks('/page/enter', {
      body: JSON.stringify({ link: link.split('#enter=')[1] ?? link }),
      ...asking,
    })
    this.cookie = got.headers['set-cookie']?.[0]?.split(';')[0] ?? this.cookie
    this.key = got.json?.key ?? this.key
    return got
  }

  /** fetch does not let us choose Host and Origin. */
  async asks(path: string, asking: Asking = {}): Promise<Got> {
    const answer = await this.#answer(path, asking)
    let body = ''
    for await (const piece of answer.setEncoding('utf8')) body += piece as string
    return { status: answer.statusCode ?? 0, headers: answer.headers, body, json: parsed(body) }
  }

  /** Listens to what changes. Ends it by `close`. */
  async listens(seen?: string): Promise<PageEars> {
    const answer = await this.#answer('/page/stream', { headers: { 'last-event-id': seen } })
    assert.equal(answer.statusCode, 200)
    return new PageEars(answer)
  }

  #answer(path: string, { method, headers = {}, body }: Asking): Promise<IncomingMessage> {
    const host = `127.0.0.1:${this.port}`
    const own = {
      host,
      cookie: this.cookie === '' ? undefined : this.cookie,
      'x-page-key': this.key === '' ? undefined : this.key,
      ...(body === undefined ? {} : { origin: `http://${host}`, 'content-type': 'application/json' }),
      ...headers,
    }
    const sent = Object.fromEntries(
      Object.entries(own).filter((each): each is [string, string] => each[1] !== undefined),
    )
    return new Promise((resolve, reject) => {
      const asked = request(
        {
          host: '127.0.0.1',
          port: this.port,
          path,
          method: method ?? (body === undefined ? 'GET' : 'POST'),
          headers: sent,
        },
        resolve,
      )
      asked.on('error', reject).end(body)
    })
  }
}

/** A stream that is open: everything it has told, and the runs as its page would have them. */
export class PageEars implements Disposable {
  readonly told: Told[] = []
  over = false
  raw = ''
  readonly #answer: IncomingMessage

  constructor(answer: IncomingMessage) {
    this.#answer = answer
    let text = ''
    answer.setEncoding('utf8').on('data', (piece: string) => {
      this.raw += piece
      text += piece
      const events = text.split('\n\n')
      text = events.pop() ?? ''
      for (const event of events) this.#take(event)
    })
    for (const end of ['end', 'close', 'error']) answer.on(end, () => (this.over = true))
  }

  get seen(): string {
    return this.told.findLast(({ id }) => id !== '')?.id ?? ''
  }

  /** The answers as the page would show them, by session. */
  get texts(): Readonly<Record<string, string>> {
    const texts: Record<string, string> = {}
    const names: Record<string, string> = {}
    for (const { id, about, text } of this.told.flatMap(({ name, data }) => (name === 'runs' ? data.changes : []))) {
      if (about !== undefined) names[id] = about.session
      const before = texts[id] ?? ''
      if (text !== undefined) texts[id] = before.slice(0, text.at) + text.text
    }
    return Object.fromEntries(Object.entries(texts).map(([id, text]) => [names[id] ?? id, text]))
  }

  /** The latest word of that name that fits. */
  hears(name: string, fits: (data: Loose) => boolean = () => true): Promise<Loose> {
    return until(
      () => this.told.findLast((each) => each.name === name && fits(each.data))?.data ?? null,
      undefined,
      `${name} of the stream`,
    )
  }

  [Symbol.dispose](): void {
    this.#answer.destroy()
  }

  #take(event: string): void {
    const of = (field: string): string =>
      event
        .split('\n')
        .find((line) => line.startsWith(`${field}: `))
        ?.slice(field.length + 2) ?? ''
    if (of('data') !== '') this.told.push({ id: of('id'), name: of('event'), data: JSON.parse(of('data')) })
  }
}

function parsed(body: string): Loose {
  try {
    return JSON.parse(body)
  } catch {
    return null
  }
}
