import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Stage, type StageOptions } from '../e2e/stage.ts'
import type { ScriptedModel } from '../models/anthropic.ts'
import { startOpenAi, type OpenAiOptions } from '../models/openai.ts'
import { writeConfig } from './codex-bench.ts'

/** Loopback is the world in it. */
const openProgram = join(import.meta.dirname, '..', 'egress', 'open-program.ts')

interface CodexOptions extends OpenAiOptions {
  /** See `writeConfig`. */
  readonly looksUp?: boolean
}

/** A login folder of the real Codex CLI that leads to a scripted model, and what a bot needs to use it. */
export class CodexLogin implements AsyncDisposable {
  readonly model: ScriptedModel
  readonly home: string
  readonly env: Readonly<Record<string, string>>
  readonly #root: string

  private constructor(model: ScriptedModel, root: string, binary: string, looksUp: boolean) {
    this.model = model
    this.#root = root
    this.home = join(root, 'codex-home')
    mkdirSync(this.home, { mode: 0o700 })
    writeConfig(this.home, model.url, { key: null, looksUp })
    this.env = { OMC_CODEX_BIN: binary, CODEX_HOME: this.home }
  }

  static async open(binary: string, { looksUp = true, ...options }: CodexOptions = {}): Promise<CodexLogin> {
    const root = realpathSync(mkdtempSync(join(tmpdir(), 'codex-login-')))
    return new CodexLogin(await startOpenAi(options), root, binary, looksUp)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.model.close()
    rmSync(this.#root, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  }
}

/** The bot with the real Codex CLI behind it, and a scripted model behind that. */
export class CodexBot implements AsyncDisposable {
  readonly login: CodexLogin
  readonly stage: Stage

  private constructor(login: CodexLogin, stage: Stage) {
    this.login = login
    this.stage = stage
  }

  static async open(binary: string, options: StageOptions & CodexOptions = {}): Promise<CodexBot> {
    const login = await CodexLogin.open(binary, options)
    const stage = await Stage.open({ ...options, ownProcess: true, env: { ...login.env, ...options.env } })
    return new CodexBot(login, stage)
  }

  /** The same with agents in boxes, whose key is put in outside of them. */
  static async boxed(binary: string): Promise<CodexBot> {
    const bot = await CodexBot.open(binary, { env: { TEST_EGRESS: openProgram, OMC_BOX: 'required' } })
    const { home, model } = bot.login
    const login = { auth_mode: 'apikey', OPENAI_API_KEY: 'sk-planted-key' }
    writeFileSync(join(home, 'auth.json'), JSON.stringify(login), { mode: 0o600 })
    const config = `model = "gpt-5.5"\nweb_search = "live"\nopenai_base_url = "${model.url}/v1"\n`
    writeFileSync(join(home, 'config.toml'), config)
    return bot
  }

  /** Everything that reached the model, as it arrived. */
  get received(): string {
    return JSON.stringify(this.login.model.requests.map(({ body }) => body))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stage[Symbol.asyncDispose]()
    await this.login[Symbol.asyncDispose]()
  }
}
