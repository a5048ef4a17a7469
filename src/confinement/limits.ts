import { totalmem } from 'node:os'

/** What one box may take of the machine. */
export interface BoxLimits {
  /** Bytes of memory of its own that each process may have. */
  readonly memory: number
  /** Processes and threads of the whole box. */
  readonly processes: number
}

/** Less, and the CLIs do not start (observed with Claude Code 2.1.197, Codex 0.169.0 and Node 24). */
const least = 2048 * 1024 * 1024

/** What the operator has set; 0 megabytes stand for half of what the machine, or the container that the bot is in, has. */
export function limitsOf(
  { megabytes, processes }: { readonly megabytes: number; readonly processes: number },
  has: number = memoryHere(),
): BoxLimits {
  return { memory: Math.max(least, megabytes === 0 ? Math.floor(has / 2) : megabytes * 1024 * 1024), processes }
}

/** `totalmem()` knows nothing of containers; where there is no limit, the other says 0 or a number without meaning. */
function memoryHere(): number {
  const contained = process.constrainedMemory()
  return contained > 0 && contained < totalmem() ? contained : totalmem()
}

/**
 * Words of a shell that hold for all it starts, and that nothing in the box takes back. Said inside, processes are counted
 * by box (observed with Linux 6.18; before 5.14 for the whole user). A machine that allows less already keeps to that.
 * Memory that processes share is not counted here: see the sizes in bubblewrap.ts.
 */
export function limiting({ memory, processes }: BoxLimits): string {
  // Where memory runs out all the same, what is in boxes goes first. Debian's shell and busybox say -p, bash says -u.
  return `{ echo 800 > /proc/self/oom_score_adj; } 2>/dev/null
ulimit -d ${Math.floor(memory / 1024)} 2>/dev/null
ulimit -u ${processes} 2>/dev/null || ulimit -p ${processes} 2>/dev/null
`
}
