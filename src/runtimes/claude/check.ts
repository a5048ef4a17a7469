import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { messageOf } from '../../core/failure.ts'
import type { Finding } from '../../core/runtime.ts'
import { findProgram, versionFinding, type Tested } from '../check.ts'
import type { Environment } from '../environment.ts'

const run = promisify(execFile)

const tested: Tested = {
  title: 'Claude Code',
  oldest: '2.1.197',
  newest: '2.1.197',
  upgrade: 'npm install -g @anthropic-ai/claude-code',
}

/** The CLI's absolute path: the configured one, or `claude` in the PATH; null when it is not there. */
export function findClaude(configured: string | null, path: string): string | null {
  return findProgram('claude', configured, path)
}

/** Whether the CLI is there, in a version we know, with a login. */
export async function checkClaude(binary: string | null, env: Environment): Promise<readonly Finding[]> {
  if (binary === null)
    return [
      { level: 'error', text: `Claude Code was not found. Install it (${tested.upgrade}) or set OMC_CLAUDE_BIN.` },
    ]
  try {
    const { stdout } = await run(binary, ['--version'], { env, timeout: 20_000 })
    return [versionFinding(stdout, tested), await loginFinding(binary, env)]
  } catch (error) {
    return [
      { level: 'error', text: `${binary} --version failed: ${messageOf(error)}. Reinstall it: ${tested.upgrade}` },
    ]
  }
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
