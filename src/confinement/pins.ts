import { readFileSync } from 'node:fs'
import { sep } from 'node:path'

/** A mount as the system lists it: which folder of its file system lies where. */
interface Listed {
  readonly root: string
  readonly at: string
  readonly type: string
}

/** NFS says `/` of every mount, whatever folder of it is meant. */
const silent = /^nfs/

/**
 * What the box's own list of mounts must say when these were mounted and nothing else: a folder may be exchanged for a
 * link after it was looked at, and bubblewrap would follow it. A box that was made cannot be changed from outside any
 * more, so there it is compared (`pinnedScript`). One line a mount, in the system's own spelling. `list`: of the mounts
 * that we see (https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html).
 */
export function pinsOf(
  mounts: readonly { readonly source: string; readonly target: string }[],
  list: string = readFileSync('/proc/self/mountinfo', 'utf8'),
): readonly string[] {
  const listed = list.split('\n').flatMap(parsed)
  return mounts.flatMap(({ source, target }) => {
    const holds = listed.filter(({ at }) => source === at || at === '/' || source.startsWith(at + sep))
    // The last of those that lie deepest covers the others.
    const on = holds.reduce<Listed | null>(
      (best, each) => (best !== null && best.at.length > each.at.length ? best : each),
      null,
    )
    if (on === null || silent.test(on.type)) return []
    const below = on.at === '/' ? source : source.slice(on.at.length)
    const root = on.root === '/' ? below || '/' : on.root + (below === '/' ? '' : below)
    return [`${spelled(root)} ${spelled(target)}`]
  })
}

/**
 * Compares, then becomes the command behind: `sh -c <this> box <pins, a line each> <command…>`. In the shell's own words
 * alone: every process counts at a start.
 */
export const pinnedScript = `set -f
nl='
'
seen="$nl"
while read -r _ _ _ root at _; do seen="$seen$root $at$nl"; done < /proc/self/mountinfo
IFS="$nl"
for pin in $1; do
  case "$seen" in
    *"$nl$pin$nl"*) ;;
    *) printf '%s is another folder now: nothing was started. Try it again.\\n' "\${pin#* }" >&2; exit 78 ;;
  esac
done
unset IFS
set +f
shift
`

function parsed(line: string): readonly Listed[] {
  const [, , , root, at, ...rest] = line.split(' ')
  const type = rest[rest.indexOf('-') + 1]
  return root === undefined || at === undefined || type === undefined
    ? []
    : [{ root: plain(root), at: plain(at), type }]
}

/** As the system writes paths in that list. */
function spelled(path: string): string {
  return path.replaceAll(/[ \t\n\\]/g, (sign) => `\\${sign.charCodeAt(0).toString(8).padStart(3, '0')}`)
}

function plain(path: string): string {
  return path.replaceAll(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 8)))
}
