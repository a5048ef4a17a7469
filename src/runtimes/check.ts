import { fine, type Finding } from '../core/finding.ts'

/** How long a CLI is waited for that only looks at its machine. Long: one that is busy takes half a minute to start it. */
export const lookWithinMs = 60_000

/** A CLI's name, for us and for people, the versions its contract suite has been run with, and how a person gets a newer one. */
export interface Tested {
  readonly name: string
  readonly title: string
  readonly oldest: string
  readonly newest: string
  readonly upgrade: string
}

/** There is no such program. */
export function missingFinding({ name, title, upgrade }: Tested): Finding {
  const id = `${name}.program`
  const variable = `OMC_${name.toUpperCase()}_BIN`
  return { id, level: 'error', text: `${title} was not found.`, mend: `Install it (${upgrade}) or set ${variable}.` }
}

/** The program is there and does not even tell its version. */
export function brokenFinding(binary: string, why: string, { name, upgrade }: Tested): Finding {
  const text = `${binary} --version failed: ${why.trim().split('\n').slice(-1)[0]?.slice(0, 200)}.`
  return { id: `${name}.program`, level: 'error', text, mend: `Reinstall it: ${upgrade}` }
}

/** What `--version` printed, judged. */
export function versionFinding(output: string, { name, title, oldest, newest, upgrade }: Tested): Finding {
  const id = `${name}.version`
  const [version] = /\d+\.\d+\.\d+/.exec(output) ?? []
  if (version === undefined) {
    const text = `This is not ${title}: its version reads "${output.trim().slice(0, 80)}".`
    return { id, level: 'error', text, mend: `Set OMC_${name.toUpperCase()}_BIN to the program of ${title}.` }
  }
  if (compare(version, oldest) < 0)
    return { id, level: 'error', text: `${title} ${version} is older than ${oldest}.`, mend: `Upgrade it: ${upgrade}` }
  if (compare(version, newest) > 0) {
    const text = `${title} ${version} is newer than ${newest}, the newest that was tested.`
    return { id, level: 'warning', text, mend: `If it misbehaves: ${upgrade}@${newest}` }
  }
  return fine(id, `${title} ${version}`)
}

function compare(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number)) as [number[], number[]]
  const at = left.findIndex((part, index) => part !== right[index])
  return at === -1 ? 0 : (left[at] ?? 0) - (right[at] ?? 0)
}
