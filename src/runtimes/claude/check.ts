import { execFile } from 'node:child_process'
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'
import { promisify } from 'node:util'
import { messageOf } from '../../core/failure.ts'
import type { Finding } from '../../core/runtime.ts'
import type { Environment } from '../environment.ts'

const run = promisify(execFile)

/** The versions that the contract suite has been run with. */
const oldestTested = '2.1.197'
const newestTested = '2.1.197'

const upgrade = 'npm install -g @anthropic-ai/claude-code'

/** The CLI's absolute path: the configured one, or `claude` in the PATH; null when it is not there. */
export function findClaude(configured: string | null, path: string): string | null {
  const candidates =
    configured !== null && isAbsolute(configured)
      ? [configured]
      : path.split(delimiter).map((folder) => join(folder, configured ?? 'claude'))
  return candidates.find((file) => isAbsolute(file) && isExecutable(file)) ?? null
}

/** Whether the CLI is there, in a version we know, with a login. */
export async function checkClaude(binary: string | null, env: Environment): Promise<readonly Finding[]> {
  if (binary === null)
    return [{ level: 'error', text: `Claude Code was not found. Install it (${upgrade}) or set OMC_CLAUDE_BIN.` }]
  try {
    const { stdout } = await run(binary, ['--version'], { env, timeout: 20_000 })
    return [versionFinding(stdout), await loginFinding(binary, env)]
  } catch (error) {
    return [{ level: 'error', text: `${binary} --version failed: ${messageOf(error)}. Reinstall it: ${upgrade}` }]
  }
}

/** What `claude --version` prints, judged. */
function versionFinding(output: string): Finding {
  const [version] = /\d+\.\d+\.\d+/.exec(output) ?? []
  if (version === undefined)
    return { level: 'error', text: `This is not Claude Code: its version reads "${output.trim().slice(0, 80)}".` }
  if (compare(version, oldestTested) < 0)
    return { level: 'error', text: `Claude Code ${version} is older than ${oldestTested}. Upgrade it: ${upgrade}` }
  if (compare(version, newestTested) > 0)
    return {
      level: 'warning',
      text: `Claude Code ${version} is newer than ${newestTested}, the newest that was tested.`,
    }
  return { level: 'ok', text: `Claude Code ${version}` }
}

/** `auth status` looks at the machine only, so an expired login still counts as one (facts/claude-cli.md section 5). */
async function loginFinding(binary: string, env: Environment): Promise<Finding> {
  const none: Finding = { level: 'warning', text: 'Claude Code has no login. See docs/AUTH.md.' }
  try {
    const { stdout } = await run(binary, ['auth', 'status'], { env, timeout: 20_000 })
    const { loggedIn, authMethod } = JSON.parse(stdout) as { loggedIn?: unknown; authMethod?: unknown }
    return loggedIn === true ? { level: 'ok', text: `Claude Code is logged in (${String(authMethod)})` } : none
  } catch {
    // It ends with 1 when there is none.
    return none
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
