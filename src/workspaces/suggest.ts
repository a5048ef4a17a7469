import type { Dirent } from 'node:fs'
import { opendir } from 'node:fs/promises'
import { join } from 'node:path'
import { candidates, liesUnder, realFolder, realRoots, withHome, type Roots } from './containment.ts'

/** Discord shows 25 suggestions of 100 characters each. */
const given = 25
const longest = 100

/** People wait for suggestions at every key: no more directory entries than this are looked at. */
const entriesRead = 3000

interface Found {
  /** As a person would type it; `resolve` accepts it. */
  readonly shown: string
  readonly path: string
}

/**
 * Folders for what was typed so far: the roots themselves, then folders whose name begins with it, then folders one
 * level deeper. Hidden folders and node_modules are left out, and so is whatever a symlink leads to outside the roots.
 */
export async function suggestFolders(typed: string, place: Roots): Promise<readonly string[]> {
  const wish = typed.trimStart()
  const real = await realRoots(place.roots)
  const walk = new Walk(real)
  const offered = rootsFor(wish, place)
  const base = wish.slice(0, wish.lastIndexOf('/') + 1)
  for (const start of base === '' && wish.startsWith('~') ? [] : candidates(base === '' ? '.' : base, place)) {
    const found = await walk.from(start, base, wish.slice(base.length))
    offered.push(...(await unambiguous(found, start, base, place)))
  }
  return [...new Set(offered)].filter((each) => each.length <= longest).slice(0, given)
}

/** The roots, in the form the person has begun to type. */
function rootsFor(wish: string, { roots, home }: Roots): string[] {
  if (wish === '' && roots.length === 1) return ['.']
  return roots
    .map((root) => (wish.startsWith('/') ? root : tilde(root, home)))
    .filter((root) => root.startsWith(wish) && `${root}/` !== wish)
}

/**
 * A relative name means the first root that has it. What lies under a later root and is hidden by an earlier one is
 * shown by its whole path instead.
 */
async function unambiguous(found: readonly Found[], start: string, base: string, place: Roots): Promise<string[]> {
  const earlier = candidates(base === '' ? '.' : base, place)
  const before = earlier.slice(0, earlier.indexOf(start))
  const forms: string[] = []
  for (const { shown, path } of found.slice(0, given)) {
    const rest = path.slice(start.length)
    const hidden = await Promise.all(before.map((other) => realFolder(join(other, rest))))
    forms.push(hidden.some((other) => other !== null) ? tilde(path, place.home) : shown)
  }
  return forms
}

/** One look at the folders, with a bound on its work. */
class Walk {
  private readonly real: readonly string[]
  private left = entriesRead

  constructor(real: readonly string[]) {
    this.real = real
  }

  /** Folders in `start` and one level deeper that fit the prefix; those that begin with it come first. */
  async from(start: string, base: string, prefix: string): Promise<readonly Found[]> {
    const inside = await this.folders(start)
    const fitting = inside.filter((name) => begins(name, prefix))
    const others = inside.filter((name) => !begins(name, prefix))
    const found = fitting.map((name) => ({ shown: base + name, path: join(start, name) }))
    const deeper: Found[] = []
    for (const name of [...fitting, ...others]) {
      if (found.length + deeper.length >= given || this.left <= 0) break
      const below = await this.folders(join(start, name))
      const wanted = fitting.includes(name) ? below : below.filter((each) => prefix !== '' && begins(each, prefix))
      deeper.push(...wanted.map((each) => ({ shown: `${base}${name}/${each}`, path: join(start, name, each) })))
    }
    return [...found, ...deeper]
  }

  /** The names of the folders in a folder, sorted; none when it is closed to us or outside the roots. */
  private async folders(path: string): Promise<readonly string[]> {
    const folder = await realFolder(path)
    if (folder === null || !liesUnder(folder, this.real) || this.left <= 0) return []
    const names: string[] = []
    try {
      for await (const entry of await opendir(folder)) {
        if (await this.isOffered(entry, folder)) names.push(entry.name)
        if (--this.left <= 0) break
      }
    } catch {
      // Not readable, or it went away while we looked: what was found so far is still true.
    }
    return names.sort((a, b) => a.toLowerCase().localeCompare(b.toLowerCase(), 'en'))
  }

  private async isOffered(entry: Dirent, folder: string): Promise<boolean> {
    if (entry.name.startsWith('.') || entry.name === 'node_modules') return false
    if (entry.isDirectory()) return true
    if (!entry.isSymbolicLink()) return false
    const target = await realFolder(join(folder, entry.name))
    return target !== null && liesUnder(target, this.real)
  }
}

function begins(name: string, prefix: string): boolean {
  return name.toLowerCase().startsWith(prefix.toLowerCase())
}

function tilde(path: string, home: string): string {
  if (path === withHome('~', home)) return '~'
  return path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path
}
