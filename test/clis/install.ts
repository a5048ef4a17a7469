import { existsSync } from 'node:fs'
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
