import { execFile } from 'node:child_process'

const mostBytes = 1024 * 1024

/** Runs a shell command, and gives what it said. */
export function shell(command: string, signal: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    execFile('/bin/sh', ['-c', command], { signal, maxBuffer: mostBytes }, (error, stdout, stderr) =>
      resolve(`${stdout}${stderr}`.trim() || (error === null ? 'Done.' : error.message)),
    )
  })
}
