import { execFileSync, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { closeSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { open, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { claudeBinary, howToInstall } from './install.ts'
import { patienceMs } from '../patience.ts'

/**
 * The real Claude CLI on a spool: stdin is a named pipe that the child itself holds open at both ends, stdout and
 * stderr are files, and the child is detached. Just what the product does, without the product: it shows what the
 * CLI does by itself.
 */

/** One line of output, parsed. */
export type Line = Readonly<Record<string, unknown>> & { readonly type?: string; readonly subtype?: string }

export interface ClaudeOptions {
  /** Base URL of the scripted model. */
  readonly model: string
  /** Arguments after those every run has. */
  readonly args?: readonly string[]
  /** Added to the allow-listed environment; `undefined` takes a variable out. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** A room of an earlier process, to go on in it; a new one otherwise, removed at the end. */
  readonly room?: Room
  /** Instead of the arguments that every run has. */
  readonly baseArgs?: readonly string[]
  /** Instead of the installed CLI: a stand-in for it. */
  readonly binary?: string
}

/** The folders of one run. */
export interface Room {
  readonly root: string
  readonly home: string
  readonly config: string
  readonly cwd: string
}

/** The flags of facts/claude-cli.md section 12 that do not depend on the session. */
const baseArgs = [
  '-p',
  '--input-format=stream-json',
  '--output-format=stream-json',
  '--verbose',
  '--include-partial-messages',
  '--replay-user-messages',
  '--permission-prompt-tool=stdio',
  '--setting-sources=',
  '--strict-mcp-config',
]

function makeRoom(): Room {
  const root = mkdtempSync(join(tmpdir(), 'claude-room-'))
  const room = { root, home: join(root, 'home'), config: join(root, 'config'), cwd: join(root, 'project') }
  for (const folder of [room.home, room.config, room.cwd]) mkdirSync(folder, { mode: 0o700 })
  return room
}

/** Starts the CLI. It says nothing until its first line arrives. Whoever starts it disposes of it. */
export function startClaude(options: ClaudeOptions): Claude {
  const binary = options.binary ?? claudeBinary()
  if (binary === null) throw new Error(howToInstall)
  const room = options.room ?? makeRoom()
  const spool = mkdtempSync(join(room.root, 'spool-'))
  const pipe = join(spool, 'in')
  execFileSync('mkfifo', ['-m', '600', pipe])
  const [stdin, stdout, stderr] = [
    openSync(pipe, 'r+'),
    openSync(join(spool, 'out'), 'w'),
    openSync(join(spool, 'err'), 'w'),
  ]
  const env: Record<string, string> = {}
  for (const [name, value] of Object.entries({ ...environment(room, options.model), ...options.env }))
    if (value !== undefined) env[name] = value
  const spawnedAt = performance.timeOrigin + performance.now()
  const child = spawn(binary, [...(options.baseArgs ?? baseArgs), ...(options.args ?? [])], {
    cwd: room.cwd,
    env,
    detached: true,
    stdio: [stdin, stdout, stderr],
  })
  for (const fd of [stdin, stdout, stderr]) closeSync(fd)
  return new Claude(child, room, spool, spawnedAt, env['BOT_RUN_ID'] ?? '', options.room === undefined)
}

function environment(room: Room, model: string): Record<string, string> {
  return {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    HOME: room.home,
    LANG: 'C.UTF-8',
    CLAUDE_CONFIG_DIR: room.config,
    CLAUDE_CODE_TMPDIR: room.root,
    ANTHROPIC_BASE_URL: model,
    ANTHROPIC_API_KEY: 'dummy-key-for-the-scripted-model',
    DISABLE_TELEMETRY: '1',
    DISABLE_ERROR_REPORTING: '1',
    DISABLE_AUTOUPDATER: '1',
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    CLAUDE_CODE_EMIT_SESSION_STATE_EVENTS: '1',
    CLAUDE_CODE_MAX_RETRIES: '1',
    BOT_RUN_ID: randomUUID(),
  }
}

export class Claude implements AsyncDisposable {
  readonly room: Room
  readonly pid: number
  readonly pipe: string
  /** ms since the epoch, with fractions. */
  readonly spawnedAt: number
  /** Resolves when the process has ended. */
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  readonly #spool: string
  readonly #marker: string
  readonly #removesRoom: boolean
  #hasEnded = false

  constructor(child: ChildProcess, room: Room, spool: string, spawnedAt: number, marker: string, removesRoom: boolean) {
    this.room = room
    this.pid = child.pid ?? 0
    this.pipe = join(spool, 'in')
    this.spawnedAt = spawnedAt
    this.#spool = spool
    this.#marker = marker
    this.#removesRoom = removesRoom
    this.ended = new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('exit', (code, signal) => {
        this.#hasEnded = true
        resolve({ code, signal })
      })
    })
  }

  /** Raw output so far. */
  get raw(): string {
    return readFileSync(join(this.#spool, 'out'), 'utf8')
  }

  get stderr(): string {
    return readFileSync(join(this.#spool, 'err'), 'utf8')
  }

  /** Complete lines so far. */
  get lines(): Line[] {
    return this.raw
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Line)
  }

  /** Where the CLI keeps what was said; null before the first turn. */
  get transcript(): string | null {
    const folder = join(this.room.config, 'projects')
    const found = readdirSync(folder, { recursive: true, encoding: 'utf8' }).find((path) =>
      /\/[0-9a-f-]{36}\.jsonl$/.test(path),
    )
    return found === undefined ? null : join(folder, found)
  }

  /** Writes bytes into the pipe, whole or with an error: the pipe is opened for this write only, like a bot would. */
  async write(bytes: string): Promise<void> {
    const file = await open(this.pipe, 'r+')
    try {
      await file.writeFile(bytes)
    } finally {
      await file.close()
    }
  }

  async send(value: unknown): Promise<void> {
    await this.write(`${JSON.stringify(value)}\n`)
  }

  /** Says something as our client does: the person's text first, then a line of the host. Returns the prompt's uuid. */
  async say(text: string, uuid: string = randomUUID(), more: Readonly<Record<string, unknown>> = {}): Promise<string> {
    await this.send(userLine(text, uuid, more))
    return uuid
  }

  /** Sends a control request and waits for its response. */
  async control(request: Readonly<Record<string, unknown>>, id: string = randomUUID()): Promise<Line> {
    await this.send({ type: 'control_request', request_id: id, request })
    return this.waitFor((line) => line.type === 'control_response' && (line['response'] as Line)['request_id'] === id)
  }

  async allow(asked: Line, more: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const { input } = asked['request'] as { input: unknown }
    await this.answer(asked, { behavior: 'allow', updatedInput: input, ...more })
  }

  async deny(asked: Line, message: string): Promise<void> {
    await this.answer(asked, { behavior: 'deny', message })
  }

  async answer(asked: Line, response: unknown): Promise<void> {
    await this.send({
      type: 'control_response',
      response: { subtype: 'success', request_id: asked['request_id'], response },
    })
  }

  /** The `nth` line (from 1) for which the condition holds; fails at the deadline or when the process ends without it. */
  async waitFor(condition: (line: Line) => boolean, { nth = 1, deadline = patienceMs } = {}): Promise<Line> {
    const until = Date.now() + deadline
    for (;;) {
      const over = this.#hasEnded || Date.now() > until
      const found = this.lines.filter(condition)[nth - 1]
      if (found !== undefined) return found
      if (over) throw new Error(`The CLI ${this.#hasEnded ? 'ended' : 'went on'} without the line. ${this.#summary()}`)
      await delay(5)
    }
  }

  result(nth = 1): Promise<Line> {
    return this.waitFor((line) => line.type === 'result', { nth })
  }

  asked(nth = 1): Promise<Line> {
    return this.waitFor((line) => line.type === 'control_request', { nth })
  }

  kill(signal: NodeJS.Signals): void {
    if (!this.#hasEnded) process.kill(this.pid, signal)
  }

  /** Makes an empty file in the project: what a scripted command waits for. */
  async touch(name: string): Promise<void> {
    await writeFile(join(this.room.cwd, name), '')
  }

  /** Bytes of output so far: tells a test whether anything was added. */
  get size(): number {
    return statSync(join(this.#spool, 'out')).size
  }

  /** Pids of everything that carries this run's marker in its environment, the CLI itself included. */
  marked(): number[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .filter((pid) => environOf(pid).includes(`BOT_RUN_ID=${this.#marker}\0`))
      .map(Number)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const pid of this.marked()) tryKill(pid)
    await this.ended
    if (this.#removesRoom) rmSync(this.room.root, { recursive: true, force: true, maxRetries: 3 })
  }

  #summary(): string {
    const lines = this.lines.map((line) => `  ${line.type} ${line.subtype ?? ''}`)
    return `Seen:\n${lines.slice(-15).join('\n')}\nstderr: ${this.stderr.slice(-500)}`
  }
}

function userLine(text: string, uuid: string, more: Readonly<Record<string, unknown>> = {}): Line {
  return {
    type: 'user',
    message: {
      role: 'user',
      content: [
        { type: 'text', text },
        { type: 'text', text: '(Discord message from alice)' },
      ],
    },
    parent_tool_use_id: null,
    session_id: '',
    uuid,
    ...more,
  }
}

function environOf(pid: string): string {
  try {
    return `${readFileSync(`/proc/${pid}/environ`, 'utf8')}\0`
  } catch {
    return ''
  }
}

function tryKill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended by itself in between.
  }
}
