import { spawnSync } from 'node:child_process'
import { closeSync, constants, existsSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import { fine, type Finding } from '../../core/finding.ts'
import { findProgram } from '../../system/find-program.ts'

/** What the CLI's own sandbox for its shell needs on Linux (facts/claude-cli.md section 7), both in its PATH. */
const programs = ['bwrap', 'socat'] as const

/** A trial of what the CLI does with it: a container may have the program and not be let use it. */
const trial = ['--ro-bind', '/', '/', '--dev', '/dev', '--unshare-pid', '--unshare-net', '--proc', '/proc', 'true']

/**
 * Whether the CLI's shell can be shut into a sandbox of the operating system, for a PATH; asked once. Elsewhere than on
 * Linux it was never tried, so it is not relied on.
 */
export function sandboxProbe(platform: NodeJS.Platform = process.platform): (path: string) => boolean {
  const known = new Map<string, boolean>()
  return (path) => {
    const before = known.get(path)
    if (before !== undefined) return before
    const [bwrap = null, socat = null] = programs.map((name) => findProgram(name, null, path))
    const works = platform === 'linux' && bwrap !== null && socat !== null && tries(bwrap)
    known.set(path, works)
    return works
  }
}

export function sandboxFinding(works: boolean): Finding {
  const id = 'claude.sandbox'
  if (works) return fine(id, 'The shell of Claude Code runs in a sandbox: no network, no writing elsewhere.')
  return {
    id,
    level: 'warning',
    text: 'There is no sandbox for the shell of Claude Code: what people allow it to run is held by nothing.',
    mend: 'On Debian and Ubuntu: apt-get install bubblewrap socat',
  }
}

/**
 * The CLI's settings for it. Without network but for hosts that a person allows; the files that reading rules deny are
 * closed to it too. What it must run outside asks a person.
 */
export const sandboxSettings = {
  enabled: true,
  // Never unconfined because of a mishap: then rather not at all.
  failIfUnavailable: true,
  autoAllowBashIfSandboxed: true,
  allowUnsandboxedCommands: true,
  network: { allowedDomains: [] },
}

/**
 * Whether a repository's settings could open the sandbox. The CLI takes what they say of it, and what they permit to
 * write or to fetch, also where it is told to load none of them (observed with 2.1.197), and nothing takes it away again.
 * Such a repository gets no sandbox then: a person is asked about its commands. What cannot be read counts as open.
 */
export function opensSandbox(workdir: string): boolean {
  return ['settings.json', 'settings.local.json']
    .map((name) => join(workdir, '.claude', name))
    .some((file) => existsSync(file) && opens(file))
}

function opens(file: string): boolean {
  try {
    const found = settings.parse(JSON.parse(textOf(file)))
    const { allow = [], additionalDirectories = [] } = found.permissions ?? {}
    return (
      found.sandbox !== undefined || additionalDirectories.length > 0 || !allow.every((rule) => harmless.test(rule))
    )
  } catch {
    return true
  }
}

/** A repository may have anything there: a link to a device has no end, a pipe and a lease would be waited for. */
function textOf(path: string): string {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const what = fstatSync(file)
    if (!what.isFile() || what.size > largestSettings) throw new Error('it cannot be read')
    return readFileSync(file, 'utf8')
  } finally {
    closeSync(file)
  }
}

/** Bytes. */
const largestSettings = 1024 * 1024

const settings = z.object({
  sandbox: z.unknown().optional(),
  permissions: z
    .object({ allow: z.string().array().optional(), additionalDirectories: z.unknown().array().optional() })
    .optional(),
})

/** A permission that says nothing about files or hosts. */
const harmless = /^(Bash|mcp__)/

function tries(bwrap: string): boolean {
  return spawnSync(bwrap, trial, { stdio: 'ignore', timeout: 5000, env: { PATH: '/usr/bin:/bin' } }).status === 0
}
