import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { initializeId, initializeLines, settingsOf } from '../../src/runtimes/codex/request.ts'
import { startOpenAi } from '../models/openai.ts'
import type { ScriptedModel } from '../models/anthropic.ts'
import { scripted, type StepInput } from '../models/script.ts'
import { patienceMs } from '../patience.ts'

/** One line of the server's output, parsed. */
export type CodexLine = Readonly<Record<string, unknown>> & { readonly method?: string; readonly id?: unknown }

type Json = Readonly<Record<string, unknown>>

/** A `codex app-server` on pipes, without the product: it shows what the server does by itself. */
export class CodexWire implements AsyncDisposable {
  readonly model: ScriptedModel
  /** The scenario's folders stand below it. */
  readonly root: string
  readonly #binary: string
  readonly #seen: CodexLine[] = []
  readonly #watchers = new Set<() => void>()
  #raw = ''
  #child: ChildProcess | null = null
  #thread = ''

  private constructor(binary: string, model: ScriptedModel) {
    this.#binary = binary
    this.model = model
    this.root = realpathSync(mkdtempSync(join(tmpdir(), 'codex-room-')))
    for (const folder of [this.project, this.home]) mkdirSync(folder)
    const provider = `[model_providers.scripted]\nname = "scripted"\nbase_url = "${model.url}/v1"\nwire_api = "responses"\nenv_key = "OPENAI_API_KEY"\n`
    const config = `model = "gpt-5.5"\nmodel_provider = "scripted"\nweb_search = "disabled"\n\n${provider}`
    writeFileSync(join(this.home, 'config.toml'), config, { mode: 0o600 })
  }

  /** A server that has been greeted. Whoever opens it disposes of it. */
  static async open(binary: string): Promise<CodexWire> {
    const wire = new CodexWire(binary, await startOpenAi())
    await wire.start()
    return wire
  }

  get project(): string {
    return join(this.root, 'project')
  }

  get home(): string {
    return join(this.root, 'home')
  }

  get raw(): string {
    return this.#raw
  }

  get thread(): string {
    return this.#thread
  }

  /** Starts a server on the same folders; one that ran before must have ended. */
  async start(): Promise<void> {
    const env = { PATH: `${dirname(this.#binary)}:/usr/local/bin:/usr/bin:/bin`, HOME: this.root, LANG: 'C.UTF-8' }
    const child = spawn(this.#binary, [...settingsOf([], ''), 'app-server'], {
      cwd: this.root,
      env: { ...env, OPENAI_API_KEY: 'dummy-key-for-the-scripted-model', CODEX_HOME: this.home },
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    this.#child = child
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.#raw += `${line}\n`
      this.#seen.push(JSON.parse(line) as CodexLine)
      for (const watcher of this.#watchers) watcher()
    })
    const from = this.#seen.length
    for (const line of initializeLines()) child.stdin.write(`${line}\n`)
    await this.sees((line) => line.id === initializeId, from)
  }

  /** Ends the server by closing its input. */
  async stop(): Promise<void> {
    const child = this.#child
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.stdin?.end()
    await ended
  }

  send(line: Json | string): void {
    this.#child?.stdin?.write(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`)
  }

  /** Sends a request and waits for its answer. */
  async request(id: string, method: string, params: Json): Promise<Json> {
    const from = this.#seen.length
    this.send({ id, method, params })
    return this.sees((line) => line.id === id && line.method === undefined, from)
  }

  /** The first line behind `from` for which the condition holds. */
  async sees(isIt: (line: CodexLine) => boolean, from = 0): Promise<CodexLine> {
    const { promise, resolve, reject } = Promise.withResolvers<CodexLine>()
    const look = (): void => {
      const found = this.#seen.slice(from).find(isIt)
      if (found !== undefined) resolve(found)
    }
    const timer = setTimeout(
      () => reject(new Error(`The line did not come. Seen:\n${this.#raw.slice(-3000)}`)),
      patienceMs,
    )
    this.#watchers.add(look)
    look()
    return promise.finally(() => {
      clearTimeout(timer)
      this.#watchers.delete(look)
    })
  }

  /** Opens the conversation as the product does. */
  async opens(): Promise<void> {
    const config = { shell_environment_policy: { inherit: 'core', set: { OMC_SPOOL: 'x' } } }
    const params = { cwd: this.project, approvalPolicy: 'on-request', permissions: 'omc-read', config }
    const { result } = (await this.request('open', 'thread/start', params)) as { result: { thread: { id: string } } }
    this.#thread = result.thread.id
  }

  async resumes(id: string, thread = this.#thread): Promise<void> {
    const params = { threadId: thread, cwd: this.project, approvalPolicy: 'on-request', permissions: 'omc-read' }
    await this.request(id, 'thread/resume', { ...params, excludeTurns: true })
  }

  /** A turn from its prompt to its end; `during` is played as soon as the server has taken it. */
  async turn(steps: readonly StepInput[], during: (turn: string) => Promise<unknown> = async () => {}): Promise<void> {
    const from = this.#seen.length
    const input = [textOf(scripted(steps)), textOf('(Discord message from alice, in thread 42.)')]
    const params = { threadId: this.#thread, clientUserMessageId: 'turn', input }
    const policy = { approvalPolicy: 'on-request', permissions: 'omc-write' }
    const taken = await this.request('turn', 'turn/start', { ...params, ...policy })
    const { turn } = taken['result'] as { turn: { id: string } }
    await during(turn.id)
    await this.sees(({ method }) => method === 'turn/completed', from)
  }

  /** The question that stands open. */
  async asked(): Promise<CodexLine> {
    return this.sees(({ method, id }) => id !== undefined && method?.endsWith('requestApproval') === true)
  }

  async decides(decision: string): Promise<void> {
    const { id } = await this.asked()
    this.send({ id, result: { decision } })
  }

  /** As the product stops a turn. */
  async interrupts(turn: string): Promise<void> {
    this.send({ id: 'stop', method: 'turn/interrupt', params: { threadId: this.#thread, turnId: turn } })
    await this.request('clean', 'thread/backgroundTerminals/clean', { threadId: this.#thread })
  }

  async steers(turn: string, steps: readonly StepInput[]): Promise<void> {
    const params = { threadId: this.#thread, expectedTurnId: turn, input: [textOf(scripted(steps))] }
    await this.request('steer', 'turn/steer', { ...params, clientUserMessageId: 'steer' })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    await this.model.close()
    rmSync(this.root, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  }
}

function textOf(text: string): Json {
  return { type: 'text', text, text_elements: [] }
}
