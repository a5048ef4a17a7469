import { execFile } from 'node:child_process'
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'
import { promisify } from 'node:util'
import { messageOf } from '../../core/failure.ts'
import type { Finding } from '../../core/runtime.ts'
import type { Environment } from '../environment.ts'

const run = promisify(execFile)

/** The versions that the contract suite has been run with. */
const oldestTested = '0.169.0'
const newestTested = '0.169.0'

const upgrade = 'npm install -g @openai/codex'

/** The CLI's absolute path: the configured one, or `codex` in the PATH; null when it is not there. */
export function findCodex(configured: string | null, path: string): string | null {
  const candidates =
    configured !== null && isAbsolute(configured)
      ? [configured]
      : path.split(delimiter).map((folder) => join(folder, configured ?? 'codex'))
  return candidates.find((file) => isAbsolute(file) && isExecutable(file)) ?? null
}

/** Whether the CLI is there, in a version we know, with a login, and whether it can shut its tools in. */
export async function checkCodex(binary: string | null, env: Environment): Promise<readonly Finding[]> {
  if (binary === null)
    return [{ level: 'error', text: `Codex CLI was not found. Install it (${upgrade}) or put it into the PATH.` }]
  try {
    const { stdout } = await run(binary, ['--version'], { env, timeout: 20_000 })
    return [versionFinding(stdout), await sandboxFinding(binary, env), await loginFinding(binary, env)]
  } catch (error) {
    return [{ level: 'error', text: `${binary} --version failed: ${messageOf(error)}. Reinstall it: ${upgrade}` }]
  }
}

function versionFinding(output: string): Finding {
  const [version] = /\d+\.\d+\.\d+/.exec(output) ?? []
  if (version === undefined)
    return { level: 'error', text: `This is not Codex CLI: its version reads "${output.trim().slice(0, 80)}".` }
  if (compare(version, oldestTested) < 0)
    return { level: 'error', text: `Codex CLI ${version} is older than ${oldestTested}. Upgrade it: ${upgrade}` }
  if (compare(version, newestTested) > 0)
    return { level: 'warning', text: `Codex CLI ${version} is newer than ${newestTested}, the newest that was tested.` }
  return { level: 'ok', text: `Codex CLI ${version}` }
}

/**
 * Where the sandbox cannot be set up, every command fails and the turn still counts as a success, so it has to be
 * known before (facts/codex-cli.md section 5).
 */
async function sandboxFinding(binary: string, env: Environment): Promise<Finding> {
  try {
    await run(binary, ['sandbox', '--', 'true'], { env, timeout: 20_000 })
    return { level: 'ok', text: 'Codex CLI can shut its tools in' }
  } catch (error) {
    const { stderr = '' } = error as { readonly stderr?: string }
    const why = stderr.trim().split('\n').at(-1) || messageOf(error)
    const text = `Codex CLI cannot shut its tools in here, so its commands would all fail: ${why.slice(0, 300)}. Allow user namespaces (in a container: seccomp and apparmor too), then try: codex sandbox -- true`
    return { level: 'error', text }
  }
}

/** Only looks at the machine; a provider of the operator's own with a key in a variable needs no login. */
async function loginFinding(binary: string, env: Environment): Promise<Finding> {
  try {
    const { stdout, stderr } = await run(binary, ['login', 'status'], { env, timeout: 20_000 })
    const [told = ''] = `${stdout}${stderr}`.trim().split('\n').slice(-1)
    return { level: 'ok', text: `Codex CLI: ${told.replaceAll(/sk-\S+/g, '(key)')}` }
  } catch {
    return { level: 'warning', text: 'Codex CLI has no login. See docs/AUTH.md.' }
  }
}

function compare(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number)) as [number[], number[]]
  const at = left.findIndex((part, index) => part !== right[index])
  return at === -1 ? 0 : (left[at] ?? 0) - (right[at] ?? 0)
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}
