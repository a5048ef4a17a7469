import { Shell } from '../shell.ts'
import { commandExecution, completed, notice, threadOf, type Json, type ThreadFacts } from './lines.ts'
import { findRollout, keep, newRollout, type Tokens } from './rollout.ts'

/** A command that was started and has not been told to be over. */
interface Terminal {
  readonly shell: Shell
  readonly item: Json
  readonly turn: string
  readonly startedAt: number
}

/** A conversation that is open in this server. */
export class Thread {
  readonly facts: ThreadFacts
  /** All that was said, as the model is told it. */
  readonly items: Json[]
  /** Environment of its tools. */
  readonly env: NodeJS.ProcessEnv
  tokens: Tokens
  last: Tokens = { input: 0, output: 0 }
  /** Commands that nobody needs to be asked about again. */
  readonly allowed = new Set<string>()
  readonly #terminals = new Set<Terminal>()

  private constructor(facts: ThreadFacts, items: readonly Json[], tokens: Tokens, env: NodeJS.ProcessEnv) {
    this.facts = facts
    this.items = [...items]
    this.tokens = tokens
    this.env = env
  }

  static start(home: string, id: string, params: Json, model: string): Thread {
    const cwd = String(params['cwd'])
    const path = newRollout(home, id, cwd, model)
    const facts = { id, cwd, path, model, preview: '', createdAt: Math.floor(Date.now() / 1000) }
    return new Thread(facts, [], { input: 0, output: 0 }, environmentOf(id, params))
  }

  /** Null when there is no such thread. */
  static resume(home: string, id: string, params: Json): Thread | null {
    const kept = findRollout(home, id)
    if (kept === null) return null
    const { path, model, createdAt, items, tokens } = kept
    const facts = { id, cwd: String(params['cwd']), path, model, preview: previewOf(items), createdAt }
    return new Thread(facts, items, tokens, environmentOf(id, params))
  }

  get id(): string {
    return this.facts.id
  }

  get told(): Json {
    return threadOf({ ...this.facts, preview: previewOf(this.items) })
  }

  add(item: Json): void {
    this.items.push(item)
    keep(this.facts.path, 'response_item', item)
  }

  count({ input, output }: Tokens): void {
    this.last = { input, output }
    this.tokens = { input: this.tokens.input + input, output: this.tokens.output + output }
    keep(this.facts.path, 'token_count', this.tokens)
  }

  status(status: Json): void {
    notice('thread/status/changed', { threadId: this.id, status })
  }

  active(...activeFlags: string[]): void {
    this.status({ type: 'active', activeFlags })
  }

  /** Says how much was used, as far as it is known. */
  tellUsage(turn: string): void {
    const of = ({ input, output }: Tokens): Json => ({
      totalTokens: input + output,
      inputTokens: input,
      cachedInputTokens: 0,
      cacheWriteInputTokens: 0,
      outputTokens: output,
      reasoningOutputTokens: 0,
    })
    const tokenUsage = { total: of(this.tokens), last: of(this.last), modelContextWindow: 258_400 }
    notice('thread/tokenUsage/updated', { threadId: this.id, turnId: turn, tokenUsage })
  }

  /** Starts a command. `item`: as it was told already, when a person was asked first. */
  open(turn: string, call: string, command: string, item: Json | null): { readonly item: Json; readonly shell: Shell } {
    const processId = String(Math.floor(Math.random() * 90_000) + 1000)
    const fresh = commandExecution(call, command, this.facts.cwd, processId)
    const told = item === null ? fresh : { ...item, processId, source: fresh['source'] }
    const shell = new Shell(command, { cwd: this.facts.cwd, env: this.env, login: true })
    const terminal = { shell, item: told, turn, startedAt: Date.now() }
    this.#terminals.add(terminal)
    void shell.ended.then((code) => this.#over(terminal, code))
    return { item: told, shell }
  }

  /** Ends every command that still runs. */
  clean(): void {
    for (const { shell } of this.#terminals) shell.kill()
  }

  #over(terminal: Terminal, exitCode: number): void {
    const { shell, item, turn, startedAt } = terminal
    this.#terminals.delete(terminal)
    const status = exitCode === 0 ? 'completed' : 'failed'
    const { output } = shell
    const where = { threadId: this.id, turnId: turn, itemId: item['id'] }
    if (output !== '') notice('item/commandExecution/outputDelta', { ...where, delta: output })
    const aggregatedOutput = output === '' ? null : output
    const durationMs = Date.now() - startedAt
    completed(this.id, turn, { ...item, status, aggregatedOutput, exitCode, durationMs })
  }
}

function previewOf(items: readonly Json[]): string {
  const first = items.find((item) => item['role'] === 'user')
  const content = (first?.['content'] ?? []) as readonly Json[]
  return content.map(({ text }) => String(text)).join('')
}

/** The core of the server's environment, and what the thread was given. */
function environmentOf(thread: string, params: Json): NodeJS.ProcessEnv {
  const config = (params['config'] ?? {}) as Json
  const policy = (config['shell_environment_policy'] ?? {}) as Json
  const isCore = policy['inherit'] === 'core'
  const own = Object.entries(process.env).filter(([name]) => !isCore || core.has(name))
  return { ...Object.fromEntries(own), ...(policy['set'] as Record<string, string>), CODEX_THREAD_ID: thread }
}

const core = new Set(['HOME', 'LOGNAME', 'PATH', 'SHELL', 'USER', 'USERNAME', 'TMPDIR', 'TEMP', 'TMP'])
