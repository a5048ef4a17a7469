import { existsSync, readdirSync, readlinkSync } from 'node:fs'

/** The files that this process has open, a line each: what was left open to it by mistake would be among them. */
export function openFiles(): string[] {
  const folder = existsSync('/proc/self/fd') ? '/proc/self/fd' : '/dev/fd'
  return readdirSync(folder).map((fd) => {
    try {
      return `${fd} ${readlinkSync(`${folder}/${fd}`)}`
    } catch {
      return `${fd} (closed)`
    }
  })
}
