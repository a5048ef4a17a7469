import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, suiteOf } from './plan.ts'

/** Files that share a process, one after another. */
export type Unit = readonly string[]

/** Seconds of CPU of what shares a process: few starts, and still short enough for the end of the run to be even. */
const fullSeconds = 30

/** What nobody has recorded yet. */
const usualSeconds = 4

/** What draws from the process's own stream of chance must be the only one that does, or its seed tells nothing. */
const drawsByChance = /import \{[^}]*\bchance\b[^}]*\} from '[./]+\/random\.ts'/

/** Whether a file has a process of its own: it says so, or what it does cannot be shared. */
export function standsAlone(file: string, text = readFileSync(join(root, file), 'utf8')): boolean {
  if (suiteOf(file) !== 'fast' || file.endsWith('.boxed.test.ts')) return true
  return drawsByChance.test(text) || /^\/\/ Alone in its process: /m.test(text)
}

/**
 * Puts files of a folder together, since they are made of the same modules: as many processes as their CPU fills, each with
 * as much as the others. They come in turn, the longest one and the shortest one: the run is over when its last process
 * is, but many long ones at once (most of them kill and start bots) would drown two cores.
 */
export function unitsOf(
  files: readonly string[],
  seconds: Readonly<Record<string, number>>,
  isAlone: (file: string) => boolean,
): readonly Unit[] {
  const cost = (file: string): number => seconds[file] ?? usualSeconds
  const whole = (unit: Unit): number => unit.reduce((sum, file) => sum + cost(file), 0)
  const longestFirst = (one: Unit, other: Unit): number =>
    whole(other) - whole(one) || (one[0] ?? '').localeCompare(other[0] ?? '')
  const units: Unit[] = []
  const shared = new Map<string, string[]>()
  for (const file of files) {
    const folder = file.split(/[/\\]/).slice(0, 2).join('/')
    if (isAlone(file)) units.push([file])
    else shared.set(folder, [...(shared.get(folder) ?? []), file])
  }
  for (const all of shared.values()) {
    const bins = Array.from({ length: Math.max(1, Math.ceil(whole(all) / fullSeconds)) }, (): string[] => [])
    const byCost = all.map((file) => [file]).sort(longestFirst)
    for (const [file] of byCost) bins.toSorted((one, other) => whole(one) - whole(other))[0]?.push(file ?? '')
    units.push(...bins.filter(({ length }) => length > 0))
  }
  units.sort(longestFirst)
  return units.map((_, nth) => units.at(nth % 2 === 0 ? nth / 2 : -(nth + 1) / 2) ?? [])
}
