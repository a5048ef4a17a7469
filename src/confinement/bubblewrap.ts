import { lstatSync, mkdirSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CommandLine } from '../core/command-line.ts'
import type { Confinement, Mount, View } from '../core/confinement.ts'
import { insideBox } from '../core/egress.ts'
import { admit, type OffLimits } from './admission.ts'
import { seccompFilter } from './seccomp.ts'
import { limiting, type BoxLimits } from './limits.ts'
import { pinnedScript, pinsOf } from './pins.ts'

export interface BubblewrapOptions {
  /** Absolute paths of the programs it stands on. */
  readonly programs: { readonly bwrap: string; readonly socat: string }
  /** A folder of its own that no box writes: what a box shows as /etc/passwd lies there. */
  readonly folder: string
  readonly offLimits: OffLimits
  readonly limits: BoxLimits
}

/** What a box keeps in memory must not take all of it: unsaid, each of these could have half of the machine's. */
const scratchBytes = 1024 * 1024 * 1024
const sharedBytes = 256 * 1024 * 1024
const stateBytes = 16 * 1024 * 1024

/** What programs read of /etc; nothing of it is a secret, nothing names people or machines (facts measured by CLI). */
const etc =
  'ld.so.cache ld.so.conf ld.so.conf.d ssl pki crypto-policies ca-certificates ca-certificates.conf alternatives nsswitch.conf host.conf localtime timezone mime.types services protocols inputrc terminfo bash.bashrc profile perl python3 fonts java-8-openjdk java-11-openjdk java-17-openjdk java-21-openjdk java-25-openjdk'.split(
    ' ',
  )

/** The box on Linux: bubblewrap, without any capability, as a user who is not root. */
export function bubblewrap({ programs, folder, offLimits, limits }: BubblewrapOptions): Confinement {
  const own = ownFiles(folder)
  const filter = filterIn(folder)
  return {
    level: () => ({ boxed: true }),
    wrap(command, view) {
      admit(view, offLimits)
      const started = inside(command, view, programs.socat, limiting(limits))
      return held(programs.bwrap, filter, [...argumentsOf(view, own), '--', ...started], view)
    },
  }
}

/**
 * A shell that stays as the box's parent. The box dies with it (`--die-with-parent`), it does not die with the bot, and
 * whoever kills it leaves nothing behind; without it the first process of the box outlives bubblewrap.
 */
function held(bwrap: string, filter: string | null, args: readonly string[], { environment, home }: View): CommandLine {
  const started =
    filter === null
      ? ['"$@"; exit $?', 'box', bwrap]
      : ['filter=$1; shift; "$@" 9<"$filter"; exit $?', 'box', filter, bwrap, '--seccomp', '9']
  return {
    file: '/bin/sh',
    args: ['-c', ...started, ...args],
    cwd: '/',
    // By exec: what stands in a command line is for everybody to read.
    env: { ...environment, HOME: home.at },
  }
}

/** The file with what the kernel is to refuse in a box; null: it knows no such thing for this processor. */
function filterIn(folder: string): string | null {
  const filter = seccompFilter(process.arch)
  if (filter === null) return null
  writeFileSync(join(folder, 'filter'), filter, { mode: 0o600 })
  return join(folder, 'filter')
}

/**
 * The command, within its limits, behind a last look at what is mounted, and what carries connections to the one socket for programs that
 * only know TCP.
 */
function inside(
  { file, args }: CommandLine,
  { mounts, egress }: View,
  socat: string,
  limits: string,
): readonly string[] {
  const pins = pinsOf(mounts.map(({ source, target = source }) => ({ source, target }))).join('\n')
  const first = limits + pinnedScript
  if (egress === null) return ['/bin/sh', '-c', `${first}exec "$@"`, 'box', pins, file, ...args]
  const listen = `TCP-LISTEN:${insideBox.port},bind=127.0.0.1,fork,reuseaddr,nodelay`
  const script = `${first}${socat} ${listen} UNIX-CONNECT:${insideBox.socket} </dev/null >/dev/null 2>&1 & exec "$@"`
  return ['/bin/sh', '-c', script, 'box', pins, file, ...args]
}

function argumentsOf(view: View, own: readonly string[]): readonly string[] {
  const { home, egress, cwd } = view
  const mounts: readonly Mount[] = [...view.mounts, { source: home.folder, target: home.at, access: 'write' }]
  const sorted = mounts
    .map(({ source, target = source, access }) => ({ source, target, access }))
    .sort((a, b) => (a.target < b.target ? -1 : 1))
  const args: readonly (readonly string[])[] = [
    ['--die-with-parent', '--unshare-user', '--unshare-pid', '--unshare-ipc', '--unshare-uts'],
    ['--unshare-cgroup-try', '--unshare-net', '--hostname', 'box', '--cap-drop', 'ALL', '--disable-userns'],
    ['--ro-bind', '/usr', '/usr'],
    ...['/bin', '/sbin', '/lib', '/lib64', '/lib32'].map(systemFolder),
    ['--perms', '0755', '--dir', '/etc'],
    ...etc.map((name) => ['--ro-bind-try', `/etc/${name}`, `/etc/${name}`]),
    own,
    ['--proc', '/proc', '--dev', '/dev', ...inMemory('/dev/shm', sharedBytes, '1777'), '--remount-ro', '/dev'],
    [...inMemory('/run', stateBytes), ...inMemory('/var', stateBytes), '--symlink', '../tmp', '/var/tmp'],
    inMemory('/tmp', scratchBytes, '1777'),
    ...sorted.map(({ source, target, access }) => [access === 'read' ? '--ro-bind' : '--bind', source, target]),
    egress === null ? [] : ['--ro-bind', egress, insideBox.folder],
    ['--remount-ro', '/', '--chdir', cwd],
  ]
  return args.flat()
}

function inMemory(path: string, bytes: number, mode = '0755'): readonly string[] {
  return ['--size', String(bytes), '--perms', mode, '--tmpfs', path]
}

/** A link into /usr as nearly everywhere, or a folder of its own as on an old system. */
function systemFolder(path: string): readonly string[] {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found === undefined) return []
  return found.isSymbolicLink() ? ['--symlink', readlinkSync(path), path] : ['--ro-bind', path, path]
}

/** Without an entry for its user ssh, git and whoami do not work; the machine's own list names everybody. */
function ownFiles(folder: string): readonly string[] {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const [uid, gid] = [process.getuid?.() ?? 1000, process.getgid?.() ?? 1000]
  const files = {
    passwd: `agent:x:${uid}:${gid}:agent:/home/agent:/bin/sh\nnobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n`,
    group: `agent:x:${gid}:\nnogroup:x:65534:\n`,
    hosts: '127.0.0.1 localhost box\n::1 localhost\n',
  }
  return Object.entries(files).flatMap(([name, text]) => {
    writeFileSync(join(folder, name), text, { mode: 0o644 })
    return ['--ro-bind', join(folder, name), `/etc/${name}`]
  })
}
