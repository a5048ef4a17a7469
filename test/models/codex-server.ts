/**
 * A stand-in for the Codex CLI's `app-server`: it speaks the wire of the recordings in test/golden/codex, keeps its
 * threads, really runs its tools (without a sandbox), and asks the scripted model over HTTP. What it does and how it
 * dies is what facts/codex-cli.md says of the real one. `stand-in.ts` makes an executable of it.
 *
 *     node codex-server.ts <JSON of a mischief, or null> <arguments of the CLI>
 */
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { argv, env, exit, stderr, stdin, stdout } from 'node:process'
import { createInterface } from 'node:readline'
import { Asks } from './codex/asks.ts'
import { notice, openedOf, recorded, recordedNotice, refuse, reply, turnOf, version, type Json } from './codex/lines.ts'
import { Thread } from './codex/thread.ts'
import { Turn, type Ground } from './codex/turn.ts'
import { Mischief } from './mischief.ts'

const [wrong = 'null', ...args] = argv.slice(2)
const home = env['CODEX_HOME'] ?? join(env['HOME'] ?? '/', '.codex')

if (args[0] === '--version') {
  stdout.write(`codex-cli ${version}\n`)
  exit(0)
}
if (args[0] === 'login') {
  stderr.write('Not logged in\n')
  exit(1)
}
if (args[0] === 'sandbox') exit(0)
if (args.at(-1) !== 'app-server') {
  stderr.write(`error: unrecognized subcommand '${args.at(-1)}'\n`)
  exit(2)
}

/** All threads of one process. */
class Server {
  readonly #ground: Ground
  readonly #model: string
  readonly #threads = new Map<string, Thread>()
  /** Those at work, by their thread. */
  readonly #turns = new Map<string, Turn>()
  #isInitialized = false

  constructor(ground: Ground, model: string) {
    this.#ground = ground
    this.#model = model
  }

  take(text: string): void {
    let line: Json
    try {
      line = JSON.parse(text) as Json
    } catch {
      // Told to nobody but the operator.
      if (text !== '') stderr.write('ERROR codex_app_server: Failed to deserialize JSONRPCMessage\n')
      return
    }
    const { id, method } = line
    if (id === undefined) return
    if (typeof method !== 'string') return this.#ground.asks.answer(id, line)
    if (!this.#isInitialized && method !== 'initialize') return refuse(id, 'Not initialized')
    this.#request(id, method, (line['params'] ?? {}) as Json)
  }

  /** Ends everything that runs, and itself. */
  end(): never {
    for (const thread of this.#threads.values()) thread.clean()
    exit(0)
  }

  /** A piece of the message that streams anywhere: what a flood consists of. */
  piece(): string {
    const [[threadId, turn] = ['', null]] = this.#turns
    const params = { threadId, turnId: turn?.id ?? '', itemId: turn?.streaming ?? '', delta: 'x' }
    return JSON.stringify({ method: 'item/agentMessage/delta', params, emittedAtMs: Date.now() })
  }

  /** Asks the host something that no version has asked yet, of the first thread and of none. */
  async asksUnheardOf(): Promise<void> {
    const [thread = ''] = this.#turns.keys()
    await asks.ask('item/of/tomorrow', thread, { threadId: thread, turnId: this.#turns.get(thread)?.id ?? '' })
    await asks.ask('account/of/tomorrow', thread, {})
  }

  #request(id: unknown, method: string, params: Json): void {
    switch (method) {
      case 'initialize':
        return this.#initialize(id)
      case 'thread/start':
        return this.#start(id, params)
      case 'thread/resume':
        return this.#resume(id, params)
      case 'thread/loaded/list':
        return reply(id, { data: [...this.#threads.keys()], nextCursor: null })
    }
    const thread = this.#threads.get(String(params['threadId']))
    if (thread === undefined && method === 'thread/unsubscribe') return reply(id, { status: 'notLoaded' })
    if (thread === undefined) return refuse(id, `thread not found: ${String(params['threadId'])}`)
    switch (method) {
      case 'thread/read':
        return reply(id, {
          ...(recorded('looked-at', (line) => line['id'] === 'read')['result'] as Json),
          thread: thread.told,
        })
      case 'thread/unsubscribe':
        reply(id, { status: 'unsubscribed' })
        thread.clean()
        this.#threads.delete(thread.id)
        return thread.status({ type: 'notLoaded' })
      case 'thread/backgroundTerminals/clean':
        thread.clean()
        return reply(id, {})
      case 'turn/start':
        return this.#turn(id, thread, params)
      case 'turn/steer':
        return this.#steer(id, thread, params)
      case 'turn/interrupt':
        return this.#interrupt(id, thread)
      default:
        return refuse(id, `Invalid request: unknown variant \`${method}\`, expected one of \`initialize\``)
    }
  }

  #initialize(id: unknown): void {
    if (this.#isInitialized) return refuse(id, 'Already initialized')
    this.#isInitialized = true
    const was = recorded('open', (line) => line['id'] === 'initialize')['result'] as Json
    reply(id, { ...was, codexHome: home })
    recordedNotice('open', 'remoteControl/status/changed', '')
  }

  #start(id: unknown, params: Json): void {
    const thread = Thread.start(home, randomUUID(), params, (params['model'] as string | undefined) ?? this.#model)
    this.#threads.set(thread.id, thread)
    reply(id, openedOf(thread.facts, false))
    notice('thread/started', { thread: thread.told })
  }

  #resume(id: unknown, params: Json): void {
    const named = String(params['threadId'])
    if (!/^[0-9a-f-]{36}$/.test(named))
      return refuse(id, `invalid session id: invalid character: expected an optional prefix of \`urn:uuid:\``)
    const thread = this.#threads.get(named) ?? Thread.resume(home, named, params)
    if (thread === null) return refuse(id, `no rollout found for thread id ${named}`)
    this.#threads.set(thread.id, thread)
    thread.status({ type: 'idle' })
    reply(id, openedOf({ ...thread.facts, preview: String(thread.told['preview']) }, true))
  }

  #turn(id: unknown, thread: Thread, params: Json): void {
    const input = { clientId: (params['clientUserMessageId'] ?? null) as string | null, content: inputOf(params) }
    const atWork = this.#turns.get(thread.id)
    if (atWork !== undefined) {
      // While one is at work, another is a word to it.
      atWork.steer(input)
      return reply(id, { turn: turnOf(atWork.facts) })
    }
    const turn = new Turn(this.#ground, thread)
    this.#turns.set(thread.id, turn)
    reply(id, { turn: turnOf(turn.facts) })
    void turn.run(input).finally(() => this.#turns.delete(thread.id))
  }

  #interrupt(id: unknown, thread: Thread): void {
    const turn = this.#turns.get(thread.id)
    if (turn === undefined) return refuse(id, 'no active turn to interrupt')
    turn.interrupt(id)
  }

  #steer(id: unknown, thread: Thread, params: Json): void {
    const turn = this.#turns.get(thread.id)
    const expected = params['expectedTurnId']
    if (turn === undefined) return refuse(id, 'no active turn to steer')
    if (turn.id !== expected)
      return refuse(id, `expected active turn id \`${String(expected)}\` but found \`${turn.id}\``)
    reply(id, { turnId: turn.id })
    turn.steer({ clientId: (params['clientUserMessageId'] ?? null) as string | null, content: inputOf(params) })
  }
}

function inputOf(params: Json): readonly Json[] {
  return params['input'] as readonly Json[]
}

function setting(name: string): string {
  try {
    const found = new RegExp(`^${name} = "(.*)"$`, 'm').exec(readFileSync(join(home, 'config.toml'), 'utf8'))
    return found?.[1] ?? ''
  } catch {
    return ''
  }
}

const asks = new Asks()
const mischief = new Mischief(
  wrong,
  () => server.piece(),
  () => server.asksUnheardOf(),
)
const ground = { url: setting('base_url'), key: env['OPENAI_API_KEY'] ?? '', mischief, asks }
const server = new Server(ground, setting('model'))
await mischief.at('start')
process.on('SIGTERM', () => server.end())
// Of these it dies at once, and leaves its tools alone: SIGINT, SIGHUP.
createInterface({ input: stdin })
  .on('line', (line) => server.take(line))
  .on('close', () => server.end())
