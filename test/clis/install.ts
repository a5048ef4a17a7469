import { existsSync, globSync } from 'node:fs'
import { join } from 'node:path'

/** What to tell a person whose machine has no CLI to test with. */
export const howToInstall = 'The real Claude CLI is not installed for tests. Install it with: npm ci --prefix test/clis'

/**
 * Absolute path of the native Claude binary that `npm ci --prefix test/clis` put beside this file, or null.
 * The package for this platform is taken directly: its launcher in `bin/` exists only where install scripts ran.
 * Packages: https://www.npmjs.com/package/@anthropic-ai/claude-code (optional dependencies per platform).
 */
export function claudeBinary(): string | null {
  const scope = join(import.meta.dirname, 'node_modules', '@anthropic-ai')
  const candidates = ['', '-musl'].map((libc) =>
    join(scope, `claude-code-${process.platform}-${process.arch}${libc}`, 'claude'),
  )
  return candidates.find((path) => existsSync(path)) ?? null
}

/** What to tell a person whose machine has no Codex CLI to test with. */
export const howToInstallCodex =
  'The real Codex CLI is not installed for tests. Install it with: npm ci --prefix test/clis'

/**
 * Absolute path of the native Codex binary of this platform, or null. The launcher in `bin/codex.js` does nothing but
 * exec it. The triple in its path differs by platform: https://www.npmjs.com/package/@openai/codex
 */
export function codexBinary(): string | null {
  const scope = join(import.meta.dirname, 'node_modules', '@openai')
  const pattern = `codex-${process.platform}-${process.arch}/vendor/*/bin/codex`
  const [found] = globSync(pattern, { cwd: scope })
  return found === undefined ? null : join(scope, found)
}
