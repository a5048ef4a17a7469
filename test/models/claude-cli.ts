/**
 * A stand-in for the Claude CLI: it takes the arguments that we pass, speaks the wire of the recordings in
 * test/golden/claude, keeps its transcripts, really runs its tools, and asks the scripted model over HTTP. What it does
 * and how it dies is what facts/claude-cli.md says of the real one. `stand-in.ts` makes an executable of it.
 *
 *     node claude-cli.ts <JSON of a mischief, or null> <arguments of the CLI>
 */
import { join } from 'node:path'
import { argv, cwd, env, exit, stderr, stdin, stdout } from 'node:process'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { nothingSpent, recorded, version, Voice, type Json } from './claude/lines.ts'
import { slugOf, Transcript } from './claude/transcript.ts'
import { Turn, type Ground, type Message } from './claude/turn.ts'
import { Mischief } from './mischief.ts'

const [wrong = 'null', ...args] = argv.slice(2)
const key = env['ANTHROPIC_API_KEY'] ?? env['CLAUDE_CODE_OAUTH_TOKEN'] ?? null

if (args[0] === '--version') {
  stdout.write(`${version} (Claude Code)\n`)
  exit(0)
}
if (args[0] === 'auth') {
  const loggedIn = key !== null
  stdout.write(`${JSON.stringify({ loggedIn, authMethod: loggedIn ? 'api_key' : 'none' })}\n`)
  exit(loggedIn ? 0 : 1)
}

const { values } = parseArgs({
  args,
  strict: true,
  options: {
    print: { type: 'boolean', short: 'p' },
    'input-format': { type: 'string' },
    'output-format': { type: 'string' },
    verbose: { type: 'boolean' },
    'include-partial-messages': { type: 'boolean' },
    'replay-user-messages': { type: 'boolean' },
    'permission-prompt-tool': { type: 'string' },
    'permission-mode': { type: 'string', default: 'default' },
    model: { type: 'string' },
    effort: { type: 'string' },
    'session-id': { type: 'string' },
    resume: { type: 'string' },
    'setting-sources': { type: 'string' },
    settings: { type: 'string' },
    'strict-mcp-config': { type: 'boolean' },
    'mcp-config': { type: 'string' },
    allowedTools: { type: 'string' },
    disallowedTools: { type: 'string' },
    tools: { type: 'string' },
    'append-system-prompt': { type: 'string' },
    'add-dir': { type: 'string' },
  },
})

/** One process: its conversation, the turn at work, and the messages that wait. */
class Cli {
  readonly #ground: Ground
  #turn: Turn | null = null
  #wentWell = true
  /** The code to end with as soon as no turn is at work; null: it stays. */
  #ending: number | null = null

  constructor(ground: Ground) {
    this.#ground = ground
  }

  take(text: string): void {
    if (text.trim() === '') return
    let line: Json
    try {
      line = JSON.parse(text) as Json
    } catch {
      stderr.write(`Error parsing streaming input line: ${text}\n`)
      exit(1)
    }
    if (line['type'] === 'user') this.#hear({ uuid: String(line['uuid']), message: line['message'] as Json })
    else if (line['type'] === 'control_request') this.#control(String(line['request_id']), line['request'] as Json)
    else if (line['type'] === 'control_response') {
      if ((line['response'] as Json)['request_id'] === 'unheard-of') unheardOf.resolve()
      else this.#turn?.answer(line)
    }
  }

  /** Ends after the turn at work, which `breaksOff` shortens. */
  end(code: number | null, breaksOff: boolean): void {
    this.#ending = code ?? (this.#wentWell ? 0 : 1)
    if (this.#turn === null) exit(this.#ending)
    if (!breaksOff) return
    this.#ground.waiting.length = 0
    this.#turn.abort()
  }

  #hear(message: Message): void {
    this.#ground.waiting.push(message)
    if (this.#turn !== null) return
    void this.#work()
  }

  async #work(): Promise<void> {
    const { voice, waiting, transcript } = this.#ground
    let isRunning = false
    while (waiting.length > 0) {
      const batch = isRunning ? waiting.splice(0) : waiting.splice(0, 1)
      const fresh = batch.filter(({ uuid }) => !transcript.known.has(uuid))
      for (const each of batch) if (!fresh.includes(each)) voice.replay(each.message, each.uuid, true)
      if (fresh.length === 0) continue
      if (!isRunning) voice.state('running')
      isRunning = true
      this.#turn = new Turn(this.#ground)
      this.#wentWell = await this.#turn.run(fresh)
    }
    this.#turn = null
    voice.state('idle')
    await this.#ground.mischief.at('rest')
    if (this.#ending !== null) exit(this.#ending)
  }

  #control(id: string, request: Json): void {
    const { voice, waiting, bench } = this.#ground
    const subtype = String(request['subtype'])
    switch (subtype) {
      case 'initialize':
        this.#ground.standsStill = JSON.stringify(request['hooks'] ?? null).includes('PreToolUse')
        return voice.response(id, initialized)
      case 'interrupt':
        this.#turn?.abort()
        return voice.response(id)
      case 'cancel_async_message': {
        const at = waiting.findIndex(({ uuid }) => uuid === request['message_uuid'])
        if (at >= 0) waiting.splice(at, 1)
        return voice.response(id, { cancelled: at >= 0 })
      }
      case 'set_permission_mode':
        bench.mode = String(request['mode'])
        voice.response(id, { mode: bench.mode })
        return voice.mode(bench.mode)
      case 'set_model':
        return voice.response(id)
      case 'get_usage':
        return voice.response(id, { session: voice.spent(this.#ground.total) })
      case 'get_binary_version':
        return voice.response(id, build)
      case 'end_session':
        voice.response(id)
        return this.end(1, true)
      default:
        return voice.unsupported(id, subtype)
    }
  }
}

/** What the CLI answers to `initialize`, of which we read nothing. */
const initialized = { commands: [], agents: [], output_style: 'default', models: [], account: {} }
const build = (recorded('steered', ({ type }) => type === 'control_response')['response'] as Json)['response']

const config = env['CLAUDE_CONFIG_DIR'] ?? join(env['HOME'] ?? '/', '.claude')
const { resume } = values
const wanted = values['session-id'] ?? crypto.randomUUID()
const opened = resume === undefined ? Transcript.begin(config, cwd(), wanted) : Transcript.resume(config, cwd(), resume)
const voice = new Voice(opened?.session ?? resume ?? wanted, {
  cwd: cwd(),
  model: values.model ?? null,
  keySource: env['ANTHROPIC_API_KEY'] === undefined ? 'none' : 'ANTHROPIC_API_KEY',
  memory: `${join(config, 'projects', slugOf(cwd()), 'memory')}/`,
})
const piece = (): string =>
  JSON.stringify({
    type: 'stream_event',
    event: { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'x' } },
    session_id: voice.session,
    parent_tool_use_id: null,
    uuid: crypto.randomUUID(),
  })
const unheardOf = Promise.withResolvers<void>()
const mischief = new Mischief(wrong, piece, () => {
  voice.say({ type: 'control_request', request_id: 'unheard-of', request: { subtype: 'of_tomorrow' } })
  return unheardOf.promise
})
await mischief.at('start')
if (opened === null && resume === undefined) {
  stderr.write(`Error: Session ID ${wanted} is already in use.\n`)
  exit(1)
}
if (opened === null) {
  stderr.write(`No conversation found with session ID: ${voice.session}\n`)
  voice.gone()
  exit(1)
}
const cli = new Cli({
  voice,
  transcript: opened,
  bench: { cwd: cwd(), config, mode: values['permission-mode'], tools: values.tools?.split(',') ?? null },
  mischief,
  model: {
    url: env['ANTHROPIC_BASE_URL'] ?? 'http://127.0.0.1:9',
    name: values.model ?? 'claude-opus-4-8',
    isSubscription: env['ANTHROPIC_API_KEY'] === undefined && key !== null,
    key,
    retries: Number(env['CLAUDE_CODE_MAX_RETRIES'] ?? 10),
  },
  waiting: [],
  standsStill: false,
  total: nothingSpent,
})
process.on('SIGINT', () => cli.end(0, true))
// Of these it dies without a word, and leaves its tools alone.
process.on('SIGTERM', () => exit(143))
process.on('SIGHUP', () => exit(129))
createInterface({ input: stdin })
  .on('line', (line) => cli.take(line))
  .on('close', () => cli.end(null, false))
