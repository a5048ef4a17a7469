import { realpathSync } from 'node:fs'
import { join, sep } from 'node:path'
import type { View } from '../core/confinement.ts'
import { Problem } from '../core/failure.ts'

/** What no box may hold. Absolute, real paths. */
export interface OffLimits {
  /** The folder of the bot's own program: its code may be read, the whole not, and none of the code may be written. */
  readonly program: string
  /** The bot's data: leaf folders of it, never the whole. */
  readonly data: string
  /** The bot's settings file, there or not. */
  readonly settings: string
  /** The operator's home: folders of it, never the whole. */
  readonly home: string | null
}

/** What a program consists of. (Data and projects may lie beside it, in the folder that it was started from.) */
const code = ['bin', 'dist', 'src', 'node_modules', 'packages', 'package.json']

/**
 * Looks at a view immediately before a process starts in it.
 * @throws {Problem} in a sentence for people, for one that would show or give away what is not an agent's.
 */
export function admit(view: View, offLimits: OffLimits, real: (path: string) => string = realpathSync): void {
  const reason = objectionTo(view, offLimits) ?? movedIn(view, real)
  if (reason !== null) throw new Problem('refused', reason)
}

/** Why a view must not be; null: it may. Pure. */
export function objectionTo(view: View, { program, data, settings, home }: OffLimits): string | null {
  const mounts = seen(view)
  for (const { source, target, access } of mounts) {
    const names: readonly (readonly [string, string | null])[] = [
      ["the bot's own program", program],
      ["the bot's data", data],
      ["the bot's settings", settings],
      ["the operator's home", home],
    ]
    for (const [what, path] of names)
      if (path !== null && isWithin(path, source))
        return `No agent may work in ${source}: it holds ${what}. Choose a folder below it, or one elsewhere.`
    if (access === 'write' && code.some((name) => isWithin(source, join(program, name))))
      return `No agent may work in ${source}: it is a part of the bot's own program.`
    if (source === '/' || target === '/') return 'No agent may see the whole machine.'
  }
  // A link that an agent leaves where the next box mounts something would be followed, out of the box.
  const writable = mounts.filter(({ access }) => access === 'write')
  for (const each of mounts)
    for (const other of writable) {
      const isBelow = isBelowOf(each.target, other.target) || isBelowOf(each.source, other.source)
      if (each !== other && isBelow) return `${each.source} cannot be seen in a box that may write ${other.source}.`
    }
  if (!mounts.some(({ target }) => isWithin(view.cwd, target))) return `${view.cwd} is not in the box that works there.`
  return null
}

interface Seen {
  readonly source: string
  readonly target: string
  readonly access: 'read' | 'write'
}

function seen({ mounts, home, egress }: View): readonly Seen[] {
  return [
    ...mounts.map(({ source, target = source, access }) => ({ source, target, access })),
    { source: home.folder, target: home.at, access: 'write' },
    ...(egress === null ? [] : [{ source: egress, target: '/run/omc', access: 'read' } as const]),
  ]
}

/** A path that leads elsewhere now than where it was planned to. */
function movedIn(view: View, real: (path: string) => string): string | null {
  for (const { source } of seen(view)) {
    try {
      const found = real(source)
      if (found !== source) return `${source} is a link to ${found} now. No agent is let in there by it.`
    } catch {
      return `${source} does not exist (any more).`
    }
  }
  return null
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || isBelowOf(path, folder)
}

function isBelowOf(path: string, folder: string): boolean {
  return path !== folder && path.startsWith(folder === '/' ? '/' : folder + sep)
}
