import { execFile } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Environment } from '../../core/command-line.ts'
import { messageOf, Problem } from '../../core/failure.ts'
import { fine, inOneLine, type Finding } from '../../core/finding.ts'
import { findProgram } from '../../system/find-program.ts'
import { brokenFinding, lookWithinMs, missingFinding, versionFinding, type Tested } from '../check.ts'
import { runInSession } from '../engine/child.ts'
import { arrayAt, numberAt, objectAt, stringAt } from '../engine/json.ts'

const run = promisify(execFile)

const tested: Tested = {
  name: 'codex',
  title: 'Codex CLI',
  oldest: '0.169.0',
  newest: '0.169.0',
  upgrade: 'npm install -g @openai/codex',
}

/** Of the CLI's own settings nothing may reach out, also for a word about the login. */
const quiet = [
  '-c',
  'features.plugins=false',
  '-c',
  'check_for_update_on_startup=false',
  '-c',
  'analytics.enabled=false',
]

/** The CLI's absolute path: the configured one, or `codex` in the PATH; null when it is not there. */
export function findCodex(configured: string | null, path: string): string | null {
  return findProgram('codex', configured, path)
}

export const howToInstall = inOneLine(missingFinding(tested))

/** Whether the CLI is there, in a version we know, with a login, and whether it can shut its tools in. */
export async function checkCodex(
  binary: string | null,
  env: Environment,
  home: string,
  boxed: boolean,
): Promise<readonly Finding[]> {
  if (binary === null) return [missingFinding(tested)]
  try {
    const { stdout } = await run(binary, ['--version'], { env, timeout: lookWithinMs })
    const version = versionFinding(stdout, tested)
    if (version.level === 'error') return [version]
    if (statSync(home, { throwIfNoEntry: false })?.isDirectory() !== true) return [version, noHome(home)]
    // In a box there is nothing left for its own sandbox to hold.
    const own = boxed ? [] : [sandboxFinding(binary, env)]
    return [version, ...(await Promise.all([...own, loginFinding(binary, env, home)]))]
  } catch (error) {
    return [brokenFinding(binary, messageOf(error), tested)]
  }
}

/** Without its folder the CLI does not start at all. */
function noHome(home: string): Finding {
  const text = `Codex CLI has no login: there is no ${home}.`
  return { id: 'codex.login', level: 'error', text, mend: howToLogIn(home) }
}

function howToLogIn(home: string): string {
  return `Log in once: mkdir -p ${home} && CODEX_HOME=${home} codex login (see docs/AUTH.md).`
}

async function sandboxFinding(binary: string, env: Environment): Promise<Finding> {
  const id = 'codex.sandbox'
  try {
    await tryShutIn(binary, [], env, null)
    return fine(id, 'Codex CLI can shut its tools in')
  } catch (error) {
    // Its message says what to do already.
    return { id, level: 'error', text: messageOf(error), mend: null }
  }
}

/**
 * Runs nothing, in the sandbox. Where that cannot be set up, every command fails and the turn still counts as a
 * success, so it has to be known before (facts/codex-cli.md section 5).
 * @throws {Problem} that says what to do.
 */
export async function tryShutIn(
  binary: string,
  settings: readonly string[],
  env: Environment,
  cwd: string | null,
  over?: AbortSignal,
): Promise<void> {
  try {
    // The CLI takes no bubblewrap from below the folder it works in: not even its own, where the bot was started there.
    const args = ['sandbox', ...quiet, ...settings, '--', 'true']
    await runInSession({ file: binary, args, env, cwd: cwd ?? '/' }, lookWithinMs, over)
  } catch (error) {
    const { stderr = '' } = error as { readonly stderr?: string }
    const why = stderr.trim().split('\n').at(-1) || messageOf(error)
    const text = `Codex CLI cannot shut its tools in here, so its commands would all fail: ${why.slice(0, 300)}. ${adviceFor(why)}, then try: codex sandbox -- true`
    throw new Problem('refused', text, { cause: error })
  }
}

/** The helper is looked for by its bare name only by a bubblewrap before 0.9, when the CLI has none of its own. */
function adviceFor(why: string): string {
  return why.includes('execvp codex-linux-sandbox')
    ? `The bwrap in the PATH is too old: install version 0.9 or newer, or the CLI with its own (${tested.upgrade})`
    : 'Allow user namespaces (in a container: seccomp and apparmor too)'
}

/** Models that the CLI offers a person, its own favourite first; it asks nobody but itself. [] when it does not say. */
export async function modelsOf(binary: string, env: Environment): Promise<readonly string[]> {
  try {
    const options = { env, timeout: lookWithinMs, maxBuffer: 64 * 1024 * 1024 }
    const { stdout } = await run(binary, ['debug', ...quiet, 'models'], options)
    return arrayAt(objectAt(JSON.parse(stdout))['models'])
      .map(objectAt)
      .filter((model) => model['visibility'] === 'list')
      .toSorted((a, b) => (numberAt(a['priority']) ?? 0) - (numberAt(b['priority']) ?? 0))
      .map((model) => stringAt(model['slug']))
  } catch {
    // Another version, or none at all: a name can be typed all the same.
    return []
  }
}

/** Only looks at the machine; a provider of the operator's own with a key in a variable needs no login. */
async function loginFinding(binary: string, env: Environment, home: string): Promise<Finding> {
  const id = 'codex.login'
  try {
    const { stdout, stderr } = await run(binary, ['login', ...quiet, 'status'], { env, timeout: lookWithinMs })
    const [told = ''] = `${stdout}${stderr}`.trim().split('\n').slice(-1)
    return fine(id, `Codex CLI: ${told.replaceAll(/sk-\S+/g, '(key)')}`)
  } catch {
    if (hasOwnProvider(home)) return fine(id, 'Codex CLI: a provider of its own (config.toml)')
    return { id, level: 'warning', text: 'Codex CLI has no login.', mend: howToLogIn(home) }
  }
}

function hasOwnProvider(home: string): boolean {
  try {
    return /^\s*model_provider\s*=/m.test(readFileSync(join(home, 'config.toml'), 'utf8'))
  } catch {
    return false
  }
}
