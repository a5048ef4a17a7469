import { join } from 'node:path'
import type { Environment } from '../../core/command-line.ts'
import type { ModelLogin } from '../../core/egress.ts'

/** The login that the CLI would take by itself in such an environment: a key before a token before its file. */
export function claudeLogin(env: Environment): ModelLogin {
  const upstream = (env['ANTHROPIC_BASE_URL'] ?? 'https://api.anthropic.com').replace(/\/+$/, '')
  const { ANTHROPIC_API_KEY: key, CLAUDE_CODE_OAUTH_TOKEN: token } = env
  if (key !== undefined) return { kind: 'claude-key', upstream, key }
  if (token !== undefined) return { kind: 'claude-token', upstream, token }
  const config = env['CLAUDE_CONFIG_DIR'] ?? join(env['HOME'] ?? '/', '.claude')
  return { kind: 'claude-file', upstream, path: join(config, '.credentials.json') }
}
