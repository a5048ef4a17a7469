import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'
import type { Finding } from '../core/runtime.ts'

/** A CLI's name for people, the versions its contract suite has been run with, and how a person gets a newer one. */
export interface Tested {
  readonly title: string
  readonly oldest: string
  readonly newest: string
  readonly upgrade: string
}

/** The CLI's absolute path: the configured one, or `name` in the PATH; null when it is not there. */
export function findProgram(name: string, configured: string | null, path: string): string | null {
  const candidates =
    configured !== null && isAbsolute(configured)
      ? [configured]
      : path.split(delimiter).map((folder) => join(folder, configured ?? name))
  return candidates.find((file) => isAbsolute(file) && isExecutable(file)) ?? null
}

/** What `--version` printed, judged. */
export function versionFinding(output: string, { title, oldest, newest, upgrade }: Tested): Finding {
  const [version] = /\d+\.\d+\.\d+/.exec(output) ?? []
  if (version === undefined)
    return { level: 'error', text: `This is not ${title}: its version reads "${output.trim().slice(0, 80)}".` }
  if (compare(version, oldest) < 0)
    return { level: 'error', text: `${title} ${version} is older than ${oldest}. Upgrade it: ${upgrade}` }
  if (compare(version, newest) > 0)
    return { level: 'warning', text: `${title} ${version} is newer than ${newest}, the newest that was tested.` }
  return { level: 'ok', text: `${title} ${version}` }
}

function compare(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number)) as [number[], number[]]
  const at = left.findIndex((part, index) => part !== right[index])
  return at === -1 ? 0 : (left[at] ?? 0) - (right[at] ?? 0)
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}
