import { posix } from 'node:path'
import { isObeyed } from '../core/obeyed.ts'
import { utf8, type Git } from './git.ts'
import { bytesOf } from './mirrored-refs.ts'

/** So much of a list of changed files is read, and of where links lead. */
const mostNames = 8 * 1024 * 1024
/** A link to a link to a link. */
const deepest = 10

/**
 * The files that others obey among those that commits change which `known` do not have: each commit by itself, because what
 * one of them adds can be had from it although the next takes it away. Of a merge what is in none of its parents. Also
 * those that a link of such a name leads to. A text: why that cannot be told.
 */
export async function obeyedIn(git: Git, now: string, known: readonly string[]): Promise<readonly string[] | string> {
  const listing = ['log', '--stdin', '--format=', '--name-only', '-z', '-c', '--no-renames']
  const input = [now, ...known.map((each) => `^${each}`), ''].join('\n')
  const changed = await git.run([...listing, '--no-ext-diff', '--no-textconv'], { input, most: mostNames })
  if (!changed.ok) return changed.detail
  const links = await linksIn(git, now)
  if (typeof links === 'string') return links
  const meant = meantBy(links.found)
  const names = new Set(changed.out.split('\0').map((name) => utf8(name.replace(/^\n+/, ''))))
  const obeyed = [...names].filter((name) => isObeyed(name) || meant.some((path) => isWithin(name, path))).sort()
  // There was more than was read.
  return obeyed.length === 0 && (changed.cut || links.cut) ? ['…'] : obeyed
}

interface Links {
  /** Where each leads, by its path from the top. */
  readonly found: ReadonlyMap<string, string>
  readonly cut: boolean
}

async function linksIn(git: Git, commit: string): Promise<Links | string> {
  const listed = await git.run(['ls-tree', '-r', '-z', '--full-tree', commit])
  if (!listed.ok) return listed.detail
  const links = listed.out.split('\0').flatMap((line) => {
    const [, object, path] = /^120000 blob ([0-9a-f]+)\t(.+)$/s.exec(line) ?? []
    return object === undefined || path === undefined ? [] : [{ object, path: utf8(path) }]
  })
  if (links.length === 0) return { found: new Map(), cut: false }
  const input = bytesOf(links.map(({ object }) => `${object}\n`).join(''))
  const read = await git.run(['cat-file', '--batch'], { input, most: mostNames })
  if (!read.ok) return read.detail
  const found = new Map<string, string>()
  let at = 0
  for (const { object, path } of links) {
    const [head = '', size = ''] = new RegExp(`^${object} blob (\\d+)\n`).exec(read.out.slice(at, at + 200)) ?? []
    const from = at + head.length
    if (head === '' || read.out.length < from + Number(size)) return { found, cut: true }
    found.set(path, utf8(read.out.slice(from, from + Number(size))))
    at = from + Number(size) + 1
  }
  return { found, cut: listed.cut || read.cut }
}

/** The paths that are obeyed because a link of such a name leads there, by whatever other links. */
function meantBy(links: ReadonlyMap<string, string>): readonly string[] {
  const meant = new Set<string>()
  for (let depth = 0; depth < deepest; depth++) {
    const before = meant.size
    for (const [path, target] of links) {
      const to = posix.join(posix.dirname(path), target).replace(/\/$/, '')
      if (target.startsWith('/') || to === '.' || to.startsWith('..')) continue
      if (isObeyed(path) || [...meant].some((each) => isWithin(path, each))) meant.add(to)
      for (const each of meant) if (isWithin(each, path)) meant.add(to + each.slice(path.length))
    }
    if (meant.size === before) break
  }
  return [...meant]
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`)
}
