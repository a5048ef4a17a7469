import { readFileSync, readlinkSync } from 'node:fs'
import { basename } from 'node:path'
import { descendantsOf } from '../system/process.ts'

/** What bubblewrap itself is in a box, the command, and what carries the command's connections (`bubblewrap.ts`). */
const [init, command, carrier] = [1, 2, 3]

/** Whether anything lives in the box that this process holds beside the command that the box was made for. */
export function hasOthers(holder: number): boolean {
  const inside = descendantsOf([holder]).flatMap((pid) => {
    const seen = pidInside(pid)
    return seen === null ? [] : [{ pid, seen }]
  })
  const carriers = inside.filter(({ pid, seen }) => seen === carrier && isCarrier(pid)).map(({ pid }) => pid)
  const own = new Set([...carriers, ...descendantsOf(carriers)])
  return inside.some(({ pid, seen }) => seen !== init && seen !== command && !own.has(pid))
}

/** The number by which a process is known in its box; null for one that is not in it, or has gone. */
function pidInside(pid: number): number | null {
  try {
    const [, known = ''] = /^NSpid:(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    const numbers = known.trim().split(/\s+/).map(Number)
    return numbers.length < 2 ? null : (numbers.at(-1) ?? null)
  } catch {
    return null
  }
}

function isCarrier(pid: number): boolean {
  try {
    // On Debian it is a link to socat1.
    return basename(readlinkSync(`/proc/${pid}/exe`)).startsWith('socat')
  } catch {
    return false
  }
}
