import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/**
 * Processes, but this one, that know a folder (in their command line or environment, or work in it), by pid: also those
 * that were started while it was looked.
 */
export function knowing(folder: string): ReadonlyMap<number, string> {
  const found = new Map<number, string>()
  const seen = new Set([process.pid])
  for (;;) {
    const fresh = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && !seen.has(Number(name)))
    if (fresh.length === 0) return found
    for (const pid of fresh) {
      seen.add(Number(pid))
      const command = commandIfKnowing(pid, folder)
      if (command !== null) found.set(Number(pid), command)
    }
  }
}

function commandIfKnowing(pid: string, folder: string): string | null {
  try {
    // In the middle of an exec only the last of them is told.
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
    const all = [command, readFileSync(`/proc/${pid}/environ`, 'utf8'), readlinkSync(`/proc/${pid}/cwd`)]
    return all.some((each) => each.includes(folder)) ? command.replaceAll('\0', ' ').trim() : null
  } catch {
    // Another user's, or gone meanwhile.
    return null
  }
}
