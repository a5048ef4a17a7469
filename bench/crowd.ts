import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Client, GatewayIntentBits } from 'discord.js'
import { moment, perSecond, type Figure, type Measurement, type Size } from './figure.ts'
import { residentMb } from './stage.ts'

const people = 200
const everyMs = 1000

/** Where the crowd's Discord is. */
interface Address {
  readonly api: string
  readonly token: string
  readonly channel: string
  readonly url: string
}

interface Tally {
  /** When each accepted message was sent, by its id. */
  readonly sent: Map<string, number>
  /** When discord.js told of each, by its id. */
  readonly heard: Map<string, number>
  repeated: number
  refused: number
}

/**
 * Two hundred people write in one channel of the sandbox as fast as Discord would let them, and a discord.js client
 * listens: is every message told, and what does it cost?
 */
export const crowd: Measurement = {
  name: `Sandbox, ${people} people writing in one channel, each once a second`,
  async run(size: Size): Promise<readonly Figure[]> {
    const seconds = Number(process.env['BENCH_CROWD_SECONDS'] ?? (size === 'full' ? 20 : 4))
    const child = fork(join(import.meta.dirname, 'crowd-sandbox.ts'), [String(people)], { execArgv: [] })
    const gone = once(child, 'exit')
    const tally: Tally = { sent: new Map(), heard: new Map(), repeated: 0, refused: 0 }
    try {
      const [address] = (await once(child, 'message')) as [Address]
      const pid = child.pid ?? 0
      await using _client = await listen(address, tally)
      const before = residentMb(pid)
      const from = performance.now()
      await write(address, tally, seconds * 1000)
      const tookMs = performance.now() - from
      await untilHeard(tally)
      const after = residentMb(pid)
      return figuresOf(tally, tookMs, before, after)
    } finally {
      child.disconnect()
      await gone
    }
  },
}

async function listen(address: Address, tally: Tally): Promise<AsyncDisposable> {
  const client = new Client({
    rest: { api: address.api },
    intents: [GatewayIntentBits.Guilds, GatewayIntentBits.GuildMessages, GatewayIntentBits.MessageContent],
  })
  client.on('messageCreate', (message) => {
    if (tally.heard.has(message.id)) tally.repeated += 1
    else tally.heard.set(message.id, moment())
  })
  const ready = new Promise((resolve) => client.once('clientReady', resolve))
  await client.login(address.token)
  await ready
  return { [Symbol.asyncDispose]: () => client.destroy() }
}

/** Everybody once a second: five messages in five seconds are what Discord takes from one person in one channel. */
async function write(address: Address, tally: Tally, ms: number): Promise<void> {
  const found = await fetch(`${address.url}/sandbox/people`)
  const writers = (await found.json()) as readonly { readonly token: string }[]
  const begin = performance.now()
  await Promise.all(
    writers.map(async ({ token }, nth) => {
      for (let due = (nth / writers.length) * everyMs; due < ms; due += everyMs) {
        await delay(Math.max(0, begin + due - performance.now()))
        await writeOnce(address, token, tally)
      }
    }),
  )
}

/** Writes one message, however often it is refused. */
async function writeOnce(address: Address, token: string, tally: Tally): Promise<void> {
  for (;;) {
    const at = moment()
    const response = await fetch(`${address.api}/v10/channels/${address.channel}/messages`, {
      method: 'POST',
      headers: { authorization: token, 'content-type': 'application/json' },
      body: JSON.stringify({ content: 'What people write to each other is about as long as this line.' }),
    })
    const body = (await response.json()) as { readonly id?: string; readonly retry_after?: number }
    if (body.id !== undefined) return void tally.sent.set(body.id, at)
    if (response.status !== 429) throw new Error(`The sandbox answered ${response.status}: ${JSON.stringify(body)}`)
    tally.refused += 1
    await delay((body.retry_after ?? 1) * 1000)
  }
}

/** Until everything was heard, or nothing more has come for three seconds. */
async function untilHeard({ sent, heard }: Tally): Promise<void> {
  let last = heard.size
  for (let quiet = 0; heard.size < sent.size && quiet < 30; quiet++) {
    await delay(100)
    if (heard.size !== last) quiet = 0
    last = heard.size
  }
}

function figuresOf({ sent, heard, repeated, refused }: Tally, ms: number, before: number, after: number): Figure[] {
  const lags = [...sent].flatMap(([id, at]) => {
    const heardAt = heard.get(id)
    return heardAt === undefined ? [] : [heardAt - at]
  })
  const lost = sent.size - lags.length
  return [
    { what: 'messages accepted', unit: 'per s', values: [perSecond(sent.size, ms)] },
    {
      what: 'messages told to discord.js',
      unit: '',
      values: [lags.length],
      against: { what: 'accepted', values: [sent.size] },
    },
    { what: 'messages lost', unit: '', values: [lost] },
    { what: 'messages told twice', unit: '', values: [repeated] },
    { what: 'writes refused with 429', unit: '', values: [refused] },
    { what: 'sent by a person → told to discord.js', unit: 'ms', values: lags },
    {
      what: 'resident memory of the sandbox',
      unit: 'MB',
      values: [after],
      against: { what: 'before', values: [before] },
    },
    { what: 'added per 1 000 messages', unit: 'MB', values: [((after - before) / sent.size) * 1000] },
  ]
}
