import { spawnSync } from 'node:child_process'
import type { CommandLine } from '../core/command-line.ts'

/** What the machine said to a box with nothing in it. */
export interface Trial {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a box once, as it will be run later. */
export function tryOut({ file, args, cwd, env }: CommandLine): Trial {
  const { status, stdout, stderr, error } = spawnSync(file, args, { cwd, env, timeout: 60_000, encoding: 'utf8' })
  return error === undefined ? { code: status, stdout, stderr } : { code: status, stdout: '', stderr: error.message }
}

/** Why there can be no box, before anything is tried; null: it is to be tried. `programs`: what it stands on, by package. */
export function hindrance(
  platform: NodeJS.Platform,
  uid: number | undefined,
  programs: Readonly<Record<string, string | null>>,
): string | null {
  if (platform !== 'linux' && platform !== 'darwin') return 'Boxes are made on Linux and macOS only.'
  if (uid === 0)
    return 'The bot runs as root, whose box would hold nothing. Run it as a user of its own (in a container: USER node).'
  const missing = Object.entries(programs).flatMap(([name, path]) => (path === null ? [name] : []))
  if (missing.length === 0) return null
  if (platform === 'darwin')
    return `${missing.join(' and ')} was not found. It is a part of macOS, in /usr/bin: put that on the bot's PATH.`
  return `${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} not installed. On Debian and Ubuntu: apt-get install ${missing.join(' ')}`
}

/** The signs of each platform's refusal, as they were observed, and what to do about it. */
const refusals: readonly (readonly [RegExp, string])[] = [
  [
    /setting up uid map: Permission denied/i,
    'AppArmor keeps programs from making boxes here (Ubuntu since 23.10). Allow it to this one program: a file in /etc/apparmor.d with "abi <abi/4.0>, include <tunables/global> profile bwrap /usr/bin/bwrap flags=(unconfined) { userns, }", then: systemctl reload apparmor',
  ],
  [
    /Can't mount proc/i,
    'The container that the bot runs in masks /proc. Start it with: docker run --security-opt systempaths=unconfined --security-opt seccomp=unconfined (Podman: --security-opt unmask=ALL)',
  ],
  [
    /max_\*_namespaces exceeded|ENOSPC|No space left on device/i,
    'Namespaces are switched off here. Allow them: sysctl -w user.max_user_namespaces=15000',
  ],
  [
    /No permissions to create a? ?new namespace|Operation not permitted/i,
    'Namespaces are not allowed to users here. Allow them: sysctl -w kernel.unprivileged_userns_clone=1 (in a container: --security-opt seccomp=unconfined)',
  ],
  [/unknown option/i, 'bubblewrap is too old here: 0.8 or newer is needed.'],
]

/** Why the trial failed, for people; null: it did not. */
export function reasonOf({ code, stderr }: Pick<Trial, 'code' | 'stderr'>): string | null {
  if (code === 0) return null
  const [, known] = refusals.find(([sign]) => sign.test(stderr)) ?? []
  return known ?? `bubblewrap could not make a box: ${stderr.trim().slice(0, 300) || `exit code ${code ?? 'unknown'}`}`
}
