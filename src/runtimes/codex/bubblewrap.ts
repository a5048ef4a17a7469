import { spawnSync } from 'node:child_process'
import { existsSync, globSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, dirname, join } from 'node:path'
import type { Environment } from '../../core/command-line.ts'
import { findProgram } from '../../system/find-program.ts'

/**
 * Gives the CLI a bubblewrap it can work with. It prefers the one in its PATH to the one it brings, and before version
 * 0.9 (Debian 12, Ubuntu 22.04) that one knows no `--argv0`: the CLI then looks for its helper by a bare name, finds
 * nothing where folders are closed, and cannot shut anything in. Its own one comes first then. Asked once a binary and
 * PATH.
 */
export function bubblewrapFor(): (binary: string | null, env: Environment) => Environment {
  const known = new Map<string, string | null>()
  return (binary, env) => {
    const { PATH = '' } = env
    if (process.platform !== 'linux' || binary === null) return env
    const key = JSON.stringify([binary, PATH])
    const before = known.get(key)
    const folder = before === undefined ? folderFor(binary, PATH) : before
    known.set(key, folder)
    return folder === null ? env : { ...env, PATH: [folder, PATH].join(delimiter) }
  }
}

/** The folder that has to come first; null: what is there will do, or nothing better is. */
function folderFor(binary: string, path: string): string | null {
  const installed = findProgram('bwrap', null, path)
  if (installed === null || knowsArgv0(installed)) return null
  return broughtBy(binary)
}

function knowsArgv0(bwrap: string): boolean {
  const { stdout } = spawnSync(bwrap, ['--help'], { encoding: 'utf8', timeout: 60_000, env: { PATH: '/usr/bin:/bin' } })
  return (stdout ?? '').includes('--argv0')
}

/** Where the package of this platform keeps it: beside its binary, which the launcher of npm's package starts. */
function broughtBy(binary: string): string | null {
  const real = realpathSync(binary)
  const resources = real.endsWith('.js') ? resourcesOfPackage(real) : [join(dirname(real), '..', 'codex-resources')]
  return resources.find((folder) => existsSync(join(folder, 'bwrap'))) ?? null
}

function resourcesOfPackage(launcher: string): readonly string[] {
  try {
    const name = `@openai/codex-${process.platform}-${process.arch}`
    const root = dirname(createRequire(launcher).resolve(`${name}/package.json`))
    return globSync('vendor/*/codex-resources', { cwd: root }).map((found) => join(root, found))
  } catch {
    // Installed in another way, without its package.
    return []
  }
}
