import { copyFileSync, existsSync, lstatSync, readFileSync, realpathSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { parse, stringify } from 'smol-toml'
import type { Environment } from '../../core/command-line.ts'
import { insideBox } from '../../core/egress.ts'
import { Problem } from '../../core/failure.ts'
import type { Turn } from '../../core/runtime.ts'
import { writeAtomically } from '../../system/atomic-file.ts'
import type { Boxing } from '../engine/boxing.ts'
import { objectAt, stringAt, type JsonObject } from '../engine/json.ts'
import type { Means } from '../engine/kind.ts'
import type { Launch } from '../engine/protocol.ts'
import { stdioTools } from '../engine/told-file.ts'
import { programFiles } from '../program.ts'
import { removeTree } from '../../system/remove-tree.ts'
import { findCodex, howToInstall } from './check.ts'
import { codexHome, codexLogin } from './login.ts'
import { quietSettings } from './request.ts'
import { rulesAt, writeRules } from './rules.ts'
import { keepTranscript } from './transcript.ts'
import type { Beside } from './tool.ts'

/** Its rules must lie in /etc, and it reaches its model by TCP alone. */
export const inPlace =
  'Codex CLI cannot live in the boxes of macOS: it needs files where only mounts could put them, and a network of its own. With OMC_BOX=try it has its own sandbox.'

/** A server of the session's own, in its box. @throws {Problem} */
export async function boxedLaunch(turn: Turn, options: Means, boxing: Boxing, beside: Beside | null): Promise<Launch> {
  const { session } = turn
  if (boxing.isInPlace) throw new Problem('refused', inPlace)
  const env = options.environmentOf(session.account)
  const file = findCodex(options.binary, env['PATH'] ?? '')
  if (file === null) throw new Problem('wire', howToInstall)
  const { state, rules } = boxing.folders(session.id)
  // A link to it lies in the operator's home, which is not in the box.
  const bare = { file: realpathSync(file), args: [...quietSettings, 'app-server'], cwd: session.workdir, env }
  const tools = beside === null ? [] : [stdioTools.node, stdioTools.program, beside.folder]
  const environment = { ...options.signing.variables(session.id), CODEX_HOME: state }
  writeRules(rules)
  const elsewhere = [{ source: rules, target: rulesAt, access: 'read' } as const]
  const needs = { reads: [...programFiles(file, env['PATH'] ?? ''), ...tools], elsewhere, environment }
  const command = await boxing.wrap(bare, turn, needs)
  return {
    owner: { session: session.id },
    command: () => command,
    entry: [],
    conversation: '',
    boxed: true,
    furnish: () => furnish(state, env, turn),
  }
}

/** What the CLI keeps from one process to the next. */
const kept = /^(sessions|archived_sessions|session_index\.jsonl|.*\.sqlite(-\w+)?)$/

/**
 * Makes the CLI's folder as a new process should find it: settings and a login that is none. Whatever else an agent has
 * left there is taken away: it would be obeyed in the turns of others.
 */
async function furnish(state: string, env: Environment, { session }: Turn): Promise<void> {
  for (const name of await readdir(state)) if (!kept.test(name)) await removeTree(join(state, name))
  const home = codexHome(env)
  const login = jsonIn(join(home, 'auth.json'))
  const usesKey = codexLogin(env).kind === 'codex' && hasKey(env, login)
  const base = `http://127.0.0.1:${insideBox.port}`
  const address = usesKey ? `${base}/v1` : `${base}/backend-api/codex`
  const provider = {
    name: 'model',
    base_url: address,
    wire_api: 'responses',
    requires_openai_auth: true,
  }
  // A conversation remembers by what name it reaches its model, so that name stays. The CLI's own cannot be set anew.
  const name = providerOf(home)
  const settings = {
    ...settingsOf(home),
    // It would tell the model that people are asked before every command.
    include_permissions_instructions: false,
    model_provider: name,
    openai_base_url: address,
    chatgpt_base_url: `${base}/backend-api`,
    model_providers: { [name]: { ...tunables(home), ...provider } },
  }
  writeAtomically(join(state, 'config.toml'), stringify(settings))
  writeAtomically(join(state, 'auth.json'), JSON.stringify(usesKey ? keyLogin : chatgptLogin(login)))
  // The operator's word to every agent.
  if (isFile(join(home, 'AGENTS.md'))) copyFileSync(join(home, 'AGENTS.md'), join(state, 'AGENTS.md'))
  if (session.conversation !== null) keepTranscript(session.conversation, home, state)
}

/** The operator's own settings that say how the model works, and nothing that runs or reaches something. */
const carried = [
  'model',
  'model_reasoning_effort',
  'model_reasoning_summary',
  'model_verbosity',
  'model_context_window',
  'model_auto_compact_token_limit',
  'model_supports_reasoning_summaries',
  'personality',
  'service_tier',
  'web_search',
] as const

function settingsOf(home: string): object {
  const own = tomlIn(join(home, 'config.toml'))
  return Object.fromEntries(carried.flatMap((name) => (own[name] === undefined ? [] : [[name, own[name]]])))
}

/** The operator's own name for where the model is; ours where that is the CLI's own. */
function providerOf(home: string): string {
  const own = tomlIn(join(home, 'config.toml'))
  const name = stringAt(own['model_provider'])
  return objectAt(own['model_providers'])[name] === undefined ? 'omc' : name
}

/** How patient the CLI is with the operator's own provider. */
function tunables(home: string): object {
  const own = tomlIn(join(home, 'config.toml'))
  const provider = objectAt(objectAt(own['model_providers'])[stringAt(own['model_provider'])])
  const names = ['request_max_retries', 'stream_max_retries', 'stream_idle_timeout_ms']
  return Object.fromEntries(names.flatMap((name) => (provider[name] === undefined ? [] : [[name, provider[name]]])))
}

/** Whether the model is asked with a key; with a ChatGPT login otherwise. */
function hasKey(env: Environment, login: JsonObject): boolean {
  const real = codexLogin(env)
  if (real.kind !== 'codex' || real.key !== null) return true
  return login['auth_mode'] !== 'chatgpt' && stringAt(login['OPENAI_API_KEY']) !== ''
}

const keyLogin = { auth_mode: 'apikey', OPENAI_API_KEY: 'sk-box' }

/** Signed by nobody, and far from its end: nothing in a box ever renews a login. */
function chatgptLogin(real: JsonObject): object {
  const account = 'acc-box'
  const auth = { chatgpt_account_id: account, chatgpt_plan_type: planOf(real) }
  const payload = { email: 'agent@box.invalid', exp: 4_102_444_800, 'https://api.openai.com/auth': auth }
  const token = [{ alg: 'none', typ: 'JWT' }, payload].map(encoded).join('.') + '.box'
  const tokens = { id_token: token, access_token: token, refresh_token: 'box', account_id: account }
  return { auth_mode: 'chatgpt', OPENAI_API_KEY: null, tokens, last_refresh: new Date().toISOString() }
}

/** Which models there are depends on it. */
function planOf(real: JsonObject): string {
  const [, payload = ''] = stringAt(objectAt(real['tokens'])['id_token']).split('.')
  try {
    const told = objectAt(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')))
    return stringAt(objectAt(told['https://api.openai.com/auth'])['chatgpt_plan_type']) || 'pro'
  } catch {
    return 'pro'
  }
}

function encoded(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}

/** A link is none: an agent that was not boxed could have laid it there. */
function isFile(path: string): boolean {
  return existsSync(path) && lstatSync(path).isFile()
}

function jsonIn(path: string): JsonObject {
  try {
    return objectAt(JSON.parse(readFileSync(path, 'utf8')))
  } catch {
    return {}
  }
}

function tomlIn(path: string): JsonObject {
  try {
    return objectAt(parse(readFileSync(path, 'utf8')))
  } catch {
    return {}
  }
}
