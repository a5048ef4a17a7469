import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'smol-toml'
import * as z from 'zod'
import type { Environment } from '../../core/command-line.ts'
import type { ModelLogin } from '../../core/egress.ts'

/** What the CLI's settings say about where its model is. */
const settings = z.object({
  model_provider: z.string().default('openai'),
  openai_base_url: z.string().optional(),
  chatgpt_base_url: z.string().optional(),
  model_providers: z
    .record(
      z.string(),
      z.object({
        base_url: z.string().optional(),
        env_key: z.string().optional(),
        experimental_bearer_token: z.string().optional(),
      }),
    )
    .default({}),
})

/** The login that the CLI would take by itself in such an environment, and where its settings say the model is. */
export function codexLogin(env: Environment): ModelLogin {
  const home = codexHome(env)
  const { model_provider, openai_base_url, chatgpt_base_url, model_providers } = settingsIn(home)
  const provider = model_providers[model_provider]
  const upstream = provider?.base_url ?? openai_base_url ?? env['OPENAI_BASE_URL'] ?? 'https://api.openai.com/v1'
  const key = (provider?.env_key && env[provider.env_key]) || provider?.experimental_bearer_token
  return {
    kind: 'codex',
    upstream: upstream.replace(/\/+$/, ''),
    chatgptUpstream: (chatgpt_base_url ?? 'https://chatgpt.com/backend-api').replace(/\/+$/, ''),
    key: key ?? null,
    path: join(home, 'auth.json'),
  }
}

/** Where the CLI keeps its settings and its login. */
export function codexHome(env: Environment): string {
  return env['CODEX_HOME'] ?? join(env['HOME'] ?? homedir(), '.codex')
}

function settingsIn(home: string): z.output<typeof settings> {
  try {
    return settings.parse(parse(readFileSync(join(home, 'config.toml'), 'utf8')))
  } catch {
    // None, or none that the CLI would take either; it says so itself.
    return settings.parse({})
  }
}
