import { dirname } from 'node:path'
import type { Mount, View } from '../core/confinement.ts'

/** A profile for `sandbox-exec`, and the paths that it names: none stands in its text, where one could end a string. */
export interface SeatbeltProfile {
  readonly text: string
  /** For `-D`, by name. */
  readonly paths: Readonly<Record<string, string>>
}

/** What programs are made of. Of Homebrew nothing that holds settings or data (`etc`, `var`). */
const systemFolders = [
  ...'/bin /sbin /usr/bin /usr/sbin /usr/lib /usr/libexec /usr/share /usr/local/bin /usr/local/lib /usr/local/share'.split(
    ' ',
  ),
  ...'/usr/local/opt /usr/local/Cellar /System/Library /System/Cryptexes /System/Volumes/Preboot/Cryptexes'.split(' '),
  ...'/Library/Apple /Library/Frameworks /Library/Developer/CommandLineTools'.split(' '),
  ...'/opt/homebrew/bin /opt/homebrew/lib /opt/homebrew/share /opt/homebrew/opt /opt/homebrew/Cellar'.split(' '),
  ...'/opt/homebrew/etc/ca-certificates /opt/homebrew/etc/openssl@3'.split(' '),
]

/** What they read beside that. Nothing of it is a secret, nothing names people or machines. */
const systemFiles = [
  ...'/private/etc/ssl /private/etc/paths /private/etc/paths.d /private/etc/profile /private/etc/bashrc'.split(' '),
  ...'/private/etc/zprofile /private/etc/zshrc /private/etc/shells /private/etc/services /private/etc/protocols'.split(
    ' ',
  ),
  ...'/private/etc/localtime /private/var/db/timezone /private/var/db/dyld /private/var/select'.split(' '),
  ...'/private/var/db/xcode_select_link /dev/random /dev/urandom /dev/zero /dev/autofs_nowait'.split(' '),
]

/** Links of the system's own, in the way of nearly every path. */
const systemLinks = ['/etc', '/tmp', '/var']

/** What a program asks of the kernel when it starts. Not `kern.proc…`: it tells of the user's other processes, with their environment. */
const kernelNames =
  'kern.argmax kern.hostname kern.maxfilesperproc kern.maxproc kern.osproductversion kern.osrelease kern.ostype kern.osvariant_status kern.osversion kern.secure_kernel kern.usrstack64 kern.version machdep.cpu.brand_string machdep.ptrauth_enabled sysctl.proc_cputype sysctl.proc_native vm.loadavg'.split(
    ' ',
  )

/**
 * Who the user is, and that a time zone or network has changed. No service that opens or starts something (Launch Services),
 * holds keys (the keychain), or fetches what it is given (trust).
 */
const services = ['com.apple.system.opendirectoryd.libinfo', 'com.apple.system.notification_center']

/** Not all of `file-write*`: no set-user-ID, no flags that keep the bot from clearing up, no mounting. */
const writing =
  'file-write-create file-write-data file-write-mode file-write-owner file-write-times file-write-unlink file-write-xattr'

/**
 * The view as a profile of macOS's own kernel sandbox, by the vocabulary of the profiles that Apple ships
 * (`/System/Library/Sandbox/Profiles`). It has nothing but permissions behind a refusal of everything, so that no order
 * of rules counts. The kernel compares real paths: these must be such. Pure.
 */
export function seatbeltProfile(view: View, socket: string | null): SeatbeltProfile {
  const names = new Map<string, string>()
  const at = (kind: 'literal' | 'subpath', path: string): string => {
    const name = names.get(path) ?? `P${names.size}`
    names.set(path, name)
    return `(${kind} (param "${name}"))`
  }
  // A rule about what is below a folder says nothing certain about a file.
  const whole = (path: string): string => `${at('literal', path)} ${at('subpath', path)}`
  const writable = [view.home.folder, ...sourcesOf(view.mounts, 'write')]
  const shown = [...writable, ...sourcesOf(view.mounts, 'read')]
  const named = view.mounts.flatMap(({ source, target = source }) => (target === source ? [] : [target]))
  const way = [...shown, ...named, ...(socket === null ? [] : [socket])].flatMap(foldersOf)
  const system = systemFolders.map((path) => `(literal "${path}") (subpath "${path}")`)
  const files = systemFiles.map((path) => `(literal "${path}") (subpath "${path}")`)
  const rules = [
    `(allow process-exec* ${[...system, ...shown.map(whole)].join(' ')})`,
    '(allow process-fork)',
    '(allow signal (target same-sandbox))',
    '(allow process-info* (target same-sandbox))',
    `(allow sysctl-read (sysctl-name-prefix "hw.") ${kernelNames.map((name) => `(sysctl-name "${name}")`).join(' ')})`,
    `(allow mach-lookup ${services.map((name) => `(global-name "${name}")`).join(' ')})`,
    '(allow ipc-posix-shm-read-data (ipc-posix-name "apple.shm.notification_center"))',
    // Whoever starts looks at the root itself, or is ended by the system (macOS 26).
    `(allow file-read* (literal "/") ${[...system, ...files, ...shown.map(whole)].join(' ')})`,
    `(allow file-map-executable ${[...system, ...shown.map(whole)].join(' ')})`,
    `(allow file-read-metadata ${systemLinks.map((path) => `(literal "${path}")`).join(' ')} ${[...new Set(way)].map((path) => at('literal', path)).join(' ')})`,
    ...(named.length === 0 ? [] : [`(allow file-read* ${named.map((path) => at('literal', path)).join(' ')})`]),
    '(allow file-read* file-write-data (literal "/dev/null") (literal "/dev/fd") (subpath "/dev/fd"))',
    `(allow ${writing} ${writable.map(whole).join(' ')})`,
    '(allow system-socket (socket-domain AF_UNIX))',
    // Sockets among its own processes.
    `(allow network-bind network-outbound ${writable.map((path) => at('subpath', path)).join(' ')})`,
    ...(socket === null ? [] : [`(allow network-outbound ${at('literal', socket)})`]),
  ]
  const text = ['(version 1)', '(deny default)', ...rules, ''].join('\n')
  return { text, paths: Object.fromEntries([...names].map(([path, name]) => [name, path])) }
}

function sourcesOf(mounts: readonly Mount[], access: Mount['access']): readonly string[] {
  return mounts.filter((mount) => mount.access === access).map(({ source }) => source)
}

/** Those that a path leads through. */
function foldersOf(path: string): readonly string[] {
  const above = dirname(path)
  return above === path ? [] : [above, ...foldersOf(above)]
}
