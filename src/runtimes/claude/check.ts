import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Environment } from '../../core/command-line.ts'
import { messageOf } from '../../core/failure.ts'
import { fine, type Finding } from '../../core/finding.ts'
import { findProgram } from '../../system/find-program.ts'
import { brokenFinding, lookWithinMs, missingFinding, versionFinding, type Tested } from '../check.ts'

const run = promisify(execFile)

const tested: Tested = {
  name: 'claude',
  title: 'Claude Code',
  oldest: '2.1.197',
  newest: '2.1.197',
  upgrade: 'npm install -g @anthropic-ai/claude-code',
}

/** The CLI's absolute path: the configured one, or `claude` in the PATH; null when it is not there. */
export function findClaude(configured: string | null, path: string): string | null {
  return findProgram('claude', configured, path)
}

/** Whether the CLI is there, in a version we know, with a login (which is only warned of, and costs half a second). */
export async function checkClaude(
  binary: string | null,
  env: Environment,
  only?: 'errors',
): Promise<readonly Finding[]> {
  if (binary === null) return [missingFinding(tested)]
  try {
    const { stdout } = await run(binary, ['--version'], { env, timeout: lookWithinMs })
    const version = versionFinding(stdout, tested)
    return only === 'errors' ? [version] : [version, await loginFinding(binary, env)]
  } catch (error) {
    return [brokenFinding(binary, messageOf(error), tested)]
  }
}

/** `auth status` looks at the machine only, so an expired login still counts as one (facts/claude-cli.md section 5). */
async function loginFinding(binary: string, env: Environment): Promise<Finding> {
  const folder = env['CLAUDE_CONFIG_DIR']
  const how = folder === undefined ? 'claude /login' : `CLAUDE_CONFIG_DIR=${folder} claude /login`
  const mend = `Log in once, as the user the bot runs as: ${how} (see docs/AUTH.md).`
  const none: Finding = { id: 'claude.login', level: 'warning', text: 'Claude Code has no login.', mend }
  try {
    const { stdout } = await run(binary, ['auth', 'status'], { env, timeout: lookWithinMs })
    const { loggedIn, authMethod } = JSON.parse(stdout) as { loggedIn?: unknown; authMethod?: unknown }
    return loggedIn === true ? fine('claude.login', `Claude Code is logged in (${String(authMethod)})`) : none
  } catch {
    // It ends with 1 when there is none.
    return none
  }
}
