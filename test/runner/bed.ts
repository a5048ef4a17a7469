import { spawnSync } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { knowing } from './knowing.ts'

/**
 * The first process of a namespace: runs the command, waits two seconds at most for what is still ending, says on
 * descriptor 3 what is left and how much time all of it took. Whatever is left ends with it.
 */
const wrapper = String.raw`
"$@" 3>&-
code=$?
tries=0
while [ $tries -lt 40 ]; do
  set -- /proc/[0-9]*
  [ $# -le 1 ] && break
  sleep 0.05
  tries=$((tries + 1))
done
for each in /proc/[0-9]*; do
  [ "$each" = /proc/1 ] && continue
  command=$(tr '\0' ' ' < "$each/cmdline" 2>/dev/null) && [ -n "$command" ] && echo "left $command" >&3
done
times >&3
exit $code`

const namespace = ['-p', '-f', '--mount-proc', '--kill-child', 'sh', '-c'] as const

let able: boolean | null = null

/** How a command is run so that all it starts can be ended with it. `OMC_TEST_BED=none`: as whoever may make no namespace. */
export function bed(command: string, args: readonly string[]): { command: string; args: string[]; detached: boolean } {
  able ??=
    process.env['OMC_TEST_BED'] !== 'none' &&
    spawnSync('unshare', [...namespace, 'true'], { stdio: 'ignore' }).status === 0
  return able
    ? { command: 'unshare', args: [...namespace, wrapper, 'sh', command, ...args], detached: false }
    : { command, args: [...args], detached: true }
}

/**
 * Where there are no namespaces: ends what still lives and knows the folder (in its command line or environment), and
 * tells the command lines. Only Linux tells; elsewhere nothing is found.
 */
export async function survivorsOf(folder: string): Promise<readonly string[]> {
  if (process.platform !== 'linux') return []
  const gone = async (): Promise<void> => {
    for (let tries = 0; tries < 40 && knowing(folder).size > 0; tries++) await delay(50)
  }
  await gone()
  const left = knowing(folder)
  for (const pid of left.keys()) end(pid)
  // A killed one is there for a moment more.
  if (left.size > 0) await gone()
  return [...left.values()]
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // Gone by itself.
  }
}
