import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { RuntimeBench } from '../contracts/runtime-stage.ts'
import type { ScriptedModel } from '../models/anthropic.ts'
import type { ModelRequest } from '../models/ledger.ts'
import { startOpenAi } from '../models/openai.ts'
import { openWayOut } from '../models/way-out.ts'
import { heldText, scripted, type StepInput } from '../models/script.ts'

export interface CodexBench extends RuntimeBench {
  readonly model: ScriptedModel
  /** The account's CODEX_HOME. */
  readonly home: string
  /** Without boxes all sessions of a login share one process. */
  readonly sharesProcess: boolean
}

/** A place for the real CLI with a scripted model on loopback and a key that is none. `looksUp`: see `writeConfig`. */
export async function codexBench(codexBinary: string, { boxed = false, looksUp = true } = {}): Promise<CodexBench> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'codex-bench-')))
  const [dataDir, workdir, home] = [join(root, 'data'), join(root, 'project'), join(root, 'home')]
  for (const folder of [workdir, home]) mkdirSync(folder)
  const model = await startOpenAi({ handler: tellsHowItWent })
  writeConfig(home, model.url, { looksUp })
  const key = 'dummy-key-for-the-scripted-model'
  const login = { authorization: `Bearer ${key}` }
  const wayOut = boxed ? await openWayOut(join(root, 'egress'), model.url, login) : null
  // As in `codex-room.ts`.
  const command = (cmd: string, more: object = {}): StepInput => {
    return { tool: 'exec_command', input: { cmd, yield_time_ms: 30_000, ...more } }
  }
  const leave = { sandbox_permissions: 'require_escalated', justification: 'a test' }
  return {
    model,
    home,
    sharesProcess: !boxed,
    workdir,
    options: {
      runtime: 'codex',
      dataDir,
      environment: { PATH: `${dirname(codexBinary)}:/usr/local/bin:/usr/bin:/bin`, HOME: root, LANG: 'C.UTF-8' },
      account: { OPENAI_API_KEY: key, CODEX_HOME: home },
      claudeBinary: null,
      ...(wayOut === null ? {} : { box: { egress: wayOut.folder } }),
    },
    words: {
      say: (text) => scripted([{ text }]),
      held: (before, after) => scripted([heldText(before, after)]),
      pieces: (text) => scripted([{ text, chunks: text.split(' ').length, chunkDelay: 10 }]),
      tool: (text) => scripted([command('echo a harmless command'), { text }]),
      // In a box it needs no leave.
      ...(boxed ? {} : { ask: (text: string) => scripted([command(text, leave), { text: tell }]) }),
      question: (text, labels) => {
        const options = labels.map((label) => ({ label, description: '' }))
        const questions = [{ id: 'it', header: 'A question', question: text, options }]
        return scripted([{ tool: 'request_user_input', input: { questions } }, { text: tell }])
      },
      ...(boxed ? {} : { change: (path: string, text: string) => scripted([adding(path, text), { text: tell }]) }),
      write: (path, text) => scripted([adding(path, text), { text: tell }]),
      // No `busy`: this scripted model answers the word that was put in instead of its script (see codex-asks.test.ts).
      // In the sandbox nothing outlives its tool call but what the CLI itself keeps: a terminal in the background.
      daemon: (text) => scripted([command('sleep 60', { yield_time_ms: 250 }), { text }]),
    },
    release: () => model.gate('held').open(),
    hold: () => model.gate('held').close(),
    asked: (text) => model.requests.filter((request) => request.step === 0 && request.prompt.includes(text)).length,
    received: () => JSON.stringify(model.requests.map(({ body }) => body)),
    [Symbol.asyncDispose]: async () => {
      await wayOut?.[Symbol.asyncDispose]()
      await model.close()
      rmSync(root, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
    },
  }
}

function adding(path: string, text: string): StepInput {
  return { tool: 'apply_patch', input: { raw: `*** Begin Patch\n*** Add File: ${path}\n+${text}\n*** End Patch\n` } }
}

interface ConfigOptions {
  /** The variable with the key; null: none is needed. */
  readonly key?: string | null
  /**
   * It looks for a repository in every folder above the one it works in, as it does by itself. Each look is a helper in a
   * sandbox of its own, at each turn: stories that are not about the repository do without.
   */
  readonly looksUp?: boolean
}

/**
 * Writes the CLI's settings for a model on loopback: what keeps this version there besides what the product sets itself
 * (facts/codex-cli.md).
 */
export function writeConfig(
  home: string,
  url: string,
  { key = 'OPENAI_API_KEY', looksUp = true }: ConfigOptions = {},
): void {
  const config = `model = "gpt-5.5"
model_provider = "scripted"
web_search = "disabled"
${looksUp ? '' : 'project_root_markers = []\n'}
[model_providers.scripted]
name = "scripted"
base_url = "${url}/v1"
wire_api = "responses"
${key === null ? '' : `env_key = "${key}"\n`}`
  writeFileSync(join(home, 'config.toml'), config, { mode: 0o600 })
}

/** Stands in a script for the text of the last tool's result, which no script can know. */
const tell = 'HOW IT WENT'

function tellsHowItWent({ prompt, step, body }: ModelRequest): StepInput | undefined {
  if (step === 0 || !prompt.includes(tell)) return undefined
  const { input } = body as { readonly input: readonly unknown[] }
  return { text: `The tool said: ${JSON.stringify(input.slice(-2))}` }
}
